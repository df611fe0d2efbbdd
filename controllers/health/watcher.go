// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/registry"
)

// pollsPerLease is how often heartbeats are read.
const pollsPerLease = 10

// minPollGap bounds how often wake-ups cause a poll.
const minPollGap = 20 * time.Millisecond

// Signal says that something about a shard, or (with an empty name) about all
// of its pool or its Redis, has changed.
type Signal struct {
	Pool  types.NamespacedName
	Shard string
}

// Event carries a Signal to a controller.
type Event = event.TypedGenericEvent[Signal]

// Watcher knows the health of the shards of one pool. Its methods are safe for
// concurrent use.
type Watcher struct {
	pool   types.NamespacedName
	id     string
	lease  time.Duration
	source Source
	notify func(context.Context, Signal)
	log    logr.Logger
	start  time.Time // of the monotonic clock

	mu      sync.Mutex
	ager    *Ager
	targets []Target
	beats   map[string]registry.Heartbeat
	redis   registry.Health
	err     error // of the last poll; nil when Redis is healthy
	polled  bool
	said    map[string]pulseKey // what was last told of each shard
}

// pulseKey is what of a shard is worth telling.
type pulseKey struct {
	incarnation string
	verdict     placement.Verdict
	state       string
	sessions    int
	connected   bool
}

func newWatcher(pool types.NamespacedName, id string, lease time.Duration, source Source,
	notify func(context.Context, Signal), log logr.Logger,
) *Watcher {
	return &Watcher{
		pool: pool, id: id, lease: lease, source: source, notify: notify, log: log,
		start: time.Now(), ager: NewAger(lease), said: map[string]pulseKey{},
	}
}

// Watch sets the shards whose heartbeats are read.
func (w *Watcher) Watch(targets []Target) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.targets = targets
}

// Judge says what is known of one incarnation of a shard.
func (w *Watcher) Judge(shard, incarnation string) placement.Verdict {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ager.Judge(time.Since(w.start), shard, incarnation)
}

// Beat returns the last heartbeat of a shard.
func (w *Watcher) Beat(shard string) (registry.Heartbeat, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, known := w.beats[shard]
	return b, known
}

// Redis returns what the last poll found: an error if Redis did not answer or
// took no writes, and polled is false before the first one.
func (w *Watcher) Redis() (health registry.Health, polled bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.redis, w.polled, w.err
}

// run polls until ctx ends.
func (w *Watcher) run(ctx context.Context) {
	wakeups := w.source.Wakeups(ctx, w.id)
	interval := w.lease / pollsPerLease
	timer := time.NewTimer(0)
	defer timer.Stop()
	woken := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return
		case shard, open := <-wakeups:
			if !open {
				wakeups = nil // ctx has ended, or only the timer is left
				continue
			}
			if len(woken) == 0 {
				timer.Reset(minPollGap)
			}
			woken[shard] = true
		case <-timer.C:
			changed := w.poll(ctx)
			maps.Copy(changed, woken)
			clear(woken)
			for shard := range changed {
				w.notify(ctx, Signal{Pool: w.pool, Shard: shard})
			}
			timer.Reset(interval)
		}
	}
}

// poll reads Redis once and returns the shards of which there is news.
func (w *Watcher) poll(ctx context.Context) map[string]bool {
	w.mu.Lock()
	targets := w.targets
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, w.lease/2)
	defer cancel()
	redis, err := w.source.Health(ctx)
	var beats []registry.Heartbeat
	if err == nil {
		var malformed error
		beats, malformed = w.source.Shards(ctx, w.id, names(targets))
		if len(beats) == 0 && malformed != nil {
			err = malformed
		}
	}
	return w.take(targets, redis, beats, err)
}

func (w *Watcher) take(targets []Target, redis registry.Health, beats []registry.Heartbeat, err error) map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := map[string]bool{}
	if !w.polled || (err == nil) != (w.err == nil) {
		changed[""] = true
		w.log.Info("Redis", "healthy", err == nil, "error", errorText(err))
	}
	w.polled, w.err = true, err
	now := time.Since(w.start)
	if err != nil {
		w.ager.Lost()
		return changed
	}
	w.redis = redis
	w.beats = make(map[string]registry.Heartbeat, len(beats))
	pulses := make([]Beat, len(beats))
	for i, b := range beats {
		w.beats[b.Shard] = b
		pulses[i] = Beat{Shard: b.Shard, Incarnation: b.Incarnation, Counter: b.Counter}
	}
	w.ager.Observe(now, targets, pulses)
	said := make(map[string]pulseKey, len(targets))
	for _, t := range targets {
		b := w.beats[t.Shard]
		key := pulseKey{
			incarnation: b.Incarnation, verdict: w.ager.Judge(now, t.Shard, b.Incarnation),
			state: b.State, sessions: b.Sessions, connected: b.Sockets > 0,
		}
		if before, was := w.said[t.Shard]; !was || before != key {
			changed[t.Shard] = true
		}
		if before := w.said[t.Shard]; before.verdict != key.verdict {
			w.log.Info("Shard", "shard", t.Shard, "incarnation", key.incarnation, "verdict", key.verdict.String())
		}
		said[t.Shard] = key
	}
	w.said = said
	return changed
}

func names(targets []Target) []string {
	list := make([]string, len(targets))
	for i, t := range targets {
		list[i] = t.Shard
	}
	return list
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
