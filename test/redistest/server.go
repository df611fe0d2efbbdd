// SPDX-License-Identifier: Apache-2.0

// Package redistest runs real redis-server processes on loopback and hurts them:
// kill, restart on the same directory, pause, replicate, promote.
//
// Start and StartReplica bind a server to a test; New serves programs, which
// must call Close. Every process is ended by its own pid.
package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/test/child"
	"gamesession.dev/operator/test/port"
)

// startTimeout bounds the wait for a server that starts, loads included.
const startTimeout = 20 * time.Second

// Options say how a server runs. The zero value is the safe one: append-only
// file, fsync before each reply, no RDB snapshots.
type Options struct {
	// Dir holds the data; required by New.
	Dir string
	// Args are appended to the command line, for example "--maxmemory", "4mb".
	Args []string
	// TLSDir holds tls.crt, tls.key and ca.crt: clients then have to speak TLS.
	// Such a server has no replicas.
	TLSDir string
	// ReplicaOf makes it a replica of another server.
	ReplicaOf *Server
}

// Server is one redis-server with a fixed port and directory, which may be down
// for a while. Its methods are safe for concurrent use.
type Server struct {
	opts Options
	port int
	ca   string // what signed its certificate; empty without TLS

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd was waited for
}

// New starts a server in opts.Dir and waits until it answers.
func New(opts Options) (*Server, error) {
	if opts.Dir == "" {
		return nil, errors.New("starting redis-server: no directory")
	}
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, fmt.Errorf("starting redis-server: %w: install the package redis-server", err)
	}
	port, err := port.Free()
	if err != nil {
		return nil, fmt.Errorf("finding a free port: %w", err)
	}
	s := &Server{opts: opts, port: port}
	if opts.TLSDir != "" {
		if s.ca, err = redisaddr.ReadCA(filepath.Join(opts.TLSDir, "ca.crt")); err != nil {
			return nil, fmt.Errorf("reading who signed the certificate of redis-server: %w", err)
		}
	}
	if err := s.Restart(); err != nil {
		return nil, err
	}
	return s, nil
}

// Addr is host:port, the same for the life of s.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the redis:// URL of the server, or rediss:// with TLS.
func (s *Server) URL() string {
	if s.ca != "" {
		return "rediss://" + s.Addr() + "/0"
	}
	return "redis://" + s.Addr() + "/0"
}

// CA holds who signed the certificate of the server, in PEM; empty without TLS.
func (s *Server) CA() string { return s.ca }

// Dir is where the server keeps its files.
func (s *Server) Dir() string { return s.opts.Dir }

// LogFile is where the server logs.
func (s *Server) LogFile() string { return filepath.Join(s.opts.Dir, "redis.log") }

// Options are client options for the server. The caller may change them.
func (s *Server) Options() *redis.Options {
	opt, err := redisaddr.Address{URL: s.URL(), CA: s.ca}.Options()
	if err != nil {
		panic("a server that runs has a good address: " + err.Error())
	}
	opt.MaxRetries, opt.Protocol, opt.DisableIdentity = -1, 2, true
	return opt
}

func (s *Server) args() []string {
	args := []string{
		"--bind", "127.0.0.1", "--dir", s.opts.Dir,
		"--daemonize", "no", "--logfile", s.LogFile(),
		"--appendonly", "yes", "--appendfsync", "always", "--save", "",
		"--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0",
	}
	port := strconv.Itoa(s.port)
	if dir := s.opts.TLSDir; dir != "" {
		args = append(args, "--port", "0", "--tls-port", port, "--tls-auth-clients", "no",
			"--tls-cert-file", filepath.Join(dir, "tls.crt"), "--tls-key-file", filepath.Join(dir, "tls.key"))
	} else {
		args = append(args, "--port", port)
	}
	if r := s.opts.ReplicaOf; r != nil {
		args = append(args, "--replicaof", "127.0.0.1", strconv.Itoa(r.port))
	}
	return append(args, s.opts.Args...)
}

// Restart starts a server that is down, on the same port and directory.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd != nil {
		return errors.New("starting redis-server: it runs already")
	}
	cmd := exec.Command("redis-server", s.args()...)
	exited, err := child.Start(cmd)
	if err != nil {
		return fmt.Errorf("starting redis-server: %w", err)
	}
	s.cmd, s.exited = cmd, exited
	if err := s.awaitReady(exited); err != nil {
		s.killLocked()
		return err
	}
	return nil
}

func (s *Server) awaitReady(exited <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if client.Ping(ctx).Err() == nil {
			return nil
		}
		select {
		case <-exited:
			log, _ := os.ReadFile(s.LogFile())
			return fmt.Errorf("starting redis-server: it ended at once:\n%s", log)
		case <-ctx.Done():
			return errors.New("starting redis-server: it does not answer")
		case <-tick.C:
		}
	}
}

// Kill ends the server by SIGKILL, so that nothing is flushed on the way out.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.killLocked()
}

func (s *Server) killLocked() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.exited
	s.cmd, s.exited = nil, nil
}

// Close ends the server for good; the directory stays.
func (s *Server) Close() { s.Kill() }

// Exited is closed when the running process has ended by itself or by Kill; nil
// when none runs.
func (s *Server) Exited() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exited
}

// PID is the id of the running process, 0 when none runs.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Pause stops the process (SIGSTOP): sockets stay open, nothing answers.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return errors.New("signalling redis-server: it is down")
	}
	return s.cmd.Process.Signal(sig)
}

// Promote makes a replica a primary, also after later restarts.
func (s *Server) Promote(ctx context.Context) error {
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	if err := client.Do(ctx, "REPLICAOF", "NO", "ONE").Err(); err != nil {
		return fmt.Errorf("promoting the replica: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opts.ReplicaOf = nil
	return nil
}
