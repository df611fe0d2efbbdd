// SPDX-License-Identifier: Apache-2.0

package client

import (
	"slices"
	"time"

	"gamesession.dev/operator/shard/wire"
)

// command is one that has no answer yet.
type command struct {
	declare  wire.ActionDeclare // N is zero until it is first sent
	declared time.Time
	lastSent time.Time
	sends    int
	answer   chan Answer // has room for the one answer
	refused  chan error  // has room for the one refusal to take it
}

// keepAnswers bounds the positions remembered of answered commands, by which a
// second answer is compared with the first.
const keepAnswers = 64

// pending holds, in order, the commands without an answer. It does no I/O.
type pending struct {
	list     []*command
	lastN    uint64 // highest counter known: assigned here or applied there
	answered map[uint64]wire.Position
	order    []uint64 // keys of answered, oldest first
}

func (p *pending) add(cmd *command) { p.list = append(p.list, cmd) }

// learn takes the last counter that the session says it applied.
func (p *pending) learn(n uint64) { p.lastN = max(p.lastN, n) }

// number gives cmd its counter if it has none.
func (p *pending) number(cmd *command) {
	if cmd.declare.N == 0 {
		p.lastN++
		cmd.declare.N = p.lastN
	}
}

// find returns the command with counter n and the client's own id.
func (p *pending) find(n uint64, id string) *command {
	for _, cmd := range p.list {
		if cmd.declare.N == n && cmd.declare.ActionID == id {
			return cmd
		}
	}
	return nil
}

// settle takes cmd off the list and remembers where it was applied.
func (p *pending) settle(cmd *command, at wire.Position) {
	p.list = slices.DeleteFunc(p.list, func(c *command) bool { return c == cmd })
	if at.IsZero() {
		return
	}
	if p.answered == nil {
		p.answered = map[uint64]wire.Position{}
	}
	p.answered[cmd.declare.N] = at
	p.order = append(p.order, cmd.declare.N)
	if len(p.order) > keepAnswers {
		delete(p.answered, p.order[0])
		p.order = p.order[1:]
	}
}

// agrees says whether a further acknowledgement of n matches the first one, as
// far as that is remembered.
func (p *pending) agrees(n uint64, at wire.Position) bool {
	first, ok := p.answered[n]
	return !ok || first == at
}

// overdue returns when the oldest unanswered send runs out of patience, or the
// zero time.
func (p *pending) overdue(patience time.Duration) time.Time {
	var at time.Time
	for _, cmd := range p.list {
		if cmd.sends == 0 {
			continue
		}
		if due := cmd.lastSent.Add(patience); at.IsZero() || due.Before(at) {
			at = due
		}
	}
	return at
}
