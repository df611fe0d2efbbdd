// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"sync"
	"time"

	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// conn is one connection of a player to the shard that has its session. It is a
// session.Subscriber. What it carries arrives in order or not at all.
type conn struct {
	player *player
	shard  *shard
	member *session.Member

	down   chan session.Message // from the session
	inbox  chan session.Message // to the player
	up     chan wire.ActionDeclare
	closed chan struct{}
	once   sync.Once
	let    chan struct{} // closed when the session let the connection go
	letGo  sync.Once
	skip   bool // the planted hole: the next update is dropped
}

const (
	queueLength   = 256
	attachTimeout = 3 * time.Second
)

// dial connects the player through a shard picked at random: to the session
// there, or to where the store says that it is.
func (p *player) dial() (*conn, error) {
	w := p.world
	contact := w.shard(shardNames[p.dice.intn(len(shardNames))])
	if contact == nil || !w.between(w.ctx, w.outside, contact.process) {
		return nil, errRefused
	}
	ctx, cancel := context.WithTimeout(w.ctx, attachTimeout)
	defer cancel()
	at := contact
	if _, here := contact.host.Session(p.id); !here {
		owner, err := remote{contact.store}.Owner(ctx, p.id)
		if err != nil {
			return nil, err
		}
		at = w.shard(owner.Shard)
		if at == nil || !w.between(ctx, contact.process, at.process) {
			return nil, errRefused
		}
	}
	live, err := at.home(ctx, p.id)
	if err != nil {
		return nil, err
	}
	return p.attach(ctx, at, live)
}

func (p *player) attach(ctx context.Context, at *shard, live *session.Session) (*conn, error) {
	c := &conn{
		player: p, shard: at, down: make(chan session.Message, queueLength), inbox: make(chan session.Message),
		up: make(chan wire.ActionDeclare, queueLength), closed: make(chan struct{}), let: make(chan struct{}),
	}
	var resume *wire.Resume
	if p.doc != nil {
		resume = &wire.Resume{Position: p.doc.Position(), Hash: p.doc.Hash()}
		c.skip = p.world.plant == PlantHole
	}
	p.world.run(c.pumpDown)
	var err error
	if c.member, err = live.Attach(ctx, p.claims, c, resume); err != nil {
		c.close()
		return nil, err
	}
	p.world.run(c.pumpUp)
	return c, nil
}

// close ends the connection from the player's side; the shard hears of it later.
func (c *conn) close() { c.once.Do(func() { close(c.closed) }) }

func (c *conn) Deliver(m session.Message) bool {
	if m.Type.CarriesUpdate() && c.skip {
		c.skip = false
		return true
	}
	select {
	case c.down <- m:
		return true
	default:
		return false
	}
}

// Flush has nothing to do: what is delivered is on its way.
func (c *conn) Flush() {}

func (c *conn) Detached(error) { c.letGo.Do(func() { close(c.let) }) }

func (c *conn) HandoffAhead(string, uint64) <-chan struct{} {
	ready := make(chan struct{})
	delay := c.player.dice.between(0, 20*time.Millisecond)
	c.player.world.run(func() { time.Sleep(delay); close(ready) })
	return ready
}

// pumpDown takes what the session says to the player, as long as there is a
// shard to say it. Closing inbox is the end of the connection.
func (c *conn) pumpDown() {
	defer close(c.inbox)
	for {
		var m session.Message
		select {
		case m = <-c.down:
		case <-c.closed:
			return
		case <-c.shard.ctx.Done():
			return
		case <-c.let:
			select {
			case m = <-c.down:
			default:
				return
			}
		}
		if !c.carry() {
			return
		}
		select {
		case c.inbox <- m:
		case <-c.closed:
			return
		}
	}
}

// pumpUp takes the player's commands to the session.
func (c *conn) pumpUp() {
	for {
		select {
		case d := <-c.up:
			if !c.carry() {
				c.close()
				return
			}
			if !c.member.Command(d) {
				c.close() // the shard would refuse it: come again
			}
		case <-c.closed:
			// What the player sent last may still be on its way.
			if c.carry() {
				c.member.Leave()
			}
			return
		case <-c.shard.ctx.Done():
			return
		case <-c.let:
			return
		}
	}
}

// carry is the way between player and shard, either way.
func (c *conn) carry() bool {
	w := c.player.world
	w.count()
	time.Sleep(c.player.dice.between(50*time.Microsecond, 2*time.Millisecond))
	return c.shard.frozen.pass(c.shard.ctx.Done())
}
