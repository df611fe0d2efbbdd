// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// ErrUnknown says that nobody can tell yet whether a change was made: the state
// will.
var ErrUnknown = errors.New("it is not known whether the change was made")

// amend appends an entry that is not the command of a member, and returns its
// position once it is durable. An error of build, [ErrNotNow] and [ErrEnded] mean
// that nothing was done; after [ErrUnknown] it is not known. What build says
// no for may be an entry that is not durable yet, so that is told when it is.
func (s *Session) amend(ctx context.Context, build func() (*record, error)) (journal.Position, error) {
	type outcome struct {
		at  journal.Position
		err error
	}
	done := make(chan outcome, 1) // nobody may wait for it any more
	begun := make(chan struct{})
	posted := s.post(func() {
		close(begun)
		if ctx.Err() != nil {
			return // who asked has been told that nobody knows; now it is not done
		}
		l, err := s.amendment(build)
		switch {
		case errors.Is(err, ErrNotNow):
			done <- outcome{err: err}
		case err != nil:
			s.after(step{run: func() { done <- outcome{err: err} }})
		default:
			s.add(l, step{run: func() {
				s.broadcast(l)
				s.enforce()
				done <- outcome{at: l.entry.Position}
			}})
		}
	})
	if posted {
		select {
		case o := <-done:
			return o.at, o.err
		case <-ctx.Done():
			return journal.Position{}, fmt.Errorf("changing session %s: %w: %w", s.id, ErrUnknown, ctx.Err())
		case <-s.done:
		}
		select {
		case o := <-done:
			return o.at, o.err
		case <-begun:
			return journal.Position{}, fmt.Errorf("changing session %s: %w: %w", s.id, ErrUnknown, s.cause)
		default: // nor will it
		}
	}
	return journal.Position{}, fmt.Errorf("changing session %s: %w: %w", s.id, ErrNotNow, s.cause)
}

// amendment folds what build returns into the state, unless the session takes no
// changes.
func (s *Session) amendment(build func() (*record, error)) (link, error) {
	switch {
	case s.freeze != nil, s.stuck:
		return link{}, ErrNotNow
	case s.state.Lifecycle == registry.LifecycleEnded:
		return link{}, ErrEnded
	}
	r, err := build()
	if err != nil {
		return link{}, err
	}
	r.Time = s.Now().UnixMilli()
	l, ok := s.fold(r)
	if !ok {
		return link{}, s.cause
	}
	return l, nil
}
