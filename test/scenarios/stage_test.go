// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/asyncapi"
	"gamesession.dev/operator/test/fleet"
)

// programs are what the tests run, by name.
var programs = map[string]string{}

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "scenarios")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		for name, race := range map[string]bool{"shard": true, "bots": false, "kubectl-gamesession": false} {
			if programs[name], err = fleet.BuildCommand(dir, name, race); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		return m.Run()
	}())
}

// patience bounds a fight, and whatever else must happen.
const patience = time.Minute

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// run runs a program to its end and returns what it says.
func run(t *testing.T, name string, args ...string) (out string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	text, err := exec.CommandContext(ctx, programs[name], args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(text), exit.ExitCode()
	}
	check(t, err)
	return string(text), 0
}

// scenario reads one that is shipped, as the operator does, and who plays in it.
func scenario(t *testing.T, file string) (raw json.RawMessage, players []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	check(t, err)
	var shipped corev1.ConfigMap
	check(t, yaml.UnmarshalStrict(text, &shipped))
	raw, err = yaml.YAMLToJSON([]byte(shipped.Data["scenario.yaml"]))
	check(t, err)
	var sc rules.Scenario
	check(t, json.Unmarshal(raw, &sc))
	for _, c := range sc.Combatants {
		if c.Controller != rules.GameMaster && !slices.Contains(players, c.Controller) {
			players = append(players, c.Controller)
		}
	}
	return raw, players
}

// watcher is a client that only looks on, and remembers what it was told.
type watcher struct {
	*client.Client
	mu     sync.Mutex
	deeds  map[uint64]int // updates of the fight by what somebody did, by epoch
	faults []string
}

// watch connects one.
func watch(f *fleet.Fleet, id, player string, role auth.Role, through *fleet.Shard) *watcher {
	w := &watcher{deeds: map[uint64]int{}}
	w.Client = f.Dial(id, player, role, through, client.Options{FollowMoves: true, Observe: w.observe})
	return w
}

func (w *watcher) observe(e client.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := e.(type) {
	case client.Applied:
		if len(e.Update.Events) > 0 && e.Update.By != "" {
			w.deeds[e.Update.Epoch]++
		}
	case client.Fault:
		w.faults = append(w.faults, e.Err.Error())
	case client.HistoryLost:
		w.faults = append(w.faults, "history lost: "+e.Reason)
	}
}

// played is how many updates told of something done at an epoch.
func (w *watcher) played(epoch uint64) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.deeds[epoch]
}

// leaf is one that holds a text, or empty.
func (w *watcher) leaf(path string) (text string) {
	w.View(func(d *wire.Document) { _ = json.Unmarshal(d.Get(path), &text) })
	return text
}

// documented is what every frame is held against.
var documented = sync.OnceValues(func() (*asyncapi.Document, error) { return asyncapi.Load("../../docs/asyncapi.yaml") })

// door leads to a shard, for WebSockets, and looks at every frame.
func door(t *testing.T, shard *fleet.Shard) *fleet.Shard {
	t.Helper()
	document, err := documented()
	check(t, err)
	return &fleet.Shard{Name: shard.Name, Address: document.Relay(t, shard.Address)}
}

// request is one over REST, with the session token of a player.
func request(t *testing.T, method string, at *fleet.Shard, path, token, body string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://"+at.Address+"/api/v2/sessions/"+path, strings.NewReader(body))
	check(t, err)
	req.Header.Set(wire.TokenHeader, token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	check(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	check(t, err)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s: %s", method, path, resp.Status, text)
	}
	return text
}

// file writes one for a program to read.
func file(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	check(t, os.WriteFile(path, text, 0o600))
	return path
}
