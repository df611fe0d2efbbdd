// SPDX-License-Identifier: Apache-2.0

// Package colyseus puts TT-1 on a Colyseus server (test/peers/colyseus), to
// measure against.
package colyseus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"gamesession.dev/operator/test/bench/internal/process"
	"gamesession.dev/operator/test/bench/internal/sock"
	"gamesession.dev/operator/test/bench/internal/tt1"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

const patience = 20 * time.Second

// Stage is a Colyseus server, with or without a Redis to journal to.
type Stage struct {
	Redis   *redistest.Server // nil: nothing is journalled
	Server  *process.Process
	address netip.AddrPort
	ops     string
	rooms   []string
	http    *http.Client
}

// Start starts a server from the directory where it is installed; dir is for this
// run's files. With a policy of Redis' appendfsync it journals, else it does not.
func Start(ctx context.Context, installed, dir, fsync string) (*Stage, error) {
	s := &Stage{http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 32}}}
	if err := s.start(ctx, installed, dir, fsync); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Stage) start(ctx context.Context, installed, dir, fsync string) error {
	ops, err := port.Address()
	if err != nil {
		return err
	}
	if s.address, err = port.Address(); err != nil {
		return err
	}
	s.ops = "http://" + ops.String()
	cmd := exec.Command(filepath.Join(installed, "node_modules", ".bin", "node"), "server.mjs")
	cmd.Dir = installed
	cmd.Env = append(os.Environ(), "NODE_ENV=production", "PORT="+strconv.Itoa(int(s.address.Port())), "OPS_PORT="+strconv.Itoa(int(ops.Port())))
	if fsync != "" {
		if s.Redis, err = redistest.New(redistest.Options{Dir: dir, Args: []string{"--appendfsync", fsync}}); err != nil {
			return err
		}
		cmd.Env = append(cmd.Env, "REDIS_URL="+s.Redis.URL())
	}
	if s.Server, err = process.Start(filepath.Join(dir, "colyseus.log"), cmd); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for s.Create(0) != nil {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-s.Server.Exited():
			return fmt.Errorf("colyseus has ended: %s", s.Server.Log())
		case <-ctx.Done():
			return fmt.Errorf("awaiting colyseus: %w: %s", ctx.Err(), s.Server.Log())
		}
	}
	return nil
}

// PID is the server's process, StorePID its Redis' or 0.
func (s *Stage) PID() int { return s.Server.PID() }

// StorePID is the process of its Redis, 0 without one.
func (s *Stage) StorePID() int {
	if s.Redis == nil {
		return 0
	}
	return s.Redis.PID()
}

// Create makes n more tables.
func (s *Stage) Create(n int) error {
	var rooms []string
	if err := s.post(s.ops+"/?n="+strconv.Itoa(n), struct{}{}, &rooms); err != nil {
		return err
	}
	s.rooms = append(s.rooms, rooms...)
	return nil
}

func (s *Stage) post(url string, body, answer any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp, err := s.http.Post(url, "application/json", bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return json.NewDecoder(resp.Body).Decode(answer)
}

// Stop ends everything.
func (s *Stage) Stop() {
	if s.Server != nil {
		s.Server.Kill()
	}
	if s.Redis != nil {
		s.Redis.Close()
	}
	s.http.CloseIdleConnections()
}

// Join reserves a seat and connects to it, as the library's own client does.
func (s *Stage) Join(table, seat int) (tt1.Joined, error) {
	var seated struct {
		SessionID string `json:"sessionId"`
		ProcessID string `json:"processId"`
		RoomID    string `json:"roomId"`
	}
	url := fmt.Sprintf("http://%s/matchmake/joinById/%s", s.address, s.rooms[table])
	if err := s.post(url, map[string]int{"seat": seat}, &seated); err != nil {
		return tt1.Joined{}, err
	}
	c, err := sock.Dial(s.address, "/"+seated.ProcessID+"/"+seated.RoomID+"?sessionId="+seated.SessionID, nil, patience)
	if err != nil {
		return tt1.Joined{}, err
	}
	j := tt1.Joined{Conn: c}
	_, payload, err := c.Next()
	if err != nil {
		return j, err
	}
	j.Size = len(payload)
	if len(payload) == 0 || payload[0] != codeJoin {
		return j, fmt.Errorf("%w: %q", errNotJoined, payload)
	}
	return j, c.Send(sock.Binary, []byte{codeJoin})
}

var errNotJoined = errors.New("the server did not let the player in")
