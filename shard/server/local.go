// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"sync/atomic"

	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// local is an attachment to a session that lives on this shard. It takes no
// goroutine: when the session lets it go, one goes on from where it was parked.
type local struct {
	conn   *conn
	member *session.Member
	gone   chan error // the end that came before it was parked
	rest   *attaching // to go on with, once parked
	// quiet swallows the answer to a resume that the client did not ask for.
	quiet atomic.Bool
}

// memberTarget passes commands to a session of this shard.
type memberTarget struct{ member *session.Member }

func (t memberTarget) command(d wire.ActionDeclare) bool  { return t.member.Command(d) }
func (t memberTarget) sync(paths []string)                { t.member.Sync(paths) }
func (t memberTarget) say(_ wire.Frame, s session.Saying) { t.member.Say(s) }
func (t memberTarget) watch()                             { t.member.Watch() }

// errParked says that a connection is attached to a session of this shard.
var errParked = errors.New("attached")

// local attaches to a session of this shard.
func (c *conn) local(a *attaching, s *session.Session) error {
	l := &local{conn: c, gone: make(chan error, 1), rest: a}
	l.quiet.Store(c.quietly(a.first))
	member, err := s.Attach(a.ctx, c.claims, l, a.resume)
	if err != nil {
		return err
	}
	l.member = member
	c.moveAfter("") // it is here, there is no need to go anywhere
	c.attached(memberTarget{member})
	return c.park(l)
}

// park leaves the connection attached until the session lets it go, or unpark.
func (c *conn) park(l *local) error {
	c.mu.Lock()
	select {
	case cause := <-l.gone:
		c.mu.Unlock()
		return c.letGo(cause)
	default:
	}
	leaving := c.leaving
	if !leaving {
		c.parked = l
	}
	c.mu.Unlock()
	if leaving {
		c.detached()
		l.member.Leave()
		return errDetached
	}
	return errParked
}

// unpark leaves the session, at the end of the connection. No attachment begins
// after it.
func (c *conn) unpark() {
	c.mu.Lock()
	l := c.parked
	c.parked, c.leaving = nil, true
	c.mu.Unlock()
	if l != nil {
		c.detached()
		l.member.Leave()
	}
}

// letGo says how an attachment ended that the session let go.
func (c *conn) letGo(cause error) error {
	c.detached()
	owner, fenced := session.IsFenced(cause)
	switch {
	case c.peer:
		return fmt.Errorf("%w: %w", errDetached, cause)
	case fenced:
		c.moveAfter(owner.Shard)
	case errors.Is(cause, session.ErrOverflow), session.IsRefused(cause):
		return cause
	}
	return errDetached
}

// moveAfter offers the client the session's new home, if it has one, once this
// connection is attached to it.
func (c *conn) moveAfter(shard string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.movedTo = shard
}

// Flush sends what Deliver took.
func (l *local) Flush() { l.conn.flush() }

// Deliver takes one message of the session.
func (l *local) Deliver(m session.Message) bool {
	if m.Type == wire.TypeResumed && l.quiet.Load() {
		return true
	}
	return l.conn.forward(m.Type, m.Bytes, m.Position, m.N)
}

// Detached takes the end of the session on this shard.
func (l *local) Detached(cause error) {
	c := l.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parked != l {
		l.gone <- cause // it is about to be parked, or has left
		return
	}
	c.parked = nil
	c.attaches.Go(func() {
		if c.again(l.rest, c.letGo(cause)) {
			c.attach(l.rest)
		}
	})
}

// HandoffAhead lets the connection prepare for the move. A shard that relays a
// client to here is told to do so itself.
func (l *local) HandoffAhead(shard string, epoch uint64) <-chan struct{} {
	if l.conn.peer {
		return l.conn.relayAhead(shard, epoch)
	}
	return l.conn.prepare(shard, epoch)
}
