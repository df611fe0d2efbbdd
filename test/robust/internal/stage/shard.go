// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/test/child"
)

// Shard is one pod's shard: its process, which may be replaced by another run,
// and the links around it. It is safe for concurrent use.
type Shard struct {
	Name string
	// Redis, Peers and Clients are the links to its Redis, from other shards,
	// and from clients.
	Redis, Peers, Clients *Link

	dir    string
	binary string
	env    []string
	args   []string
	ops    string
	log    *os.File

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{}
	runs    int
	ended   bool // not to be started again
	control net.Conn
	stale   float64 // appends refused by earlier looks at this run
	staleIn float64 // and by earlier runs
	hits    chan failpoint.Point
}

// start starts a run of the process.
func (s *Shard) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return nil
	}
	s.runs++
	socket := filepath.Join(s.dir, fmt.Sprintf("%s-%d.sock", s.Name, s.runs))
	cmd := exec.Command(s.binary, s.args...)
	cmd.Env = append(append(os.Environ(), s.env...), "GAMESESSION_FAILPOINTS="+socket)
	cmd.Stderr = s.log
	exited, err := child.Start(cmd)
	if err != nil {
		return fmt.Errorf("starting shard %s: %w", s.Name, err)
	}
	s.cmd, s.exited, s.control = cmd, exited, nil
	s.staleIn, s.stale = s.staleIn+s.stale, 0
	s.hits = make(chan failpoint.Point, 16)
	return nil
}

// Signal sends a signal to the process.
func (s *Shard) Signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return errors.New("the shard does not run")
	}
	return s.cmd.Process.Signal(sig)
}

// Exited is closed when the run of the process that is on now has ended.
func (s *Shard) Exited() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exited
}

// Runs is how often the process was started.
func (s *Shard) Runs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs
}

// End kills the process for good.
func (s *Shard) End() {
	s.mu.Lock()
	s.ended = true
	cmd, exited := s.cmd, s.exited
	s.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Kill()
		<-exited
	}
}

// close cuts its links and closes its log.
func (s *Shard) close() {
	s.End()
	for _, l := range []*Link{s.Redis, s.Peers, s.Clients} {
		l.Cut()
	}
	_ = s.log.Close()
}

var probe = &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func (s *Shard) get(path string) (int, string, error) {
	resp, err := probe.Get("http://" + s.ops + path)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, string(text), err
}

func (s *Shard) ready() bool {
	status, _, err := s.get("/readyz")
	return err == nil && status == http.StatusOK
}

// Metric sums the samples of a metric over the labels that contain a text. A
// shard that does not answer has none.
func (s *Shard) Metric(name, labels string) float64 {
	_, body, err := s.get("/metrics")
	if err != nil {
		return 0
	}
	sum := 0.0
	for _, line := range strings.Split(body, "\n") {
		if strings.HasPrefix(line, name) && strings.Contains(line, labels) {
			value, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			sum += value
		}
	}
	return sum
}

// StaleRefused is how many appends of this shard were refused because another
// one owns the session, as far as its metrics could be read.
func (s *Shard) StaleRefused() float64 {
	now := s.Metric("gamesession_journal_refused_total", `"stale"`)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = max(s.stale, now)
	return s.staleIn + s.stale
}

// Arm makes the process do something at its next pass of a point: kill, stop, or
// pause:DURATION. Hit tells when.
func (s *Shard) Arm(p failpoint.Point, act string) error {
	return s.tell(fmt.Sprintf("arm %s %s", p, act))
}

// Disarm forgets what is armed.
func (s *Shard) Disarm() error { return s.tell("disarm") }

// SetClock makes the clock of what people read wrong by d.
func (s *Shard) SetClock(d time.Duration) error { return s.tell("clock " + d.String()) }

// Hit gives the points that were armed and passed.
func (s *Shard) Hit() <-chan failpoint.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits
}

func (s *Shard) tell(line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.control == nil {
		c, err := net.DialTimeout("unix", filepath.Join(s.dir, fmt.Sprintf("%s-%d.sock", s.Name, s.runs)), time.Second)
		if err != nil {
			return fmt.Errorf("reaching shard %s: %w", s.Name, err)
		}
		s.control = c
		go hear(c, s.hits)
	}
	if _, err := fmt.Fprintln(s.control, line); err != nil {
		return fmt.Errorf("telling shard %s to %s: %w", s.Name, line, err)
	}
	return nil
}

func hear(c net.Conn, hits chan<- failpoint.Point) {
	defer func() { _ = c.Close() }()
	for lines := bufio.NewScanner(c); lines.Scan(); {
		if point, is := strings.CutPrefix(lines.Text(), "hit "); is {
			select {
			case hits <- failpoint.Point(point):
			default:
			}
		}
	}
}
