// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// open starts an attempt to connect: as the primary connection, or beside it to
// follow a move.
func (c *Client) open(to *url.URL, with Credentials, follow bool) *link {
	ctx, cancel := context.WithTimeout(context.Background(), c.opts.OpenTimeout)
	c.links++
	l := &link{
		id: c.links, url: to, credentials: with, follow: follow,
		cancel: cancel, quit: make(chan struct{}), out: make(chan []byte, outBound),
		deadline: time.Now().Add(c.opts.OpenTimeout),
	}
	if follow {
		c.next = l
	} else {
		c.primary = l
		c.reopenAt = time.Time{}
	}
	c.running.Go(func() {
		defer cancel()
		l.run(ctx, c.opts.Dialer, c.messages)
	})
	return l
}

// drop forgets a link and sees to it that there is another one.
func (c *Client) drop(l *link) {
	if l == c.next {
		c.next = nil
		c.count(func(s *Stats) { s.FollowFailed++ })
		if l.awaits > 0 && !l.greeted {
			c.sayReady(l.awaits) // the move need not wait for what does not come
		}
	}
	if l == c.primary {
		c.primary = nil
	}
	// One that waits for a move may wait in vain.
	if c.primary == nil && (c.next == nil || c.next.awaits > 0) && c.reopenAt.IsZero() {
		c.reopenAt = time.Now().Add(c.reopen.next())
	}
}

// abandon ends a link that is no good and drops it.
func (c *Client) abandon(l *link, code int) {
	l.retire(code)
	c.drop(l)
}

// ended sees to a link that is gone. It returns an error when there is no way
// back.
func (c *Client) ended(l *link, err error) error {
	l.retire(websocket.CloseNormalClosure)
	_, closed := errors.AsType[*websocket.CloseError](err)
	if closed || l.greeted {
		code, reason := closeCode(err)
		c.count(func(s *Stats) { s.Closes[code]++ })
		c.opts.Observe(Closed{Link: l.id, Code: code, Reason: reason, WasLive: l.live, Epoch: c.Position().Epoch})
	} else {
		c.count(func(s *Stats) { s.OpenFailed++ })
		c.openFailed(l, err)
	}
	c.drop(l)
	// The token of a move may be refused without the player's being: the way
	// through the front door stays.
	if final(err) && (!c.renews || !wornOut(err)) && (l.live || !l.follow) {
		return fmt.Errorf("connection to session ended: %w", err)
	}
	return nil
}

// openFailed tells of an attempt to connect that came to nothing.
func (c *Client) openFailed(l *link, err error) {
	c.mu.Lock()
	c.failed = err
	c.mu.Unlock()
	c.opts.Observe(OpenFailed{Link: l.id, Follow: l.follow, Err: err})
}

// wakeAt returns when wake has something to do, or the zero time.
func (c *Client) wakeAt() time.Time {
	var at time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	sooner(c.reopenAt)
	if c.next != nil {
		sooner(c.next.deadline)
	}
	if c.primary == nil {
		return at
	}
	if !c.primary.live {
		sooner(c.primary.deadline)
		return at
	}
	sooner(c.flushAt())
	return at
}

// flushAt returns when commands are to be sent again, or the zero time: no sooner
// than the shard has asked for.
func (c *Client) flushAt() time.Time {
	if !c.holdTo.IsZero() {
		return c.holdTo
	}
	return c.pending.overdue(c.opts.AnswerTimeout)
}

// wake does what has come due at now.
func (c *Client) wake(now time.Time) {
	due := func(t time.Time) bool { return !t.IsZero() && !now.Before(t) }
	if c.next != nil && due(c.next.deadline) {
		c.abandon(c.next, websocket.CloseNormalClosure)
	}
	if c.primary != nil && !c.primary.live && due(c.primary.deadline) {
		c.abandon(c.primary, websocket.CloseNormalClosure)
	}
	if due(c.reopenAt) {
		c.open(c.endpoint, c.opts.Credentials, false)
	}
	if due(c.flushAt()) {
		c.holdTo = time.Time{}
		c.flush(true)
	}
}

// accept takes a command from its caller, or says that it does not.
func (c *Client) accept(cmd *command) {
	if len(c.pending.list) >= c.opts.MaxPending {
		c.count(func(s *Stats) { s.TooMany++ })
		cmd.refused <- ErrTooManyPending
		return
	}
	cmd.declare.ActionID = c.nextActionID()
	c.pending.add(cmd)
	c.flush(false)
}

// flush sends, in order, the commands that were never sent, or all that have no
// answer. While there is no live connection, or one asked to wait, it does
// nothing: they are sent when that ends.
func (c *Client) flush(all bool) {
	l := c.primary
	if l == nil || !l.live || !c.holdTo.IsZero() {
		return
	}
	now := time.Now()
	for _, cmd := range c.pending.list {
		if cmd.sends > 0 && !all {
			continue
		}
		c.pending.number(cmd)
		if !l.send(wire.Encode(wire.TypeActionDeclare, cmd.declare)) {
			c.count(func(s *Stats) { s.Overrun++ })
			c.abandon(l, websocket.CloseNormalClosure)
			return
		}
		if cmd.sends > 0 {
			c.count(func(s *Stats) { s.Resent++ })
		}
		cmd.sends++
		cmd.lastSent = now
	}
}
