// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

const scenario = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "ogre", "name": "Ogre", "side": "ogres", "controller": "gm", "position": [1, 1], "ac": 11, "maxHP": 40, "speed": 30, "dexterity": 8},
    {"id": "troll", "name": "Troll", "side": "trolls", "controller": "gm", "position": [2, 1], "ac": 15, "maxHP": 40, "speed": 30, "dexterity": 13}
  ]
}`

// stage is a registry and a network in memory, around one journal.
type stage struct {
	t   *testing.T
	log *faulty

	mu      sync.Mutex
	hosts   map[string]*Host
	specs   map[string]registry.SessionSpec
	hints   map[string][]string // by shard; nil: what the real registry would find
	reports map[string]registry.Report
	answers []registry.Answer
	wakes   map[string]chan string
	looks   map[string]int
}

func newStage(t *testing.T) *stage {
	before := runtime.NumGoroutine()
	st := &stage{
		t: t, log: &faulty{Memory: journal.NewMemory()}, hosts: map[string]*Host{}, specs: map[string]registry.SessionSpec{},
		hints: map[string][]string{}, reports: map[string]registry.Report{}, wakes: map[string]chan string{},
		looks: map[string]int{},
	}
	// Registered first, so it runs when every host has stopped.
	t.Cleanup(func() {
		st.await("goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
	})
	return st
}

// faulty is a journal whose loads fail as often as it is told.
type faulty struct {
	*journal.Memory
	mu    sync.Mutex
	loads int
}

func (f *faulty) failLoads(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.loads = n
}

func (f *faulty) Load(ctx context.Context, id string) (*journal.Loaded, error) {
	f.mu.Lock()
	fail := f.loads > 0
	f.loads--
	f.mu.Unlock()
	if fail {
		return nil, journal.ErrUnavailable
	}
	return f.Memory.Load(ctx, id)
}

// host runs a shard until the test ends or it is stopped.
func (st *stage) host(name string, capacity int) (h *Host, stop func()) {
	st.t.Helper()
	h = New(Config{
		Pool: "ns.pool", Shard: name, Incarnation: name + "-1", Capacity: capacity,
		Session: session.Config{
			Log: st.log, Shard: name, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
			ThawAfter: time.Minute, // nobody who follows here is late
		},
		Registry: st, Teller: st, Peers: st, Logger: slog.New(slog.DiscardHandler), Changed: func() {},
	})
	ctx, cancel := context.WithCancel(context.Background())
	st.mu.Lock()
	st.hosts[name] = h
	st.wakes[name] = make(chan string, 16)
	st.mu.Unlock()
	var running sync.WaitGroup
	running.Go(func() { h.Run(ctx) })
	stop = func() { cancel(); running.Wait() }
	st.t.Cleanup(stop)
	return h, stop
}

func (st *stage) Assignments(ctx context.Context, shard string) ([]registry.Assigned, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.looks[shard]++
	var all []registry.Assigned
	for id, spec := range st.specs {
		if hints, set := st.hints[shard]; set && !slices.Contains(hints, id) {
			continue
		}
		a := registry.Assigned{Generation: spec.Generation}
		var err error
		if a.Assignment, err = st.log.Assignment(ctx, id); err != nil {
			continue
		}
		a.Session = id
		if a.Owner, err = st.log.Memory.Owner(ctx, id); err != nil && !errors.Is(err, journal.ErrNoOwner) {
			return nil, err
		}
		if a.Shard == shard || a.From == shard || a.Owner.Shard == shard {
			all = append(all, a)
		}
	}
	return all, nil
}

func (st *stage) Spec(_ context.Context, id string) (registry.SessionSpec, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if spec, ok := st.specs[id]; ok {
		return spec, nil
	}
	return registry.SessionSpec{}, registry.ErrNotFound
}

func (st *stage) Wake(_ context.Context, shard string) <-chan string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.wakes[shard]
}

func (st *stage) Report(_ context.Context, reports ...registry.Report) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, r := range reports {
		st.reports[r.Session] = r
	}
	return nil
}

func (st *stage) Answer(_ context.Context, answers ...registry.Answer) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.answers = append(st.answers, answers...)
	return nil
}

func (st *stage) AwaitStandby(ctx context.Context, shard, id string, epoch uint64) error {
	st.mu.Lock()
	h := st.hosts[shard]
	st.mu.Unlock()
	if h == nil {
		return errors.New("no such shard")
	}
	return h.AwaitStandby(ctx, id, epoch)
}

// assign puts an assignment in force and wakes everybody.
func (st *stage) assign(id, to, from string, epoch uint64, mode journal.Mode) {
	st.t.Helper()
	st.mu.Lock()
	if _, known := st.specs[id]; !known {
		st.specs[id] = registry.SessionSpec{
			ID: id, Namespace: "ns", Name: id, Pool: "ns.pool", Ruleset: "srd-5.2.1", MaxPlayers: 4, GameMasters: []string{"gm"},
			Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: json.RawMessage(scenario),
		}
	}
	st.mu.Unlock()
	err := st.log.Assign(st.t.Context(), journal.Assignment{Session: id, Epoch: epoch, Shard: to, Pool: "ns.pool", From: from, Mode: mode})
	if err != nil {
		st.t.Fatal(err)
	}
	st.wake()
}

func (st *stage) wake() {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, wake := range st.wakes {
		select {
		case wake <- "":
		default:
		}
	}
}

func (st *stage) await(what string, done func() bool) {
	st.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			st.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// awaitLive waits until a session lives on a host at an epoch.
func (st *stage) awaitLive(h *Host, id string, epoch uint64) *session.Session {
	st.t.Helper()
	var s *session.Session
	st.await(id+" to live on "+h.Shard, func() bool {
		var here bool
		s, here = h.Session(id)
		return here && s.Owner().Epoch == epoch
	})
	return s
}

// awaitLooks waits until a shard has looked at its assignments n more times.
func (st *stage) awaitLooks(shard string, n int) {
	st.t.Helper()
	looks := func() int {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.looks[shard]
	}
	from := looks()
	st.await("looks of "+shard, func() bool {
		st.wake()
		return looks() >= from+n
	})
}

// refusals returns why a shard refused an assignment of a session.
func (st *stage) refusals(shard, id string, epoch uint64) []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var why []string
	for _, a := range st.answers {
		if a.Shard == shard && a.Session == id && a.Epoch == epoch && a.Refused != "" {
			why = append(why, a.Refused)
		}
	}
	return why
}
