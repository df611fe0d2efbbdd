// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/server"
	"gamesession.dev/operator/shard/session"
)

// pulse is the heartbeat's state.
type pulse struct {
	soon chan struct{}

	mu         sync.Mutex
	trouble    error     // of the last beat
	since      time.Time // the last beat that succeeded
	durability journal.Durability
	counter    uint64
}

func (p *pulse) init() {
	p.soon = make(chan struct{}, 1)
	p.trouble = fmt.Errorf("not reached yet")
}

// hurry makes the next heartbeat come at once.
func (p *pulse) hurry() {
	select {
	case p.soon <- struct{}{}:
	default:
	}
}

const (
	beatTimeout = time.Second
	// probeEvery is how often a shard asks Redis what it promises.
	probeEvery = 30 * time.Second
	drainEvery = time.Second
)

// beat keeps the heartbeat: a counter that the operator ages on its own clock.
func (n *Node) beat(ctx context.Context) {
	tick := time.NewTicker(n.cfg.Lease / 6)
	defer tick.Stop()
	var probed time.Time
	for {
		if time.Since(probed) > probeEvery && n.probe(ctx) {
			probed = time.Now()
		}
		n.beatOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-n.pulse.soon:
			n.beatOnce(ctx) // what changed is in it
			n.announce(ctx)
			continue
		}
	}
}

// announce tells the operator to look.
func (n *Node) announce(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	if err := n.registry.NotifyPool(bounded, n.cfg.Pool, n.cfg.Shard); err != nil && ctx.Err() == nil {
		n.logger.Debug("notifying the operator", "error", err) // it polls, too
	}
}

func (n *Node) beatOnce(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	n.pulse.mu.Lock()
	n.pulse.counter++
	counter, durability := n.pulse.counter, n.pulse.durability
	n.pulse.mu.Unlock()
	state := registry.StateServing
	if n.host.Draining() {
		state = registry.StateDraining
	}
	live, coming := n.host.Sessions()
	n.serverMetrics.Sessions(live)
	err := n.registry.Beat(bounded, registry.Heartbeat{
		Pool: n.cfg.Pool, Shard: n.cfg.Shard, Incarnation: n.incarnation, Counter: counter,
		Address: n.cfg.Advertise, Version: n.cfg.Version, Schema: session.Schema, State: state,
		Capacity: n.cfg.Capacity, Sessions: live + coming, Sockets: n.server.Sockets(),
		Durability: durability.String(), TLS: n.cfg.TLSDir != "",
	})
	if ctx.Err() == nil {
		n.pulseTaken(err)
	}
}

// pulseTaken keeps what came of a beat, and logs when that changes.
func (n *Node) pulseTaken(err error) {
	n.pulse.mu.Lock()
	before := n.pulse.trouble
	n.pulse.trouble = err
	if err == nil {
		n.pulse.since = time.Now()
	}
	n.pulse.mu.Unlock()
	switch {
	case err != nil && before == nil:
		n.logger.Warn("redis does not take the heartbeat", "error", err)
	case err == nil && before != nil:
		n.logger.Info("redis takes the heartbeat")
	}
}

// probe asks Redis what it promises, so that the shard never claims more.
func (n *Node) probe(ctx context.Context) bool {
	bounded, cancel := context.WithTimeout(ctx, beatTimeout)
	defer cancel()
	d, err := n.log.Probe(bounded)
	if err != nil {
		return false
	}
	n.pulse.mu.Lock()
	before := n.pulse.durability
	n.pulse.durability = d
	n.pulse.mu.Unlock()
	if d != before {
		n.serverMetrics.Durability(d)
		n.logger.Info("what redis promises for an acknowledgement", "durability", d.String(), "replicas_connected", d.Connected)
		if d.Level != journal.LevelFsync || d.Evicts {
			n.logger.Warn("redis may lose what was acknowledged", "durability", d.String(), "evicts_keys", d.Evicts)
		}
	}
	return true
}

// readiness says whether this shard wants new clients.
func (n *Node) readiness() server.Readiness {
	r := server.Readiness{"redis": "", "draining": ""}
	n.pulse.mu.Lock()
	trouble, since := n.pulse.trouble, n.pulse.since
	n.pulse.mu.Unlock()
	// One lost beat is no reason to send clients away; most of a lease is.
	if trouble != nil && time.Since(since) > n.cfg.Lease/2 {
		r["redis"] = fmt.Sprintf("cannot be reached: %v", trouble)
	}
	if n.host.Draining() {
		r["draining"] = "sessions are being moved away"
	}
	return r
}

// watchDrain follows the operator's mark: sessions leave and new ones stay out
// as long as it stands.
func (n *Node) watchDrain(ctx context.Context) {
	every(ctx, drainEvery, func() {
		bounded, cancel := context.WithTimeout(ctx, beatTimeout)
		defer cancel()
		if marked, err := n.registry.Draining(bounded, n.cfg.Shard); err == nil {
			n.setDraining(func(d *drain) { d.marked = marked })
		}
	})
}

// every does something again and again until ctx ends, an interval from now for
// the first time.
func every(ctx context.Context, interval time.Duration, do func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		do()
	}
}
