// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gamesession.dev/operator/test/fleet"
	"gamesession.dev/operator/test/port"
)

// patience bounds everything that must happen.
const patience = time.Minute

var binary string

func TestMain(m *testing.M) {
	code, err := func() (int, error) {
		if os.Getenv("CLIENT_TOOLS") == "" {
			return 1, fmt.Errorf("CLIENT_TOOLS is not set: run hack/gotest.sh clients")
		}
		dir, err := os.MkdirTemp("", "clients-")
		if err != nil {
			return 1, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if binary, err = fleet.Build(dir, false); err != nil {
			return 1, err
		}
		return m.Run(), nil
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// node runs a script and returns what it prints.
func node(t *testing.T, script string, args ...string) string {
	t.Helper()
	return run(t, filepath.Join(os.Getenv("CLIENT_TOOLS"), "node_modules/.bin/node"), append([]string{script}, args...)...)
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// dev is a shard for developers.
type dev struct {
	url    string
	tokens map[string]string
}

var seat = regexp.MustCompile(`(?m)^  (\w+) +.*\n    (gst1\.\S+)$`)

// startDev starts one, and reads its page as a developer does.
func startDev(t *testing.T) dev {
	t.Helper()
	address, ops := port.Need(t), port.Need(t)
	cmd := exec.Command(binary, "--dev", "--listen", address, "--ops-listen", ops)
	var page lockedBuffer
	cmd.Stdout, cmd.Stderr = &page, &page
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the shard ended with %v:\n%s", err, page.String())
		}
	})
	d := dev{url: "ws://" + address + "/api/v2/sessions/demo/ws", tokens: map[string]string{}}
	for deadline := time.Now().Add(patience); !strings.Contains(page.String(), "Ctrl-C ends."); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the shard does not say that it plays:\n%s", page.String())
		}
	}
	for _, found := range seat.FindAllStringSubmatch(page.String(), -1) {
		d.tokens[found[1]] = found[2]
	}
	return d
}

// lockedBuffer is one that is read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
