// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
)

// freezing is a handoff as its source sees it.
type freezing struct {
	to    string
	epoch uint64
	// watch ends the watch for the takeover.
	watch context.CancelFunc
}

// followBlock is how long one read of the journal waits for something new.
const followBlock = time.Second

// Announce tells the members that the session is about to move, so that
// connections to the target can be opened before the pause. It returns when all
// of them are ready, or with ctx.
func (s *Session) Announce(ctx context.Context, to string, epoch uint64) {
	var ready []<-chan struct{}
	err := s.call(ctx, func() {
		for _, m := range s.members {
			ready = append(ready, m.sub.HandoffAhead(to, epoch))
		}
	})
	if err != nil {
		return
	}
	for _, r := range ready {
		select {
		case <-r:
		case <-ctx.Done():
			return
		}
	}
}

// Handoff freezes the session for a takeover by shard to at an epoch. The target
// must be following already. The session ends here when the takeover comes; if
// none comes within ThawAfter it thaws and plays on. A second call while frozen
// does nothing. It returns when the freeze has been put in line.
func (s *Session) Handoff(ctx context.Context, to string, epoch uint64) error {
	return s.call(ctx, func() {
		if s.freeze == nil && epoch > s.me.Epoch && !s.stuck {
			s.startFreeze(to, epoch)
		}
	})
}

// Frozen says whether the session waits for a takeover right now.
func (s *Session) Frozen(ctx context.Context) (bool, error) {
	frozen := false
	if err := s.call(ctx, func() { frozen = s.freeze != nil }); err != nil {
		return false, err
	}
	return frozen, nil
}

// startFreeze puts the freeze behind everything decided so far. Commands wait in
// the inbox from here on: that is the pause.
func (s *Session) startFreeze(to string, epoch uint64) {
	failpoint.At(failpoint.BeforeFreeze)
	hash, err := s.state.Hash()
	if err != nil {
		s.logger.Error("hashing the state for a handoff", "error", err)
		return
	}
	data, err := json.Marshal(freezeRecord{To: to, Epoch: epoch, Hash: hash, Time: s.Now().UnixMilli()})
	if err != nil {
		s.logger.Error("encoding the freeze", "error", err)
		return
	}
	s.freeze = &freezing{to: to, epoch: epoch, watch: func() {}}
	s.addSilent(journal.KindFreeze, data, func(at journal.Position) {
		failpoint.At(failpoint.AfterFreeze)
		s.observer.Froze()
		s.watchTakeover(at)
	})
}

// addSilent puts an entry in line that clients do not see.
func (s *Session) addSilent(kind journal.Kind, data []byte, done func(at journal.Position)) {
	e := journal.Entry{Position: s.state.Position.Next(s.me.Epoch), Kind: kind, Data: data}
	l, err := s.proj.fold(s.state, e, nil)
	if err != nil {
		s.end(err)
		return
	}
	s.add(l, step{run: func() { done(e.Position) }})
}

// watchTakeover waits for the target's answer to the freeze at a position.
func (s *Session) watchTakeover(frozen journal.Position) {
	f := s.freeze
	ctx, cancel := context.WithTimeout(s.stopping, s.ThawAfter)
	f.watch = cancel
	go func() {
		defer cancel()
		for ctx.Err() == nil {
			entries, err := s.Log.Follow(ctx, s.id, frozen, followBlock)
			if err == nil && len(entries) > 0 {
				break
			}
			if err != nil && ctx.Err() == nil {
				select {
				case <-ctx.Done():
				case <-time.After(retryFirst):
				}
			}
		}
		// Reading the owner spares the frequent case, a takeover, a refused
		// append; the append's own guard decides either way.
		look, done := context.WithTimeout(s.stopping, patience)
		defer done()
		owner, err := s.Log.Owner(look, s.id)
		s.post(func() { s.endFreeze(f, owner, err == nil) })
	}()
}

// endFreeze ends the wait for a takeover: whoever owns the session now is asked
// by an append, unless that is known. If it is still this shard the thaw goes
// through and play goes on; if not, the append is refused and says who has it.
func (s *Session) endFreeze(f *freezing, owner journal.Owner, known bool) {
	if s.freeze != f || s.cause != nil {
		return
	}
	if known && owner.Epoch > s.me.Epoch {
		s.end(&FencedError{Owner: owner})
		return
	}
	if plant.On(plant.SilentThaw) {
		s.freeze = nil
		return
	}
	s.addSilent(journal.KindThaw, []byte("{}"), func(journal.Position) {
		s.freeze = nil
		s.observer.Thawed()
		s.logger.Warn("no takeover came; playing on", "to", f.to, "for_epoch", f.epoch)
		s.followLifecycle()
	})
}

// Observe takes in who owns the session according to Redis. A higher owner
// fences this one; a lower one means that Redis went back in time, and the
// journal is repaired.
func (s *Session) Observe(owner journal.Owner) {
	s.post(func() {
		switch {
		case owner.Epoch > s.me.Epoch && s.freeze == nil:
			s.observer.Fenced()
			s.end(&FencedError{Owner: owner})
		case owner.Epoch < s.me.Epoch && s.inflight == nil:
			s.inflight = &batch{}
			s.write(nil)
		}
	})
}

// IsFenced says whether a session ended because it has another owner, and which.
func IsFenced(cause error) (journal.Owner, bool) {
	fenced, ok := errors.AsType[*FencedError](cause)
	if !ok {
		return journal.Owner{}, false
	}
	return fenced.Owner, true
}
