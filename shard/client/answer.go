// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// acked settles a command. An acknowledgement of one that is settled already
// must name the same entry.
func (c *Client) acked(l *link, a *wire.Ack) {
	if !c.pending.agrees(a.N, a.Position) {
		c.fault(l, fmt.Errorf("%w: %d (%s) at %s", ErrTwoAnswers, a.N, a.ActionID, a.Position))
	}
	cmd := c.pending.find(a.N, a.ActionID)
	if cmd == nil {
		return
	}
	c.pending.settle(cmd, a.Position)
	c.retry.reset()
	c.count(func(s *Stats) {
		s.Acked++
		if a.Repeated {
			s.Repeated++
		}
	})
	c.answer(cmd, Answer{Position: a.Position, Repeated: a.Repeated})
}

// refused settles a command, unless it may be sent again: then it and all
// behind it wait a moment and go out in order.
func (c *Client) refused(r *wire.Refusal) {
	cmd := c.pending.find(r.N, r.ActionID)
	if cmd == nil {
		return
	}
	if r.Retry {
		c.count(func(s *Stats) { s.Retried++ })
		if c.holdTo.IsZero() {
			asked, _ := r.Details["retry_after_ms"].(float64)
			c.holdTo = time.Now().Add(max(c.retry.next(), time.Duration(asked)*time.Millisecond))
		}
		return
	}
	c.pending.settle(cmd, wire.Position{})
	c.retry.reset()
	c.count(func(s *Stats) { s.Refused++ })
	c.answer(cmd, Answer{Refusal: r})
}

func (c *Client) answer(cmd *command, a Answer) {
	a.N, a.ActionID = cmd.declare.N, cmd.declare.ActionID
	a.Declared, a.Received, a.Sends = cmd.declared, time.Now(), cmd.sends
	c.opts.Observe(Answered{a})
	cmd.answer <- a
}

// reported handles an error frame. On a connection that is not live it stands
// in place of the answer to the first frame, so the client comes back later; a
// live one it leaves alone.
func (c *Client) reported(l *link, e *wire.Error) {
	c.count(func(s *Stats) { s.Errors++ })
	if !l.live {
		c.openFailed(l, fmt.Errorf("shard reported %s: %s", e.Code, e.Message))
		c.abandon(l, websocket.CloseNormalClosure)
		return
	}
	if l.syncing {
		l.syncing = false // the next link of the chain asks again
	}
}
