// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// local is an attachment to a session that lives on this shard.
type local struct {
	conn *conn
	gone chan error
	// quiet swallows the answer to a resume that the client did not ask for.
	quiet atomic.Bool
}

// memberTarget passes commands to a session of this shard.
type memberTarget struct{ member *session.Member }

func (t memberTarget) command(d wire.ActionDeclare) bool  { return t.member.Command(d) }
func (t memberTarget) sync(paths []string)                { t.member.Sync(paths) }
func (t memberTarget) say(_ wire.Frame, s session.Saying) { t.member.Say(s) }
func (t memberTarget) watch()                             { t.member.Watch() }

// local attaches to a session of this shard until that ends or the client goes.
func (c *conn) local(ctx context.Context, s *session.Session, resume *wire.Resume, first bool) error {
	l := &local{conn: c, gone: make(chan error, 1)}
	l.quiet.Store(c.quietly(first))
	member, err := s.Attach(ctx, c.claims, l, resume)
	if err != nil {
		return err
	}
	c.moveAfter("") // it is here, there is no need to go anywhere
	c.attached(memberTarget{member})
	defer c.detached()
	select {
	case <-ctx.Done():
		member.Leave()
		return ctx.Err()
	case cause := <-l.gone:
		owner, fenced := session.IsFenced(cause)
		switch {
		case c.peer:
			return fmt.Errorf("%w: %w", errDetached, cause)
		case fenced:
			c.moveAfter(owner.Shard)
			return errDetached
		case errors.Is(cause, session.ErrOverflow), session.IsRefused(cause):
			return cause
		}
		return errDetached
	}
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
func (l *local) Detached(cause error) { l.gone <- cause }

// HandoffAhead lets the connection prepare for the move. A shard that relays a
// client to here is told to do so itself.
func (l *local) HandoffAhead(shard string, epoch uint64) <-chan struct{} {
	if l.conn.peer {
		return l.conn.relayAhead(shard, epoch)
	}
	return l.conn.prepare(shard, epoch)
}
