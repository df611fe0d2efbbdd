// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// player is one client of a session. It gives commands at a steady rate whether
// the last ones are answered or not, loses its connection now and then, and now
// and then its memory, too.
type player struct {
	table  *Table
	number int
	name   string
	role   auth.Role
	follow bool
	door   *door
	rng    *rand.Rand

	mu     sync.Mutex
	client *client.Client
	open   sync.WaitGroup // commands without an answer
}

// dial connects; what it is shown from then on is a stream of its own.
func (p *player) dial(ctx context.Context) error {
	t := p.table
	token, err := t.token(p.name, p.role)
	if err != nil {
		return err
	}
	view := rules.ViewTable
	if p.role == auth.GameMaster {
		view = rules.ViewGM
	}
	s := t.record.stream(&Stream{Session: t.number, Client: p.number, Player: p.name, View: view})
	c, err := client.Dial(ctx, client.Options{
		URL: "http://front-door", Session: t.id, Token: token, FollowMoves: p.follow, Dialer: p.door.dialer(),
		AnswerTimeout: 700 * time.Millisecond, OpenTimeout: 3 * time.Second,
		Observe: func(e client.Event) { p.observe(s, e) },
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.client = c
	p.mu.Unlock()
	return nil
}

func (p *player) observe(s *Stream, e client.Event) {
	r := p.table.record
	now := r.Now()
	switch e := e.(type) {
	case client.Applied:
		u := e.Update
		r.change(func() {
			s.Steps = append(s.Steps, Step{At: now, From: u.From, Position: u.Position, Hash: u.Hash, By: u.By, ActionID: u.ActionID})
		})
	case client.Synced:
		r.change(func() { s.Steps = append(s.Steps, Step{At: now, Sync: true, Position: e.Position, Hash: e.Hash}) })
	case client.HistoryLost:
		r.change(func() {
			if e.Reason == wire.ReasonTooOld {
				s.TooOld++
				return
			}
			s.Faults = append(s.Faults, "history lost: "+e.Reason)
		})
	case client.Fault:
		r.change(func() { s.Faults = append(s.Faults, e.Err.Error()) })
	case client.Live:
		r.change(func() {
			if e.Resumed {
				s.Resumes++
			}
		})
	case client.Connected:
		r.change(func() { s.Reconnects++ })
	}
}

// act gives one command and records what becomes of it, in the background.
func (p *player) act(ctx context.Context) {
	p.mu.Lock()
	c := p.client
	p.mu.Unlock()
	action := p.choose(c)
	r := p.table.record
	op := Op{Session: p.table.number, Client: p.number, Player: p.name, Kind: Act, Call: r.Now()}
	p.open.Go(func() {
		a, err := c.Do(ctx, action)
		switch {
		case err == client.ErrTooManyPending: //nolint:errorlint // it is returned as it is
			return // it was never sent
		case err != nil:
			op.Outcome = Unknown
		case a.Refusal != nil:
			op.Outcome, op.Code = Refused, a.Refusal.Code
		default:
			op.Outcome = Acked
		}
		if err == nil {
			op.N, op.ActionID, op.Position, op.Sends = a.N, a.ActionID, a.Position, a.Sends
		}
		op.Return = r.Now()
		r.op(op)
	})
}

// forget is the crash of a client's process: commands without an answer have an
// unknown outcome, and a new client begins with a sync.
func (p *player) forget(ctx context.Context) error {
	p.mu.Lock()
	c := p.client
	p.mu.Unlock()
	c.Close()
	return p.dial(ctx)
}
