// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// take handles what a link tells. It returns an error when the client ends.
func (c *Client) take(m message) error {
	l := m.from
	if g, ok := m.body.(gone); ok {
		return c.ended(l, g.err)
	}
	f := m.body.(frame)
	switch data := f.data.(type) {
	case malformed:
		c.fault(l, data.err)
		c.abandon(l, websocket.CloseProtocolError)
	case *wire.ConnectionEstablished:
		c.greet(l, data)
	case *wire.Heartbeat:
		c.beat(l)
	case *wire.SyncResponse:
		c.replace(l, data)
	case *wire.Resumed:
		c.resumed(l, data)
	case *wire.HistoryLost:
		// What is too old is not lost: the view that follows is later, and should
		// another connection have led the document further yet, it is behind.
		l.lost = data.Reason != wire.ReasonTooOld
		c.count(func(s *Stats) { s.HistoryLost++ })
		c.opts.Observe(HistoryLost{Link: l.id, Reason: data.Reason})
	case *wire.Update:
		c.update(l, f.typ, data)
	case *wire.Ack:
		c.acked(l, data)
	case *wire.Refusal:
		c.refused(data)
	case *wire.MigratePrepare:
		c.prepared(l, data)
	case *wire.Moved:
		c.moved(l, data)
	case *wire.Error:
		c.reported(l, data)
	case *wire.ConnectionError: // the close says it, too
	case *wire.ChatSaid, *wire.EmoteMade, *wire.MapPinged, *wire.PlayerTyping, *wire.Presence, *wire.PresenceChange:
		if l == c.primary {
			c.opts.Observe(Talk{Type: f.typ, Data: data})
		}
	default:
		c.count(func(s *Stats) { s.Unknown++ })
	}
	return nil
}

func (c *Client) fault(l *link, err error) {
	c.opts.Observe(Fault{Link: l.id, Err: err})
}

// say sends a frame that is not a command.
func (c *Client) say(l *link, t wire.Type, data any) {
	if !l.send(wire.Encode(t, data)) {
		c.count(func(s *Stats) { s.Overrun++ })
		c.abandon(l, websocket.CloseNormalClosure)
	}
}

// greet answers the shard's first frame with the client's: where it is in the
// chain, or that it has nothing yet. The view of another role is nothing.
func (c *Client) greet(l *link, hello *wire.ConnectionEstablished) {
	l.greeted, l.role = true, hello.Role
	l.heartbeat = max(time.Duration(hello.HeartbeatSeconds)*time.Second, time.Second)
	c.mu.Lock()
	c.stats.Connects++
	if c.stats.Connects > 1 && !l.follow {
		c.stats.Reconnects++
	}
	position, hash := c.doc.Position(), c.doc.Hash()
	c.mu.Unlock()
	c.opts.Observe(Connected{Link: l.id, URL: l.url.String(), Shard: hello.Shard, Role: hello.Role})
	if position.IsZero() || l.role != c.role {
		c.say(l, wire.TypeSyncRequest, wire.SyncRequest{Preconnect: c.opts.PreConnect})
		return
	}
	c.say(l, wire.TypeResume, wire.Resume{Position: position, Hash: hash, Preconnect: c.opts.PreConnect})
	if l.awaits > 0 {
		c.sayReady(l.awaits)
	}
}

// beat answers a heartbeat, at most once in half an interval: a shard that
// answers answers would else never stop.
func (c *Client) beat(l *link) {
	if now := time.Now(); now.Sub(l.lastBeat) >= l.heartbeat/2 {
		l.lastBeat = now
		c.say(l, wire.TypeHeartbeat, wire.Heartbeat{})
	}
}

// behind says whether p lies before q in the history.
func behind(p, q wire.Position) bool {
	return p.Epoch < q.Epoch || p.Epoch == q.Epoch && p.Version < q.Version
}

// replace takes a whole view. One that lies behind the document comes from a
// connection that is being left and changes nothing, unless the shard said that
// the document's own history is lost.
func (c *Client) replace(l *link, s *wire.SyncResponse) {
	if s.Partial {
		return
	}
	lost := l.lost
	l.lost, l.syncing = false, false
	c.mu.Lock()
	before := c.doc.Position()
	stale := behind(s.Position, before) && !lost
	var fresh *wire.Document
	if !stale {
		fresh = wire.NewDocument(s.Position, s.State)
		c.doc = fresh
		c.role = l.role
		c.stats.Syncs++
	}
	c.mu.Unlock()
	if !stale {
		c.opts.Observe(Synced{Link: l.id, Before: before, Position: s.Position, Hash: fresh.Hash(), Lost: lost})
		if s.Hash != "" && s.Hash != fresh.Hash() {
			c.diverged(l, fmt.Errorf("%w: sync at %s, got %s, want %s", wire.ErrDiverged, s.Position, fresh.Hash(), s.Hash))
		}
		select {
		case <-c.synced:
		default:
			close(c.synced)
		}
	}
	c.goOn(l, s.LastN, Live{Position: s.Position, Current: s.Position})
}

func (c *Client) resumed(l *link, r *wire.Resumed) {
	c.count(func(s *Stats) { s.Resumes++ })
	if l.live { // there is an owner again
		c.holdTo = time.Time{}
		c.retry.reset()
	}
	c.goOn(l, r.LastN, Live{Position: r.Position, Current: r.Current, Resumed: true})
}

// goOn makes l the connection that carries the chain and sends, in order, what
// has no answer. Only now is the connection that it replaces closed.
func (c *Client) goOn(l *link, lastN uint64, how Live) {
	c.pending.learn(lastN)
	if l.live {
		c.flush(true)
		return
	}
	l.live = true
	l.deadline = time.Time{}
	how.Link, how.Followed, how.Awaited = l.id, l == c.next, l.awaits > 0
	if how.Followed {
		if c.primary != nil {
			c.primary.retire(websocket.CloseNormalClosure)
		}
		c.primary, c.next = l, nil
		c.reopenAt = time.Time{}
		c.count(func(s *Stats) {
			s.Followed++
			if how.Awaited {
				s.Preconnected++
			}
		})
	}
	c.reopen.reset()
	c.opts.Observe(how)
	c.holdTo = time.Time{}
	c.flush(true)
}

// update takes a link of the chain. After a hole everything is passed over
// until the sync that was asked for.
func (c *Client) update(l *link, typ wire.Type, u *wire.Update) {
	if u.Epoch < l.epoch {
		c.fault(l, fmt.Errorf("%w: %s behind epoch %d", ErrEpochFell, u.Position, l.epoch))
	}
	l.epoch = max(l.epoch, u.Epoch)
	if l.syncing {
		return
	}
	c.mu.Lock()
	old := u.Epoch < c.doc.Position().Epoch
	applied, err := c.doc.Apply(*u)
	switch {
	case old:
		c.stats.Overtaken++
	case !applied && err == nil:
		c.stats.Duplicates++
	}
	c.mu.Unlock()
	if applied {
		c.opts.Observe(Applied{Link: l.id, Type: typ, Update: *u})
	}
	switch {
	case errors.Is(err, wire.ErrHole):
		c.count(func(s *Stats) { s.Holes++ })
		c.fault(l, err)
		c.resync(l)
	case err != nil:
		c.diverged(l, err)
	}
}

func (c *Client) diverged(l *link, err error) {
	c.count(func(s *Stats) { s.Diverged++ })
	c.fault(l, err)
	if errors.Is(err, wire.ErrDiverged) && l.live {
		c.resync(l)
	}
}

func (c *Client) resync(l *link) {
	l.syncing = true
	c.say(l, wire.TypeSyncRequest, wire.SyncRequest{})
}
