// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"gamesession.dev/operator/shard/host"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// shard is one run of a shard: the real host with its sessions, and a heartbeat.
type shard struct {
	*process
	world       *world
	name        string
	incarnation string
	store       *connection
	host        *host.Host
	soon        chan struct{}
}

const (
	thawAfter     = 250 * time.Millisecond
	snapshotEvery = 12
	shardCapacity = 8
)

// startShard starts a run of the shard at index i.
func (w *world) startShard(i int) {
	w.mu.Lock()
	w.runs++
	run := w.runs
	w.mu.Unlock()
	s := &shard{
		process: w.newProcess(), world: w, name: shardNames[i],
		incarnation: fmt.Sprintf("%s-%d", shardNames[i], run), soon: make(chan struct{}, 1),
	}
	s.store = w.newConnection(s.process, partShard+uint64(run))
	logger := slog.New(slog.DiscardHandler)
	s.host = host.New(host.Config{
		Pool: poolID, Shard: s.name, Incarnation: s.incarnation, Capacity: shardCapacity,
		Session: session.Config{
			Log: remote{s.store}, Shard: s.name, Logger: logger, Now: time.Now,
			ThawAfter: thawAfter, SnapshotEvery: snapshotEvery,
		},
		Registry: meeting{s.store}, Teller: meeting{s.store}, Peers: s, Logger: logger, Changed: s.hurry,
	})
	w.mu.Lock()
	w.shards[i] = s
	w.mu.Unlock()
	w.run(func() { s.host.Run(s.ctx) })
	w.run(s.beat)
}

func (s *shard) hurry() {
	select {
	case s.soon <- struct{}{}:
	default:
	}
}

// beat writes heartbeats, and tells the operator when something changed.
func (s *shard) beat() {
	tick := time.NewTicker(lease / 6)
	defer tick.Stop()
	for counter := uint64(1); ; counter++ {
		live, coming := s.host.Sessions()
		state := registry.StateServing
		if s.host.Draining() {
			state = registry.StateDraining
		}
		bounded, cancel := context.WithTimeout(s.ctx, time.Second)
		_ = meeting{s.store}.beat(bounded, registry.Heartbeat{ // the next one tries again
			Pool: poolID, Shard: s.name, Incarnation: s.incarnation, Counter: counter, Address: s.name + ":8080",
			State: state, Capacity: shardCapacity, Sessions: live + coming,
		})
		cancel()
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		case <-s.soon:
			s.world.publish(poolID, s.name)
		}
	}
}

// AwaitStandby asks another shard, as host.Peers wants it.
func (s *shard) AwaitStandby(ctx context.Context, name, id string, epoch uint64) error {
	to := s.world.shard(name)
	if to == nil {
		return errRefused
	}
	if !s.world.between(ctx, s.process, to.process) {
		return errSilence
	}
	if err := to.host.AwaitStandby(ctx, id, epoch); err != nil {
		return err
	}
	if !s.world.between(ctx, to.process, s.process) {
		return errSilence
	}
	return nil
}

// drain empties the shard as SIGTERM does, then starts the next run.
func (s *shard) drain(i int, limit time.Duration) {
	s.host.SetDraining(true)
	deadline := time.Now().Add(limit)
	for time.Now().Before(deadline) {
		if live, coming := s.host.Sessions(); live+coming == 0 {
			break
		}
		if !s.world.sleep(50 * time.Millisecond) {
			return
		}
	}
	s.kill()
	s.world.startShard(i)
}

// between takes a message from one process to another, which it may not reach.
func (w *world) between(ctx context.Context, from, to *process) bool {
	w.count()
	if !from.frozen.pass(from.ctx.Done()) || w.dice.chance(w.loss()) {
		return false
	}
	timer := time.NewTimer(w.dice.between(50*time.Microsecond, 2*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return to.frozen.pass(to.ctx.Done())
}

// home returns the session if it lives on the shard or soon will.
func (s *shard) home(ctx context.Context, id string) (*session.Session, error) {
	if live, here := s.host.Session(id); here {
		return live, nil
	}
	live, err := s.host.Await(ctx, id)
	if errors.Is(err, host.ErrNotComing) {
		return nil, errRefused
	}
	return live, err
}

var (
	_ host.Registry = meeting{}
	_ session.Log   = remote{}
)
