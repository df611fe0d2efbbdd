// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Play is a running cmd/bots.
type Play struct {
	cmd    *exec.Cmd
	done   chan struct{}
	err    error // set before done is closed
	output *lastLines
	closer io.Closer // of the way to the front door
}

// Play starts the bots, ten players and a game master in each session, and
// waits until every session takes commands.
func (s *Scene) Play(ctx context.Context) (*Play, error) {
	if err := s.writeRoster(ctx); err != nil {
		return nil, err
	}
	address, closer, err := s.reach(ctx, Pool, "8080")
	if err != nil {
		return nil, err
	}
	if err := os.RemoveAll(s.logs()); err != nil {
		return nil, fmt.Errorf("clearing the bots' logs: %w", err)
	}
	cmd := exec.Command(filepath.Join(s.opts.Dist, "bin", "bots"),
		"--url", "http://"+address, "--keys", s.keys(), "--sessions", s.roster(),
		"--rate", strconv.Itoa(s.opts.Rate), "--follow", "half",
		"--log", s.logs(), "--metrics-json", s.metrics())
	// An interrupt of the terminal is for us; we end the bots ourselves.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p := &Play{cmd: cmd, done: make(chan struct{}), output: &lastLines{}, closer: closer}
	cmd.Stdout, cmd.Stderr = p.output, p.output
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the bots: %w", err), closer.Close())
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	if err := s.AwaitPlay(ctx, time.Minute); err != nil {
		return nil, errors.Join(err, p.stop(), fmt.Errorf("the bots said: %s", p.output))
	}
	return p, nil
}

// Alive is an error once the bots have ended by themselves.
func (p *Play) Alive() error {
	select {
	case <-p.done:
		return fmt.Errorf("the bots have ended: %w: %s", p.err, p.output)
	default:
		return nil
	}
}

// Close ends the bots without looking at what they saw.
func (p *Play) Close() { _ = p.stop() }

// stop asks the bots to end and waits for it; they exit 1 on a violation.
func (p *Play) stop() error {
	defer func() { _ = p.closer.Close() }()
	select {
	case <-p.done:
		return p.err
	default:
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
	return p.err
}

func (s *Scene) logs() string    { return filepath.Join(s.out, "logs") }
func (s *Scene) roster() string  { return filepath.Join(s.out, "sessions.ndjson") }
func (s *Scene) metrics() string { return filepath.Join(s.out, "bots.json") }

// writeRoster tells the bots who plays where: one JSON line a session.
func (s *Scene) writeRoster(ctx context.Context) error {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, gs := range sessions {
		line, err := json.Marshal(map[string]any{
			"id": gs.UID, "players": gs.Spec.Players, "gameMasters": gs.Spec.GameMasters,
		})
		if err != nil {
			return fmt.Errorf("writing the roster: %w", err)
		}
		text.Write(append(line, '\n'))
	}
	if err := os.WriteFile(s.roster(), text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the roster: %w", err)
	}
	return nil
}

// lastLines keeps the end of a program's output.
type lastLines struct {
	mu   sync.Mutex
	text []byte
}

const keepOutput = 4 << 10

func (l *lastLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - keepOutput; over > 0 {
		l.text = append(l.text[:0], l.text[over:]...)
	}
	return len(p), nil
}

func (l *lastLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(bytes.TrimSpace(l.text))
}
