// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/hack/cluster/internal/proc"
)

func TestParseNodes(t *testing.T) {
	const text = `{"items":[
{"metadata":{"name":"node1"},"status":{"conditions":[{"type":"MemoryPressure","status":"False"},{"type":"Ready","status":"True"}]}},
{"metadata":{"name":"node2"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}},
{"metadata":{"name":"node3"}}]}`
	got, err := parseNodes([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"node1": "Ready", "node2": "NotReady", "node3": "NotReady"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parseNodes (-want +got):\n%s", diff)
	}
	if _, err := parseNodes([]byte("no JSON")); err == nil {
		t.Error("parseNodes of no JSON = nil error")
	}
}

func TestLastLines(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want string
	}{
		"fewer": {text: "a\nb\n", want: "a\nb"},
		"more":  {text: "a\nb\nc\nd\n", want: "c\nd"},
		"empty": {text: "", want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lastLines(tc.text, 2); got != tc.want {
				t.Errorf("lastLines = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAwait(t *testing.T) {
	calls := 0
	err := await(t.Context(), time.Minute, func(context.Context) error {
		if calls++; calls < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("await = %v after %d calls, want nil after 3", err, calls)
	}
	err = await(t.Context(), time.Minute, func(context.Context) error { return errEnded{"etcd"} })
	if err == nil || err.Error() != "etcd has ended" {
		t.Errorf("await of an ended process = %v", err)
	}
	err = await(t.Context(), time.Millisecond, func(context.Context) error { return errors.New("refused") })
	if err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("await past its limit = %v, want the last answer", err)
	}
}

func TestStartShowsTheLogOfAFailure(t *testing.T) {
	dir := t.TempDir()
	c := New(dir, "/bin", os.Stderr)
	for _, d := range []string{c.Logs(), c.Run()} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	err := c.start(t.Context(), component{
		name: "failing", argv: []string{"/bin/sh", "-c", "echo port is taken; exit 1"}, limit: time.Minute,
		ready: func(context.Context) error { return errors.New("no answer") },
	})
	if err == nil || !strings.Contains(err.Error(), "failing has ended") || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("start = %v, want that it ended and its log", err)
	}
}

// A start that was killed between making a process and recording it leaves a
// process that only its command line gives away.
func TestPrepareEndsUnrecordedProcesses(t *testing.T) {
	for name, tc := range map[string]struct {
		argument  string // below the folder of the test
		wantAlive bool
	}{
		"of this cluster": {argument: "state/etcd"},
		"of another":      {argument: "other/etcd", wantAlive: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c := New(filepath.Join(dir, "state"), dir, os.Stderr)
			if err := os.Symlink("/bin/sh", c.Program("etcd")); err != nil {
				t.Fatal(err)
			}
			elsewhere := proc.Table{Dir: dir}
			argv := []string{c.Program("etcd"), "-c", "while :; do sleep 1; done", filepath.Join(dir, tc.argument)}
			lost, _, err := elsewhere.Start(proc.Spec{Name: "lost", Argv: argv, Log: filepath.Join(dir, "log")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = elsewhere.Stop(lost, time.Second) })
			if err := c.prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if lost.Alive() != tc.wantAlive {
				t.Errorf("the process runs: %v, want %v", lost.Alive(), tc.wantAlive)
			}
		})
	}
}
