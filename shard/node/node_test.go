// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/secret"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

const scenario = `{"map":{"width":6,"height":6},"combatants":[
  {"id":"ogre","name":"Ogre","side":"ogres","controller":"gm","position":[1,1],"ac":11,"maxHP":40,"speed":30,"dexterity":8},
  {"id":"troll","name":"Troll","side":"trolls","controller":"gm","position":[2,1],"ac":15,"maxHP":40,"speed":30,"dexterity":13}]}`

// running is a node that runs in this process.
type running struct {
	*Node
	t            *testing.T
	leave, force context.CancelFunc
	ended        chan error
	ops          string
	others       int // goroutines that came since and are not the node's
}

func run(t *testing.T, redisURL string, change func(*Config)) *running {
	t.Helper()
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "key-1"), []byte(strings.Repeat("k", auth.MinKeyBytes)), 0o600))
	c := goodConfig()
	c.RedisURL, c.KeysDir, c.Lease = secret.New(redisURL), dir, 600*time.Millisecond
	c.Listen, c.OpsListen = port.Need(t), port.Need(t)
	c.Advertise = c.Listen
	if change != nil {
		change(&c)
	}
	check(t, c.Validate())
	before := runtime.NumGoroutine()
	n, err := New(c, slog.New(slog.DiscardHandler))
	check(t, err)
	r := &running{Node: n, t: t, ended: make(chan error, 1), ops: "http://" + c.OpsListen}
	ctx, leave := context.WithCancel(context.Background())
	force, stop := context.WithCancel(context.Background())
	r.leave, r.force = leave, stop
	go func() { r.ended <- n.Run(ctx, force) }()
	t.Cleanup(func() {
		stop()
		leave()
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		r.await("goroutines to end", func() bool { return runtime.NumGoroutine() <= before+r.others })
	})
	return r
}

func (r *running) await(what string, done func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// checks reads /readyz.
func (r *running) checks() (status int, checks map[string]string) {
	r.t.Helper()
	resp, err := http.Get(r.ops + "/readyz")
	if err != nil {
		return 0, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var body struct {
		Checks map[string]string `json:"checks"`
	}
	check(r.t, json.NewDecoder(resp.Body).Decode(&body))
	return resp.StatusCode, body.Checks
}

func (r *running) awaitReady() {
	r.t.Helper()
	r.await("the shard to be ready", func() bool { status, _ := r.checks(); return status == http.StatusOK })
}

func (r *running) beat() registry.Heartbeat {
	r.t.Helper()
	beats, err := r.registry.Shards(r.t.Context(), r.cfg.Pool, []string{r.cfg.Shard})
	if err != nil || len(beats) != 1 {
		return registry.Heartbeat{}
	}
	return beats[0]
}

func (r *running) awaitEnd() {
	r.t.Helper()
	select {
	case err := <-r.ended:
		check(r.t, err)
	case <-time.After(20 * time.Second):
		r.t.Fatal("the shard does not end")
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// create assigns a session to the shard and waits until it lives there.
func (r *running) create(id string) {
	r.t.Helper()
	check(r.t, r.registry.Assign(r.t.Context(), journal.Assignment{Session: id, Epoch: 1, Shard: r.cfg.Shard, Pool: r.cfg.Pool, Mode: journal.ModeCreate}, r.spec(id)))
	r.await(id+" to live here", func() bool { _, here := r.host.Session(id); return here })
}

func (r *running) spec(id string) registry.SessionSpec {
	return registry.SessionSpec{
		ID: id, Namespace: "ns", Name: id, Pool: r.cfg.Pool, Ruleset: "srd-5.2.1", MaxPlayers: 4, GameMasters: []string{"gm"},
		Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: json.RawMessage(scenario),
	}
}

// TestLeave: the shard says so, waits for its session, and ends.
func TestLeave(t *testing.T) {
	r := run(t, redistest.Start(t).URL(), nil)
	r.awaitReady()
	r.create("s")
	r.leave()
	r.await("readiness to name the drain", func() bool {
		status, checks := r.checks()
		return status == http.StatusServiceUnavailable && checks["draining"] != "" && checks["redis"] == ""
	})
	r.await("the heartbeat to say so", func() bool { return r.beat().State == registry.StateDraining })
	if resp, err := http.Get("http://" + r.cfg.Listen + "/api/v2/sessions/s/ws"); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a new client gets %v %v, want 503", resp, err)
	} else {
		_ = resp.Body.Close()
	}
	// The operator's mark does not stand; that changes nothing for who leaves.
	marked, err := r.registry.Draining(t.Context(), r.cfg.Shard)
	check(t, err)
	if marked {
		t.Fatal("nobody set the mark")
	}
	r.setDraining(func(d *drain) { d.marked = marked })
	if !r.host.Draining() {
		t.Error("a shard that leaves takes sessions again")
	}
	select {
	case err := <-r.ended:
		t.Errorf("it left its session behind before the deadline: %v", err)
	default:
	}
	// Somebody else takes it over.
	check(t, r.log.Assign(t.Context(), journal.Assignment{Session: "s", Epoch: 2, Shard: "other", Pool: r.cfg.Pool, From: r.cfg.Shard, Mode: journal.ModeFailover}))
	_, err = r.log.Takeover(t.Context(), "s", journal.Owner{Shard: "other", Incarnation: "x", Epoch: 2}, journal.Takeover{})
	check(t, err)
	r.awaitEnd()
}

func TestLeaveGivesUpAtTheDeadline(t *testing.T) {
	r := run(t, redistest.Start(t).URL(), func(c *Config) { c.DrainDeadline = 100 * time.Millisecond })
	r.awaitReady()
	r.create("s")
	r.leave()
	r.awaitEnd()
}

func TestForceEndsAtOnce(t *testing.T) {
	r := run(t, redistest.Start(t).URL(), nil)
	r.awaitReady()
	r.create("s")
	r.leave()
	r.await("it to be draining", r.host.Draining)
	r.force()
	r.awaitEnd()
}

// TestMarkedByTheOperator: draining and back, without an end.
func TestMarkedByTheOperator(t *testing.T) {
	r := run(t, redistest.Start(t).URL(), nil)
	r.awaitReady()
	for _, on := range []bool{true, false} {
		check(t, r.registry.SetDrain(t.Context(), r.cfg.Shard, on))
		r.await("the mark to be seen", func() bool { return r.host.Draining() == on })
	}
	r.awaitReady()
	r.leave()
	r.awaitEnd()
}

// TestRedisComesLater: the shard starts without it, is alive and not ready, says
// why, and needs no restart.
func TestRedisComesLater(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	r := run(t, server.URL(), nil)
	r.await("a reason", func() bool {
		status, checks := r.checks()
		return status == http.StatusServiceUnavailable && strings.Contains(checks["redis"], "cannot be reached")
	})
	resp, err := http.Get(r.ops + "/livez")
	check(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("/livez: %d, want 200", resp.StatusCode)
	}
	check(t, server.Restart())
	r.others = 1 // waits for the server to end
	r.awaitReady()
	first := r.beat()
	r.await("the heartbeat's counter to grow", func() bool { return r.beat().Counter > first.Counter })
	if first.Incarnation != r.incarnation || first.Address != r.cfg.Advertise {
		t.Errorf("heartbeat %+v", first)
	}
	// What Redis promises is asked for anew until there is an answer.
	r.await("the durability to be known", func() bool {
		return r.beat().Durability == journal.LevelFsync && slices.Equal(r.durability(), []string{"evicts=false level=fsync"})
	})
	r.leave()
	r.awaitEnd()
}

// durability is what the metric says that Redis promises.
func (r *running) durability() []string {
	r.t.Helper()
	families, err := r.metrics.Gather()
	check(r.t, err)
	var list []string
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "gamesession_durability" && m.GetGauge().GetValue() == 1 {
				list = append(list, fmt.Sprintf("%s=%s %s=%s", m.Label[0].GetName(), m.Label[0].GetValue(), m.Label[1].GetName(), m.Label[1].GetValue()))
			}
		}
	}
	return list
}

func TestKeysAreReadAgain(t *testing.T) {
	r := run(t, redistest.Start(t).URL(), nil)
	before := r.keys.Load()
	check(t, os.WriteFile(filepath.Join(r.cfg.KeysDir, "key-2"), []byte("short"), 0o600))
	r.reloadCredentials()
	if r.keys.Load() != before {
		t.Error("a broken key replaced good ones")
	}
	check(t, os.WriteFile(filepath.Join(r.cfg.KeysDir, "key-2"), []byte(strings.Repeat("n", auth.MinKeyBytes)), 0o600))
	r.reloadCredentials()
	token, err := r.keys.Load().Sign(auth.Claims{Session: "s", Player: "p", Role: auth.Player, IssuedAt: 1, Expires: 2})
	check(t, err)
	if !strings.Contains(token, ".key-2.") {
		t.Errorf("signed with the old key: %s", token)
	}
}

func TestPortsInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	defer func() { check(t, l.Close()) }()
	for what, change := range map[string]func(*Config){
		"clients": func(c *Config) { c.Listen = l.Addr().String() },
		"probes":  func(c *Config) { c.OpsListen = l.Addr().String() },
	} {
		t.Run(what, func(t *testing.T) {
			r := run(t, "redis://127.0.0.1:1/0", change)
			if err := <-r.ended; err == nil || !strings.Contains(err.Error(), "listening for "+what) {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// TestMetricsOfANode: the two registries do not clash, and the runtime is there.
func TestMetricsOfANode(t *testing.T) {
	r := run(t, "redis://127.0.0.1:1/0", nil)
	families, err := prometheus.Gatherers{r.metrics}.Gather()
	check(t, err)
	names := map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
	}
	for _, want := range []string{"go_goroutines", "process_open_fds", "gamesession_connections"} {
		if !names[want] {
			t.Errorf("no %s", want)
		}
	}
}
