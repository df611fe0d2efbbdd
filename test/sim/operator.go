// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"

	"gamesession.dev/operator/controllers/gamesession"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/shard/redisaddr"
)

// operator is one run of the operator: the real reconciler of sessions and the
// real ager of heartbeats, without the machinery that Kubernetes brings.
type operator struct {
	*process
	world  *world
	cache  *cached
	store  *connection
	pools  *health.Pools
	reconc *gamesession.Reconciler
	wake   map[string]chan struct{} // by session
}

const (
	signalBuffer = 256
	// backoff of a pass that failed, as controller-runtime's.
	backoffFirst = 5 * time.Millisecond
	backoffMost  = 10 * time.Second
	hintsEvery   = 30 * time.Second
)

// startOperator starts a new run of the operator.
func (w *world) startOperator() *operator {
	w.mu.Lock()
	w.runs++
	part := partOperator + uint64(w.runs)
	w.mu.Unlock()
	o := &operator{process: w.newProcess(), world: w, wake: map[string]chan struct{}{}}
	o.store = w.newConnection(o.process, part)
	link := w.newLink(o.process, part<<8)
	o.cache = &cached{api: w.api, link: link, dice: newDice(w.seed, part<<9)}
	o.cache.setLag(o.cache.dice.between(0, 50*time.Millisecond))
	signals := make(chan health.Event, signalBuffer)
	o.pools = health.NewPools(func(redisaddr.Address) (health.Link, error) {
		registry := meeting{o.store}
		return health.Link{Registry: registry, Closer: registry}, nil
	}, logr.Discard(), signals)
	o.reconc = gamesession.New(o.cache, uncached{api: w.api, link: link}, &events.FakeRecorder{}, o.pools, gamesession.Options{})
	for _, name := range w.names {
		o.wake[name] = make(chan struct{}, 1)
	}
	w.run(func() { _ = o.pools.Start(o.ctx) })
	w.run(func() { o.connect(signals) })
	for _, name := range w.names {
		w.run(func() { o.look(name) })
	}
	return o
}

// connect watches the shards and wakes the sessions when there is news.
func (o *operator) connect(signals <-chan health.Event) {
	pool, err := o.pools.Ensure(types.NamespacedName{Namespace: namespace, Name: poolName},
		health.Config{ID: poolID, Redis: redisaddr.Address{URL: "sim"}, Lease: lease})
	if err != nil {
		o.world.anomaly("connecting a pool: %v", err)
		return
	}
	targets := make([]health.Target, len(shardNames))
	for i, name := range shardNames {
		targets[i] = health.Target{Shard: name}
	}
	pool.Watch(targets)
	changes := o.world.api.watch()
	defer o.world.api.unwatch(changes)
	hints := time.NewTicker(hintsEvery)
	defer hints.Stop()
	for {
		select {
		case <-o.ctx.Done():
			return
		case <-signals:
		case <-changes:
			o.world.sleep(o.cache.now()) // a cache hears of it when it has it
		case <-hints.C:
			o.writeHints(pool)
			continue
		}
		for _, wake := range o.wake {
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	}
}

// writeHints does what the reconciler of pools does: it restores lost hints.
func (o *operator) writeHints(pool *health.Pool) {
	for _, shard := range shardNames {
		var ids []string
		for _, name := range o.world.names {
			st := o.world.api.session(name).Status
			concerned := st.Placement != nil && slices.Contains([]string{st.Placement.Shard, st.Placement.From}, shard) ||
				st.Owner != nil && st.Owner.Shard == shard
			if concerned {
				ids = append(ids, string(o.world.api.session(name).UID))
			}
		}
		_ = pool.SetHints(o.ctx, shard, ids) // the next round tries again
	}
}

// look makes pass after pass over one session.
func (o *operator) look(name string) {
	request := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
	failures := 0
	for o.ctx.Err() == nil {
		result, err := o.reconc.Reconcile(o.ctx, request)
		wait := result.RequeueAfter
		if err != nil {
			wait = min(backoffFirst<<failures, backoffMost)
			failures = min(failures+1, 20)
		} else {
			failures = 0
		}
		timer := time.NewTimer(wait)
		select {
		case <-o.ctx.Done():
		case <-o.wake[name]:
		case <-timer.C:
		}
		timer.Stop()
		if !o.frozen.pass(o.ctx.Done()) {
			return
		}
	}
}
