// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/registry"
)

// fakeRedis is a Registry of which only the Source is used.
type fakeRedis struct {
	Registry
	wake chan string

	mu      sync.Mutex
	away    error
	counter uint64
	stopped bool
}

func (f *fakeRedis) Wakeups(context.Context, string) <-chan string { return f.wake }

func (f *fakeRedis) Health(context.Context) (registry.Health, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return registry.Health{}, f.away
}

func (f *fakeRedis) Shards(_ context.Context, pool string, names []string) ([]registry.Heartbeat, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.stopped {
		f.counter++
	}
	var list []registry.Heartbeat
	for _, n := range names {
		list = append(list, registry.Heartbeat{Pool: pool, Shard: n, Incarnation: "i", Counter: f.counter, State: registry.StateServing})
	}
	return list, nil
}

func (f *fakeRedis) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func TestPoolsTellWhatChanges(t *testing.T) {
	fake := &fakeRedis{wake: make(chan string)}
	signals := make(chan Event, 1)
	pools := NewPools(func(redisaddr.Address) (Link, error) { return Link{Registry: fake, Closer: io.NopCloser(nil)}, nil }, logr.Discard(), signals)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = pools.Start(ctx) })
	defer running.Wait()
	defer cancel()

	// A shard is judged when its signal is looked at: the lease is more than that
	// takes where nothing runs for a second.
	const lease = 2 * time.Second
	name := types.NamespacedName{Namespace: "ns", Name: "pool"}
	if _, err := pools.Get(name); !errors.Is(err, ErrNotYet) {
		t.Errorf("before anything: %v, want %v", err, ErrNotYet)
	}
	pool, err := pools.Ensure(name, Config{ID: "ns.pool", Redis: redisaddr.Address{URL: "redis://x"}, Lease: lease})
	if err != nil {
		t.Fatal(err)
	}
	pool.Watch([]Target{{Shard: "a"}, {Shard: "b", Excused: true}})
	until := func(what string, done func(Signal) bool) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for {
			select {
			case e := <-signals:
				if e.Object.Pool != name {
					t.Fatalf("a signal about %s", e.Object.Pool)
				}
				if done(e.Object) {
					return
				}
			case <-deadline:
				t.Fatalf("no signal that %s", what)
			}
		}
	}
	until("a is alive", func(s Signal) bool { return s.Shard == "a" && pool.Judge("a", "i") == placement.Alive })
	fake.set(func() { fake.away = errors.New("away") })
	until("Redis is away", func(s Signal) bool { _, _, err := pool.Redis(); return s.Shard == "" && err != nil })
	if got := pool.Judge("a", "i"); got != placement.Unknown {
		t.Errorf("without Redis: %v, want %v", got, placement.Unknown)
	}
	fake.set(func() { fake.away = nil })
	until("Redis is back", func(s Signal) bool { _, _, err := pool.Redis(); return s.Shard == "" && err == nil })
	fake.set(func() { fake.stopped = true })
	until("b is dead", func(s Signal) bool { return s.Shard == "b" && pool.Judge("b", "i") == placement.Dead })
	go func() { fake.wake <- "c" }()
	until("somebody woke us about c", func(s Signal) bool { return s.Shard == "c" })

	if same, err := pools.Ensure(name, Config{ID: "ns.pool", Redis: redisaddr.Address{URL: "redis://x"}, Lease: lease}); err != nil || same != pool {
		t.Errorf("the same config makes another pool: %v", err)
	}
	if other, err := pools.Ensure(name, Config{ID: "ns.pool", Redis: redisaddr.Address{URL: "redis://x", CA: "y"}, Lease: lease}); err != nil || other == pool {
		t.Errorf("another CA makes no other pool: %v", err)
	}
	pools.Drop(name)
	if _, err := pools.Get(name); !errors.Is(err, ErrNotYet) {
		t.Errorf("after Drop: %v, want %v", err, ErrNotYet)
	}
}
