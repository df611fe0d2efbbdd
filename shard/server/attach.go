// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

const (
	reattachFirst = 5 * time.Millisecond
	reattachMost  = 250 * time.Millisecond
	// attachedBriefly is less than what lies between two moves of a session.
	attachedBriefly = 20 * time.Millisecond
	// lostAfter is how long commands are kept while there is nothing to attach
	// to, before they are refused with a code that says: again.
	lostAfter = time.Second
)

// stayAttached keeps the connection attached to wherever its session lives, from
// the client's first frame until ctx ends.
func (c *conn) stayAttached(ctx context.Context) {
	var resume *wire.Resume
	select {
	case s := <-c.first:
		resume = s.resume
	case <-time.After(c.srv.pace.idle):
		c.close(wire.CloseIdle, "no first frame came")
		return
	case <-ctx.Done():
		return
	}
	c.attach(&attaching{ctx: ctx, resume: resume, first: true, wait: reattachFirst, since: time.Now()})
}

// attaching is how far a connection has come in finding its session.
type attaching struct {
	ctx    context.Context
	resume *wire.Resume
	first  bool          // it was attached to nothing yet
	since  time.Time     // when it was last attached, or began
	begun  time.Time     // the last attempt
	wait   time.Duration // before the next one
}

// attach tries until the connection is attached to a session of this shard, for
// which no goroutine is needed, or there is no use in it.
func (c *conn) attach(a *attaching) {
	for a.ctx.Err() == nil {
		a.begun = time.Now()
		if err := c.attachOnce(a); errors.Is(err, errParked) || !c.again(a, err) {
			return
		}
	}
}

// again takes in how an attachment ended, and waits before the next attempt; false
// says that there is no use in one.
func (c *conn) again(a *attaching, err error) bool {
	if a.ctx.Err() != nil || c.final(err) {
		return false
	}
	a.resume = c.position(a.resume)
	if err == nil || errors.Is(err, errDetached) {
		a.since, a.first = time.Now(), false
		// One that ends as soon as it has begun is not tried without end.
		if time.Since(a.begun) > attachedBriefly {
			a.wait = reattachFirst
			return true
		}
	}
	if time.Since(a.since) > lostAfter {
		c.setLost()
	}
	select {
	case <-a.ctx.Done():
	case <-time.After(a.wait/2 + rand.N(a.wait)): //nolint:gosec // spreads retries, protects nothing
	}
	a.wait = min(2*a.wait, reattachMost)
	return true
}

// errDetached says that an attachment was good for a while and has ended.
var errDetached = errors.New("detached")

// attachOnce attaches to the session. Here it returns errParked at once; where its
// owner is, when that ends. The error is errDetached if it had begun well.
func (c *conn) attachOnce(a *attaching) error {
	ctx := a.ctx
	if p := c.awaits; p != nil {
		c.awaits = nil
		return c.attachAt(a, *p)
	}
	if s, here := c.srv.Sessions.Session(c.id); here {
		return c.local(a, s)
	}
	if c.peer {
		// The other shard thinks that the session is, or soon will be, here.
		s, err := c.srv.Sessions.Await(ctx, c.id)
		if err != nil {
			return errNotHere
		}
		return c.local(a, s)
	}
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	owner, err := c.srv.Directory.Owner(look, c.id)
	if err != nil {
		return err
	}
	if owner.Shard == c.srv.Shard {
		// Taken over a moment ago, or owned by an earlier run of this shard.
		if s, err := c.srv.Sessions.Await(look, c.id); err == nil {
			return c.local(a, s)
		}
		return errNotHere
	}
	return c.relay(ctx, owner, a.resume, a.first)
}

var errNotHere = errors.New("the session is not here")

// final closes the connection when there is no use in attaching again. It sends no
// [wire.Error]: in place of the first answer that would mean "come back later".
func (c *conn) final(err error) bool {
	switch {
	case errors.Is(err, session.ErrOtherRole):
		c.close(wire.CloseRoleChanged, "you have another role in this session now")
	case errors.Is(err, session.ErrNotMember):
		c.close(wire.CloseForbidden, "not on the roster")
	case errors.Is(err, session.ErrBanned):
		c.close(wire.CloseForbidden, "banned")
	case errors.Is(err, session.ErrRevoked):
		c.close(wire.CloseTokenExpired, "the session token was revoked")
	case errors.Is(err, journal.ErrNoOwner):
		c.close(wire.CloseSessionEnded, "the session is gone")
	case errors.Is(err, session.ErrAhead):
		c.close(wire.CloseAhead, "this shard may be behind the times; resume")
	case errors.Is(err, session.ErrOverflow):
		// put has closed it
	case errors.Is(err, errMoveOff):
		c.close(wire.CloseMoveOff, "the move did not come about")
	case c.peer && err != nil:
		// The shard at the other end keeps the client and finds the next owner.
		c.close(wire.CloseMoved, "the session is not here")
	default:
		return false
	}
	return true
}

// position returns what the next attachment resumes from: what the client has by
// now, or else what it began with.
func (c *conn) position(begun *wire.Resume) *wire.Resume {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.syncing:
		return nil
	case c.synced:
		return &wire.Resume{Position: c.reached}
	}
	return begun
}

// setLost refuses the commands that wait: nobody knows when there will be an
// owner.
func (c *conn) setLost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = true
	for _, d := range c.pending.list {
		c.refuse(d, wire.RefusalUnavailable, "the session has no live owner at the moment; send the command again")
	}
	c.pending.list = nil
	for range c.asked {
		c.refuseSync()
	}
	c.asked = nil
	for range c.said {
		c.unheard()
	}
	c.said = nil
}

// quietly says whether the client need not hear that it is attached again. One
// whose commands were refused meanwhile does: it waits to send them.
func (c *conn) quietly(first bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !first && !c.lost
}

// attached makes t the target of commands, beginning with those that have no
// answer yet, and of the questions that waited for it.
func (c *conn) attached(t target) {
	c.mu.Lock()
	c.target, c.lost = t, false
	watches := c.watches
	for _, d := range slices.Clone(c.pending.list) {
		c.pass(d)
	}
	asked, said := c.asked, c.said
	c.asked, c.said = nil, nil
	for _, paths := range asked {
		c.syncing = c.syncing || len(paths) == 0
	}
	c.mu.Unlock()
	for _, paths := range asked {
		t.sync(paths) // may wait for who waits for the lock
	}
	for _, l := range said {
		t.say(l.frame, l.said)
	}
	if watches {
		t.watch()
	}
}

func (c *conn) detached() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.target = nil
}
