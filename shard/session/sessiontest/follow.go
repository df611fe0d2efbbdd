// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"context"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// Following is a shelf that waits for a session's freeze.
type Following struct {
	to     *Shelf
	came   chan *session.Session
	cancel context.CancelFunc
}

// Follow makes a shelf the next owner of another one's session, up to where it
// follows. [Following.Adopted] or [Following.CalledOff] ends it.
func (s *Shelf) Follow(from *Shelf, spec registry.SessionSpec, epoch uint64) *Following {
	s.t.Helper()
	source := from.config.Shard
	s.assign(spec, epoch, source, journal.ModeHandoff)
	s.Expect(true)
	standby := s.Standby(spec, epoch, source)
	ctx, cancel := context.WithCancel(s.t.Context())
	f := &Following{to: s, came: make(chan *session.Session, 1), cancel: cancel}
	go func() {
		live, err := standby.Run(ctx)
		if err != nil && ctx.Err() == nil {
			s.t.Error(err)
		}
		f.came <- live
	}()
	<-standby.Ready()
	return f
}

// Adopted waits for the takeover.
func (f *Following) Adopted() {
	f.to.t.Helper()
	live := <-f.came
	if live == nil {
		f.to.t.FailNow()
	}
	f.to.Adopt(live)
	f.to.Expect(false)
	f.cancel()
}

// CalledOff ends the following before there is a takeover.
func (f *Following) CalledOff() {
	f.cancel()
	<-f.came
	f.to.Expect(false)
}
