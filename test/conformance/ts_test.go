// SPDX-License-Identifier: Apache-2.0

//go:build npm

package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTypeScriptClient holds clients/ts, which hack/gotest.sh has built, to every
// script.
func TestTypeScriptClient(t *testing.T) {
	tools := os.Getenv("CLIENT_TOOLS")
	if tools == "" {
		t.Fatal("CLIENT_TOOLS is not set: run hack/gotest.sh clients")
	}
	scripts, err := Load("scripts")
	check(t, err)
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			Run(t, script, func(t *testing.T) Client { return newTSClient(t, tools) })
		})
	}
}

// tsClient is a process that runs driver.mjs.
type tsClient struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	said  chan driverLine // answers to commands
	views chan map[string]string
	ended chan bool
}

// driverLine is what the process says.
type driverLine struct {
	Answer string            `json:"answer"`
	Is     json.RawMessage   `json:"is"`
	View   map[string]string `json:"view"`
	Ended  *struct {
		NewToken bool `json:"newToken"`
	} `json:"ended"`
}

func newTSClient(t *testing.T, tools string) *tsClient {
	c := &tsClient{
		cmd:  exec.Command(filepath.Join(tools, "node_modules/.bin/node"), "driver.mjs", filepath.Join(tools, "ts/index.js")),
		said: make(chan driverLine, 16), views: make(chan map[string]string, 1), ended: make(chan bool, 1),
	}
	var err error
	c.in, err = c.cmd.StdinPipe()
	check(t, err)
	out, err := c.cmd.StdoutPipe()
	check(t, err)
	c.cmd.Stderr = t.Output()
	check(t, c.cmd.Start())
	go c.read(out)
	return c
}

func (c *tsClient) read(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var l driverLine
		switch err := json.Unmarshal(lines.Bytes(), &l); {
		case err != nil:
			l.Is, _ = json.Marshal(map[string]string{"error": lines.Text()})
			c.said <- l
		case l.Answer != "":
			c.said <- l
		case l.View != nil:
			c.views <- l.View
		case l.Ended != nil:
			c.ended <- l.Ended.NewToken
		}
	}
}

func (c *tsClient) tell(line map[string]any) error { return json.NewEncoder(c.in).Encode(line) }

func (c *tsClient) Start(url, session, token string, behave Script) error {
	start := map[string]any{
		"url": url, "session": session, "token": token, "follow": behave.Follow, "preconnect": behave.Preconnect,
		"answerTimeout": behave.AnswerTimeoutMillis,
	}
	if behave.Tickets {
		start["identity"] = identity
	}
	return c.tell(map[string]any{"start": start})
}

func (c *tsClient) Do(name string, action json.RawMessage) error {
	return c.tell(map[string]any{"do": name, "action": action})
}

// Answer waits for the answer to a command. Answers come in the order of the
// script, or else they are kept.
func (c *tsClient) Answer(ctx context.Context, name string) (json.RawMessage, error) {
	for range cap(c.said) {
		select {
		case l := <-c.said:
			if l.Answer == name {
				return l.Is, nil
			}
			c.said <- l
		case <-ctx.Done():
			return nil, errors.New("no answer")
		}
	}
	return nil, errors.New("other answers came")
}

func (c *tsClient) Say(frame json.RawMessage) error {
	return c.tell(map[string]any{"say": frame})
}

func (c *tsClient) View(ctx context.Context) (map[string]json.RawMessage, error) {
	if err := c.tell(map[string]any{"view": true}); err != nil {
		return nil, err
	}
	select {
	case texts := <-c.views:
		leaves := make(map[string]json.RawMessage, len(texts))
		for path, text := range texts {
			leaves[path] = json.RawMessage(text)
		}
		return leaves, nil
	case <-ctx.Done():
		return nil, errors.New("it shows no view")
	}
}

func (c *tsClient) Ended(ctx context.Context) (bool, error) {
	select {
	case newToken := <-c.ended:
		return newToken, nil
	case <-ctx.Done():
		return false, errors.New("it goes on")
	}
}

func (c *tsClient) Close() {
	_ = c.in.Close()
	_ = c.cmd.Wait()
}
