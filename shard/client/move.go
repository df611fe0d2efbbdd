// SPDX-License-Identifier: Apache-2.0

package client

import (
	"fmt"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// prepared connects to where the session is about to move, if the client does
// that. The one in use stays until the new owner plays.
func (c *Client) prepared(l *link, m *wire.MigratePrepare) {
	take := c.opts.PreConnect && l == c.primary && l.live && m.Epoch > c.Position().Epoch
	c.opts.Observe(Prepared{Link: l.id, Epoch: m.Epoch, Shard: m.Shard, Take: take})
	switch {
	case !take:
	case c.next == nil || c.next.awaits != m.Epoch:
		c.goTo(l, m.URL, c.handed(m.Token), m.Epoch)
	case c.next.greeted:
		c.sayReady(m.Epoch) // asked again: the connection waits already
	}
}

// sayReady tells the shard that serves the session now that the move need not
// wait for this client.
func (c *Client) sayReady(epoch uint64) {
	if c.primary != nil && c.primary.live {
		c.say(c.primary, wire.TypeMigrateReady, wire.MigrateReady{Epoch: epoch})
	}
}

// moved goes to the new owner on a second connection, if the client follows
// moves and does not wait there already. The one in use stays until that is
// live.
func (c *Client) moved(l *link, m *wire.Moved) {
	follow := c.opts.FollowMoves && l == c.primary && m.Epoch >= c.Position().Epoch
	if n := c.next; n != nil && n.awaits >= m.Epoch {
		follow = false
	}
	c.count(func(s *Stats) { s.MovedSeen++ })
	c.opts.Observe(Moved{Link: l.id, Position: m.Position, Shard: m.Shard, Reason: m.Reason, Follow: follow})
	switch {
	case !follow:
	case c.renews: // what others may have read is not used where there is better
		c.goTo(l, m.URL, c.opts.Credentials, 0)
	default:
		c.goTo(l, m.URL, c.handed(m.Token), 0)
	}
}

// handed are the credentials that came with a frame, or else the client's own.
func (c *Client) handed(token string) Credentials {
	if token == "" {
		return c.opts.Credentials
	}
	return fixed(token)
}

// goTo opens the second connection, at a reference to the URL of the first.
func (c *Client) goTo(l *link, ref string, with Credentials, awaits uint64) {
	to, err := resolve(l.url, ref)
	if err != nil {
		c.fault(l, fmt.Errorf("%w: %w", ErrProtocol, err))
		return
	}
	if c.next != nil {
		c.abandon(c.next, websocket.CloseNormalClosure)
	}
	c.open(to, with, true).awaits = awaits
}
