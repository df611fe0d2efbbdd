// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// player is one client: it keeps its document as a real one does, and sends
// again, in order, what has no answer.
type player struct {
	world  *world
	dice   *dice
	id     string // of the session
	claims auth.Claims

	doc     *wire.Document
	n       uint64
	sent    uint64
	pending []*call
	lost    bool // history_lost was announced; a sync follows
	// refusals are those since the last resend that said: come again.
	refusals int

	calls    []*call
	progress atomic.Int64             // when the last command that was acknowledged was called, in ns
	seen     map[wire.Position]string // hash of the view at a position
}

// call is one command, from its first sending to its answer.
type call struct {
	declare  wire.ActionDeclare
	called   time.Time
	since    time.Time // when it was first sent over this connection
	answered time.Time // when it was acknowledged
	acked    bool
	position wire.Position
}

const (
	maxPending    = 3
	answerTimeout = 4 * time.Second
)

func (p *player) play() {
	for p.world.ctx.Err() == nil {
		c, err := p.dial()
		if err != nil {
			p.world.sleep(p.dice.between(10*time.Millisecond, 300*time.Millisecond))
			continue
		}
		p.serve(c)
		c.close()
	}
}

// serve plays over one connection until it ends, stays silent, or is cut.
func (p *player) serve(c *conn) {
	live, begun := false, time.Now()
	cut := begun.Add(p.dice.between(2*time.Second, 60*time.Second)) // nobody's connection is for ever
	think := time.NewTimer(0)
	defer think.Stop()
	for {
		select {
		case m, open := <-c.inbox:
			if !open {
				return
			}
			p.world.count()
			if p.take(m) {
				live = true
				p.goOn(c)
			}
		case <-think.C:
			now := time.Now()
			if now.After(cut) || !live && now.Sub(begun) > answerTimeout || live && p.waits(now) {
				return
			}
			if live {
				p.act(c, now)
			}
			think.Reset(p.dice.between(50*time.Millisecond, 500*time.Millisecond))
		case <-p.world.ctx.Done():
			return
		}
	}
}

// goOn sends again what has no answer.
func (p *player) goOn(c *conn) {
	for _, k := range p.pending {
		k.since = time.Now()
		p.send(c, k)
	}
}

// waits says whether a command waits for too long on this connection.
func (p *player) waits(now time.Time) bool {
	return len(p.pending) > 0 && now.Sub(p.pending[0].since) > answerTimeout
}

func (p *player) send(c *conn, k *call) {
	p.sent++
	d := k.declare
	if p.world.plant == PlantNoDedupe {
		d.N = p.sent
	}
	select {
	case c.up <- d:
	default:
		c.close()
	}
}

// act sends something new, or again what was refused for a while.
func (p *player) act(c *conn, now time.Time) {
	if p.refusals > 0 { // for a while
		p.refusals = 0
		for _, k := range p.pending {
			p.send(c, k)
		}
		return
	}
	if len(p.pending) >= maxPending || p.world.quiet.Load() && len(p.pending) > 0 {
		return
	}
	p.n++
	k := &call{called: now, since: now, declare: wire.ActionDeclare{
		N: p.n, ActionID: fmt.Sprintf("%s-%d", p.claims.Player, p.n), Action: p.choose(),
	}}
	p.calls = append(p.calls, k)
	p.pending = append(p.pending, k)
	p.send(c, k)
}

// choose picks a command that mostly makes sense.
func (p *player) choose() json.RawMessage {
	turn := strings.Trim(string(p.doc.Get("/combat/turn")), `"`)
	switch {
	case turn == "":
		return json.RawMessage(`{"type":"start_combat"}`)
	case p.dice.chance(0.2):
		return json.RawMessage(fmt.Sprintf(`{"type":"dodge","creature":%q}`, turn))
	default:
		return json.RawMessage(fmt.Sprintf(`{"type":"end_turn","creature":%q}`, turn))
	}
}

// take handles one message. True means that the connection carries the chain
// from here on.
func (p *player) take(m session.Message) bool {
	frame, err := wire.DecodeFrame(m.Bytes)
	if err != nil {
		p.wrong("a frame does not decode: %v", err)
		return false
	}
	switch {
	case m.Type.CarriesUpdate():
		var u wire.Update
		p.decode(frame, &u)
		p.update(u)
	case m.Type == wire.TypeAck:
		var a wire.Ack
		p.decode(frame, &a)
		p.acked(a)
	case m.Type == wire.TypeRefusal:
		var r wire.Refusal
		p.decode(frame, &r)
		p.refused(r)
	case m.Type == wire.TypeHistoryLost:
		var l wire.HistoryLost
		p.decode(frame, &l)
		if p.lost = true; l.Reason != wire.ReasonTooOld {
			p.wrong("at %s it is told that history was lost (%s), now at %s", p.doc.Position(), l.Reason, l.Position)
		}
	case m.Type == wire.TypeSyncResponse:
		var s wire.SyncResponse
		p.decode(frame, &s)
		p.sync(s)
		return true
	case m.Type == wire.TypeResumed:
		return true
	}
	return false
}

func (p *player) decode(f wire.Frame, into any) {
	if err := wire.DecodeData(f, into); err != nil {
		p.wrong("a %s does not decode: %v", f.Type, err)
	}
}

func (p *player) sync(s wire.SyncResponse) {
	switch {
	case p.doc != nil && !p.lost:
		p.wrong("a sync that nobody asked for, at %s", s.Position)
	case p.doc != nil && s.Version < p.doc.Position().Version:
		p.wrong("a sync leads back from %s to %s", p.doc.Position(), s.Position)
	}
	p.lost = false
	p.doc = wire.NewDocument(s.Position, s.State)
	if s.Hash != p.doc.Hash() {
		p.wrong("the sync at %s has another hash", s.Position)
	}
	p.see()
}

func (p *player) update(u wire.Update) {
	applied, err := p.doc.Apply(u)
	switch {
	case errors.Is(err, wire.ErrHole), errors.Is(err, wire.ErrDiverged):
		p.wrong("%v", err)
	case !applied:
		p.wrong("at %s it is told of %s again", p.doc.Position(), u.Position)
	default:
		p.see()
	}
}

// see notes what the view was at a position.
func (p *player) see() {
	at, hash := p.doc.Position(), p.doc.Hash()
	if before, known := p.seen[at]; known && before != hash {
		p.wrong("two views at %s", at)
	}
	p.seen[at] = hash
}

func (p *player) acked(a wire.Ack) {
	i := slices.IndexFunc(p.calls, func(k *call) bool { return k.declare.ActionID == a.ActionID })
	if i < 0 {
		p.wrong("%s is acknowledged, which nobody sent", a.ActionID)
		return
	}
	k := p.calls[i]
	if k.acked && k.position != a.Position {
		p.wrong("%s is acknowledged at %s and at %s", a.ActionID, k.position, a.Position)
	}
	if !k.acked {
		k.acked, k.position, k.answered = true, a.Position, time.Now()
		p.progress.Store(max(p.progress.Load(), k.called.UnixNano()))
	}
	p.settle(k)
}

func (p *player) refused(r wire.Refusal) {
	i := slices.IndexFunc(p.pending, func(k *call) bool { return k.declare.ActionID == r.ActionID })
	switch {
	case r.Retry:
		p.refusals++
	case i >= 0:
		p.settle(p.pending[i])
	}
}

func (p *player) settle(k *call) {
	p.pending = slices.DeleteFunc(p.pending, func(x *call) bool { return x == k })
}

func (p *player) wrong(format string, args ...any) {
	p.world.anomaly("%s in %s: %s", p.claims.Player, p.id, fmt.Sprintf(format, args...))
}

// playedSince says whether a command that was first sent after a time was
// acknowledged.
func (p *player) playedSince(t time.Time) bool {
	return p.progress.Load() > t.UnixNano()
}
