// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/redistest"
)

const (
	testPool = "games.main"
	deadline = 30 * time.Second
)

type env struct {
	*Registry
	server  *redistest.Server
	journal *journal.Redis
}

func open(t *testing.T) env {
	t.Helper()
	server := redistest.Start(t)
	keys, err := journal.NewKeys("")
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.NewRedis(server.Options(), journal.Config{Keys: keys, CommitTimeout: deadline})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return env{Registry: New(server.Client(t), keys), server: server, journal: j}
}

func beat(shard string) Heartbeat {
	return Heartbeat{
		Pool: testPool, Shard: shard, Incarnation: "0123abcd", Counter: 7, Address: "10.0.0.1:8080",
		Version: "v1.2.3", Schema: "1", State: StateServing, Capacity: 100, Sessions: 3, Sockets: 30, Durability: "fsync",
	}
}

func spec(id string, generation int64) SessionSpec {
	return SessionSpec{
		ID: id, Namespace: "games", Name: "ambush", Pool: testPool, Ruleset: "srd-5.2.1", MaxPlayers: 10,
		GameMasters: []string{"gm"}, Players: []string{"p1"}, Lifecycle: LifecycleRunning, Generation: generation,
		Scenario: json.RawMessage(`{"map":{"width":24,"height":16}}`),
	}
}

func assignment(id, shard string, epoch uint64, mode journal.Mode, from string) Assignment {
	return Assignment{Session: id, Epoch: epoch, Shard: shard, Pool: testPool, Mode: mode, From: from}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHeartbeats(t *testing.T) {
	e := open(t)
	a, b := beat("shard-a"), beat("shard-b")
	b.State = StateDraining
	must(t, e.Beat(t.Context(), a))
	must(t, e.Beat(t.Context(), b))
	a.Counter++
	must(t, e.Beat(t.Context(), a))

	client := e.server.Client(t)
	must(t, client.HSet(t.Context(), e.keys.Shard(testPool, "shard-bad"), "counter", "many").Err())
	got, err := e.Shards(t.Context(), testPool, []string{"shard-b", "shard-bad", "shard-none", "shard-a"})
	must(t, err)
	if diff := cmp.Diff([]Heartbeat{b, a}, got); diff != "" {
		t.Errorf("heartbeats (-want +got):\n%s", diff)
	}
	if ttl := client.TTL(t.Context(), e.keys.Shard(testPool, "shard-a")).Val(); ttl < time.Hour {
		t.Errorf("a heartbeat expires after %s: too soon to mean nothing", ttl)
	}

	must(t, e.ForgetShard(t.Context(), testPool, "shard-a"))
	got, err = e.Shards(t.Context(), testPool, []string{"shard-a"})
	must(t, err)
	if len(got) != 0 {
		t.Errorf("a forgotten shard is still there: %+v", got)
	}
}

func TestMalformedHeartbeatIsRefused(t *testing.T) {
	tests := map[string]func(*Heartbeat){
		"no pool":          func(h *Heartbeat) { h.Pool = "" },
		"bad shard":        func(h *Heartbeat) { h.Shard = "A shard" },
		"no incarnation":   func(h *Heartbeat) { h.Incarnation = "" },
		"address no port":  func(h *Heartbeat) { h.Address = "10.0.0.1" },
		"unknown state":    func(h *Heartbeat) { h.State = "sleeping" },
		"negative":         func(h *Heartbeat) { h.Sessions = -1 },
		"absurd":           func(h *Heartbeat) { h.Capacity = 1 << 40 },
		"line in version":  func(h *Heartbeat) { h.Version = "v1\nv2" },
		"schema too large": func(h *Heartbeat) { h.Schema = string(make([]byte, 200)) },
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			h := beat("shard-a")
			spoil(&h)
			if err := h.Validate(); !errors.Is(err, journal.ErrInvalid) {
				t.Errorf("got %v, want ErrInvalid", err)
			}
		})
	}
	must(t, beat("shard-a").Validate())
}

func TestAssignmentsConcernAShard(t *testing.T) {
	e := open(t)
	// One session that a owns, one assigned to a, one to be handed off by a, one
	// that a hint still names although it went elsewhere.
	for id, shard := range map[string]string{"owned": "shard-a", "leaving": "shard-a", "gone": "shard-a"} {
		must(t, e.Assign(t.Context(), assignment(id, shard, 1, journal.ModeCreate, ""), spec(id, 4)))
		_, err := e.journal.Create(t.Context(), id, journal.Owner{Shard: shard, Incarnation: "run", Epoch: 1}, nil)
		must(t, err)
	}
	must(t, e.Assign(t.Context(), assignment("coming", "shard-a", 1, journal.ModeCreate, ""), spec("coming", 4)))
	must(t, e.Assign(t.Context(), assignment("leaving", "shard-b", 2, journal.ModeHandoff, "shard-a"), spec("leaving", 5)))
	must(t, e.Assign(t.Context(), assignment("gone", "shard-b", 2, journal.ModeFailover, "shard-c"), spec("gone", 4)))
	_, err := e.journal.Takeover(t.Context(), "gone", journal.Owner{Shard: "shard-b", Incarnation: "run", Epoch: 2}, journal.Takeover{})
	must(t, err)
	client := e.server.Client(t)
	must(t, client.SAdd(t.Context(), e.keys.Hints("shard-a"), "not/an/id", "unknown").Err())

	got, err := e.Assignments(t.Context(), "shard-a")
	must(t, err)
	byID := map[string]Assigned{}
	for _, a := range got {
		byID[a.Session] = a
	}
	owner := journal.Owner{Shard: "shard-a", Incarnation: "run", Epoch: 1}
	want := map[string]Assigned{
		"owned":   {Assignment: assignment("owned", "shard-a", 1, journal.ModeCreate, ""), Owner: owner, Generation: 4},
		"coming":  {Assignment: assignment("coming", "shard-a", 1, journal.ModeCreate, ""), Generation: 4},
		"leaving": {Assignment: assignment("leaving", "shard-b", 2, journal.ModeHandoff, "shard-a"), Owner: owner, Generation: 5},
	}
	if diff := cmp.Diff(want, byID); diff != "" {
		t.Errorf("assignments (-want +got):\n%s", diff)
	}

	must(t, e.SetHints(t.Context(), "shard-a", []string{"owned"}))
	got, err = e.Assignments(t.Context(), "shard-a")
	must(t, err)
	if len(got) != 1 {
		t.Errorf("%d assignments after the hints were rewritten, want 1", len(got))
	}
}

func TestAssignRefusesWhatIsOlder(t *testing.T) {
	e := open(t)
	must(t, e.Assign(t.Context(), assignment("s", "shard-a", 3, journal.ModeCreate, ""), spec("s", 4)))
	err := e.Assign(t.Context(), assignment("s", "shard-b", 2, journal.ModeCreate, ""), spec("s", 4))
	if !errors.Is(err, journal.ErrAssignConflict) {
		t.Errorf("got %v, want ErrAssignConflict", err)
	}
	// An outdated spec does not hold up a new assignment, and is not stored.
	must(t, e.Assign(t.Context(), assignment("s", "shard-b", 4, journal.ModeCreate, ""), spec("s", 3)))
	got, err := e.Spec(t.Context(), "s")
	must(t, err)
	if got.Generation != 4 {
		t.Errorf("generation %d is stored, want 4", got.Generation)
	}
	if err := e.Assign(t.Context(), assignment("s", "shard-b", 5, journal.ModeCreate, ""), spec("other", 4)); !errors.Is(err, journal.ErrInvalid) {
		t.Errorf("got %v for another session's spec, want ErrInvalid", err)
	}
}

func TestSpec(t *testing.T) {
	e := open(t)
	if _, err := e.Spec(t.Context(), "s"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	want := spec("s", 2)
	must(t, e.PutSpec(t.Context(), want))
	must(t, e.PutSpec(t.Context(), want))
	if err := e.PutSpec(t.Context(), spec("s", 1)); !errors.Is(err, ErrOutdated) {
		t.Errorf("got %v, want ErrOutdated", err)
	}
	got, err := e.Spec(t.Context(), "s")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	must(t, e.server.Client(t).Set(t.Context(), e.keys.Spec("s"), "{", 0).Err())
	if _, err := e.Spec(t.Context(), "s"); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}

func TestReportsOnlyRise(t *testing.T) {
	e := open(t)
	must(t, e.Report(t.Context(), Report{Session: "gone", Epoch: 1}))
	must(t, e.PutSpec(t.Context(), spec("s", 1)))
	want := Report{
		Session: "s", Epoch: 2, Version: 40, Players: []string{"p1"}, Round: 3, Durable: true,
		LastMove: Move{From: "shard-a", To: "shard-b", Reason: "handoff", PauseMillis: 12, Epoch: 2},
	}
	must(t, e.Report(t.Context(), Report{Session: "s", Epoch: 1, Version: 39}, want))
	must(t, e.server.Client(t).ScriptFlush(t.Context()).Err())
	must(t, e.Report(t.Context(), Report{Session: "s", Epoch: 1, Version: 99}))
	answer := Answer{Session: "s", Epoch: 3, Shard: "shard-c", Refused: "capacity"}
	must(t, e.Answer(t.Context(), answer))

	got, err := e.Sessions(t.Context(), []string{"s", "gone"})
	must(t, err)
	if diff := cmp.Diff([]Session{{ID: "s", Report: &want, Answer: &answer, Generation: 1}, {ID: "gone"}}, got); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
}

func TestSessions(t *testing.T) {
	e := open(t)
	a := assignment("s", "shard-a", 1, journal.ModeCreate, "")
	must(t, e.Assign(t.Context(), a, spec("s", 1)))
	owner := journal.Owner{Shard: "shard-a", Incarnation: "run", Epoch: 1}
	_, err := e.journal.Create(t.Context(), "s", owner, nil)
	must(t, err)
	must(t, e.server.Client(t).HSet(t.Context(), e.keys.Owner("bad"), "epoch", "many").Err())
	ids := []string{"bad", "s"}
	for i := range 200 { // more than one pipeline
		ids = append(ids, fmt.Sprintf("none-%d", i))
	}
	got, err := e.Sessions(t.Context(), ids)
	must(t, err)
	if !errors.Is(got[0].Err, journal.ErrCorrupt) {
		t.Errorf("got %v for a corrupt owner, want ErrCorrupt", got[0].Err)
	}
	want := Session{ID: "s", Assignment: &a, Owner: &owner, Last: journal.Position{Epoch: 1, Version: 1}, Generation: 1}
	if diff := cmp.Diff(want, got[1]); diff != "" {
		t.Errorf("session (-want +got):\n%s", diff)
	}
	if len(got) != len(ids) || got[201].ID != "none-199" {
		t.Errorf("%d sessions, want %d", len(got), len(ids))
	}
	must(t, e.ForgetSession(t.Context(), "s", 1))
	got, err = e.Sessions(t.Context(), []string{"s"})
	must(t, err)
	if diff := cmp.Diff([]Session{{ID: "s"}}, got); diff != "" {
		t.Errorf("a forgotten session (-want +got):\n%s", diff)
	}
}

func TestDrainMark(t *testing.T) {
	e := open(t)
	for _, want := range []bool{true, true, false} {
		must(t, e.SetDrain(t.Context(), "shard-a", want))
		got, err := e.Draining(t.Context(), "shard-a")
		must(t, err)
		if got != want {
			t.Errorf("draining is %t, want %t", got, want)
		}
	}
}

// What stands in Redis for a shard alone does not outlive it for ever, whoever
// forgets to clean up.
func TestKeysOfAShardExpire(t *testing.T) {
	e := open(t)
	client := e.server.Client(t)
	must(t, e.Beat(t.Context(), beat("shard-a")))
	must(t, e.SetDrain(t.Context(), "shard-a", true))
	must(t, e.SetHints(t.Context(), "shard-a", []string{"s1"}))
	must(t, e.Assign(t.Context(), assignment("s2", "shard-b", 1, journal.ModeCreate, ""), spec("s2", 1)))
	for _, key := range []string{
		e.keys.Shard(testPool, "shard-a"), e.keys.Drain("shard-a"), e.keys.Hints("shard-a"), e.keys.Hints("shard-b"),
	} {
		if ttl := client.TTL(t.Context(), key).Val(); ttl < time.Hour {
			t.Errorf("%s expires in %v", key, ttl)
		}
	}
}

func TestHealth(t *testing.T) {
	e := open(t)
	h, err := e.Health(t.Context())
	must(t, err)
	want := journal.Durability{Level: journal.LevelFsync, Role: "master"}
	if h.Durability != want {
		t.Errorf("got %+v, want %+v", h.Durability, want)
	}
	e.server.Kill()
	if _, err := e.Health(t.Context()); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("got %v from a dead server, want ErrUnavailable", err)
	}
	if err := e.Beat(t.Context(), beat("shard-a")); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("got %v from a dead server, want ErrUnavailable", err)
	}
}

// await calls publish again and again until name comes: a message is lost while
// nobody is subscribed, and swallowed while a wake-up for everything is pending.
func await(t *testing.T, wake <-chan string, name string, publish func() error) {
	t.Helper()
	end := time.After(deadline)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case got, open := <-wake:
			if !open {
				t.Fatal("the channel is closed")
			}
			if got == name {
				return
			}
		case <-tick.C:
			if err := publish(); err != nil && !errors.Is(err, journal.ErrUnavailable) {
				t.Fatal(err)
			}
		case <-end:
			t.Fatalf("wake-up %q never came", name)
		}
	}
}

func TestWake(t *testing.T) {
	e := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	wake, pool := e.Wake(ctx, "shard-a"), e.Wakeups(ctx, testPool)
	nothing := func() error { return nil }
	await(t, wake, "", nothing) // the first one
	await(t, wake, "s", func() error {
		return e.Assign(t.Context(), assignment("s", "shard-a", 1, journal.ModeCreate, ""), spec("s", 1))
	})
	await(t, pool, "shard-a", func() error { return e.NotifyPool(t.Context(), testPool, "shard-a") })

	e.server.Kill()
	must(t, e.server.Restart())
	await(t, wake, "", nothing) // what was published meanwhile is lost
	await(t, wake, "t", func() error { return e.WakeShard(t.Context(), "shard-a", "t") })

	cancel()
	for range wake { // until it is closed
	}
}

func TestPendingWakeupsAreBounded(t *testing.T) {
	var pending []string
	for i := range maxPending {
		pending = merge(pending, message(fmt.Sprint(i)))
		pending = merge(pending, message(fmt.Sprint(i)))
	}
	if len(pending) != maxPending {
		t.Fatalf("%d pending, want each once", len(pending))
	}
	pending = merge(pending, message("one more"))
	if diff := cmp.Diff([]string{""}, pending); diff != "" {
		t.Errorf("past the bound (-want +got):\n%s", diff)
	}
	if pending = merge(pending, message("again")); len(pending) != 1 {
		t.Errorf("%d pending, want one for everything", len(pending))
	}
}

func message(payload string) any { return &redis.Message{Payload: payload} }

// TestTicketIsUsedOnce: of many shards that ask at once, one is first, and the note
// goes by itself.
func TestTicketIsUsedOnce(t *testing.T) {
	e := open(t)
	firsts := make(chan bool, 16)
	for range cap(firsts) {
		shard := New(e.server.Client(t), e.keys)
		go func() {
			first, err := shard.Spend(t.Context(), "T1", time.Minute)
			if err != nil {
				t.Error(err)
			}
			firsts <- first
		}()
	}
	n := 0
	for range cap(firsts) {
		if <-firsts {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d were first, want one", n)
	}
	if left, err := e.client.PTTL(t.Context(), e.keys.Ticket("T1")).Result(); err != nil || left <= 0 || left > time.Minute {
		t.Errorf("the note stays for %s, %v", left, err)
	}
	if first, err := e.Spend(t.Context(), "T2", time.Minute); err != nil || !first {
		t.Errorf("another ticket: %t, %v", first, err)
	}
	e.server.Kill()
	if _, err := e.Spend(t.Context(), "T3", time.Minute); !errors.Is(err, journal.ErrUnavailable) {
		t.Errorf("without Redis: %v", err)
	}
}
