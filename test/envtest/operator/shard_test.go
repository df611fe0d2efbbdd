// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// scripted is a shard that keeps the rules of the journal and plays nothing: it
// appends a command to each of its sessions now and then.
type scripted struct {
	name, pool, incarnation string
	capacity                int
	pace                    time.Duration
	log                     *journal.Redis
	reg                     *registry.Registry

	refuse   atomic.Bool // answers every assignment with a refusal
	deaf     atomic.Bool // takes no assignment up
	draining atomic.Bool // SIGTERM
	sockets  atomic.Int64

	cancel context.CancelFunc
	done   sync.WaitGroup

	mu     sync.Mutex
	owned  map[string]*hosted
	claim  func(id string, me journal.Owner) // hears of every ownership
	stales int                               // appends that were refused because somebody else owns the session
}

type hosted struct {
	owner  journal.Owner
	last   journal.Position
	frozen time.Time
	from   string
	moved  registry.Move
}

var incarnations atomic.Uint64

func (k *cluster) startShard(name string) *scripted {
	ctx, cancel := context.WithCancel(context.Background())
	s := &scripted{
		name: name, pool: k.ns + ".pool", capacity: k.capacity, pace: k.pace, log: k.log, reg: k.reg, cancel: cancel, claim: k.claimed,
		incarnation: fmt.Sprintf("%032x", incarnations.Add(1)), owned: map[string]*hosted{},
	}
	s.done.Go(func() { s.beats(ctx) })
	s.done.Go(func() { s.run(ctx) })
	return s
}

// kill ends the shard at once, as SIGKILL does.
func (s *scripted) kill() {
	s.cancel()
	s.done.Wait()
}

func (s *scripted) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.owned)
}

func (s *scripted) run(ctx context.Context) {
	wake := s.reg.Wake(ctx, s.name)
	play := time.NewTicker(s.pace)
	defer play.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
			s.work(ctx)
		case <-play.C:
			s.work(ctx)
			s.play(ctx)
		}
	}
}

// beats writes heartbeats, whatever the sessions are doing.
func (s *scripted) beats(ctx context.Context) {
	tick := time.NewTicker(5 * s.pace)
	defer tick.Stop()
	for counter := uint64(1); ; counter++ {
		s.beat(ctx, counter)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *scripted) beat(ctx context.Context, counter uint64) {
	state := registry.StateServing
	marked, err := s.reg.Draining(ctx, s.name)
	if err == nil && marked || s.draining.Load() {
		state = registry.StateDraining
	}
	_ = s.reg.Beat(ctx, registry.Heartbeat{
		Pool: s.pool, Shard: s.name, Incarnation: s.incarnation, Counter: counter, Address: "127.0.0.1:8080",
		Version: "test", Schema: "1", State: state, Capacity: s.capacity, Sessions: s.count(),
		Sockets: int(s.sockets.Load()), Durability: "fsync",
	})
}

// work looks at what is asked of the shard.
func (s *scripted) work(ctx context.Context) {
	asked, err := s.reg.Assignments(ctx, s.name)
	if err != nil {
		return
	}
	for _, a := range asked {
		switch {
		case a.Shard == s.name && a.Owner.Epoch < a.Epoch:
			s.take(ctx, a)
		case a.Shard != s.name && a.Epoch > a.Owner.Epoch && a.Mode == journal.ModeHandoff:
			s.freeze(ctx, a)
		}
	}
}

func (s *scripted) take(ctx context.Context, a registry.Assigned) {
	if s.deaf.Load() {
		return
	}
	if s.refuse.Load() {
		_ = s.reg.Answer(ctx, registry.Answer{Session: a.Session, Epoch: a.Epoch, Shard: s.name, Refused: "capacity"})
		_ = s.reg.NotifyPool(ctx, s.pool, s.name)
		return
	}
	me := journal.Owner{Shard: s.name, Incarnation: s.incarnation, Epoch: a.Epoch}
	begin := time.Now()
	var at journal.Position
	var err error
	if a.Mode == journal.ModeCreate {
		at, err = s.log.Create(ctx, a.Session, me, []byte(`{}`))
	} else {
		at, err = s.log.Takeover(ctx, a.Session, me, journal.Takeover{
			Planned: a.Mode == journal.ModeHandoff, From: a.Owner.Epoch, Data: []byte(`{}`),
		})
	}
	if err != nil {
		return
	}
	h := &hosted{owner: me, last: at, from: a.From, moved: registry.Move{
		From: a.From, To: s.name, Reason: string(a.Mode), PauseMillis: time.Since(begin).Milliseconds(), Epoch: a.Epoch,
	}}
	s.mu.Lock()
	s.owned[a.Session] = h
	s.mu.Unlock()
	s.claim(a.Session, me)
	s.report(ctx, a.Session, h)
	_ = s.reg.NotifyPool(ctx, s.pool, s.name)
}

func (s *scripted) report(ctx context.Context, id string, h *hosted) {
	spec, err := s.reg.Spec(ctx, id)
	ended := err == nil && spec.Lifecycle == registry.LifecycleEnded
	_ = s.reg.Report(ctx, registry.Report{
		Session: id, Epoch: h.owner.Epoch, Version: h.last.Version, Players: []string{"p1"}, Round: 1,
		Durable: true, Ended: ended, LastMove: h.moved,
	})
}

func (s *scripted) freeze(ctx context.Context, a registry.Assigned) {
	s.mu.Lock()
	h := s.owned[a.Session]
	s.mu.Unlock()
	if h == nil || !h.frozen.IsZero() {
		return
	}
	data, _ := json.Marshal(journal.Freeze{To: a.Shard, Epoch: a.Epoch})
	if s.append(ctx, a.Session, h, journal.KindFreeze, data) {
		h.frozen = time.Now()
		_ = s.reg.WakeShard(ctx, a.Shard, a.Session)
	}
}

// play appends a command to each session that is not frozen, and thaws those
// that nobody took over.
func (s *scripted) play(ctx context.Context) {
	s.mu.Lock()
	ids := make(map[string]*hosted, len(s.owned))
	for id, h := range s.owned {
		ids[id] = h
	}
	s.mu.Unlock()
	for id, h := range ids {
		switch {
		case h.frozen.IsZero():
			s.append(ctx, id, h, journal.KindCommand, []byte(`{}`))
		case time.Since(h.frozen) > 250*time.Millisecond && s.append(ctx, id, h, journal.KindThaw, []byte(`{}`)):
			h.frozen = time.Time{}
		}
		if h.last.Version%20 == 0 {
			s.report(ctx, id, h)
		}
	}
}

// append writes one entry. A shard that is fenced forgets the session.
func (s *scripted) append(ctx context.Context, id string, h *hosted, kind journal.Kind, data []byte) bool {
	next := h.last.Next(h.owner.Epoch)
	err := s.log.Append(ctx, id, h.owner, h.last, []journal.Entry{{Position: next, Kind: kind, Data: data}})
	switch {
	case err == nil:
		h.last = next
		return true
	case errors.Is(err, journal.ErrStale), errors.Is(err, journal.ErrNoOwner):
		s.mu.Lock()
		delete(s.owned, id)
		s.stales++
		s.mu.Unlock()
		_ = s.reg.NotifyPool(ctx, s.pool, s.name)
	case errors.Is(err, journal.ErrUnknown), errors.Is(err, journal.ErrGap):
		if tail, readErr := s.log.Load(ctx, id); readErr == nil && tail.Last().Epoch == h.owner.Epoch {
			h.last = tail.Last()
		}
	}
	return false
}
