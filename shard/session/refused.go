// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"

	"gamesession.dev/operator/shard/wire"
)

// maxRefused bounds the refusals that a session remembers.
const maxRefused = 256

// refusals are the last commands that were refused. A client that hears nothing
// for a while sends a command again; the refusal of the first copy may then be on
// its way already. Were the second one decided anew, the game may have gone on to
// where it is allowed: a command would take effect after its player was told that
// it never will.
type refusals struct {
	known map[counted]refusedCommand
	order []counted // keys of known, oldest first
}

// counted names a command as its player does.
type counted struct {
	player string
	n      uint64
}

type refusedCommand struct {
	declare wire.ActionDeclare
	refusal *refusal
}

// refused returns the refusal of a command that was refused before.
func (r *refusals) refused(c *command) (*refusal, bool) {
	before, known := r.known[c.name()]
	same := known && before.declare.ActionID == c.declare.ActionID && bytes.Equal(before.declare.Action, c.declare.Action)
	return before.refusal, same
}

// remember keeps a refusal, in place of the oldest when there are too many. One
// that asks to send the command again is none.
func (r *refusals) remember(c *command, no *refusal) {
	if no.retry {
		return
	}
	if r.known == nil {
		r.known = map[counted]refusedCommand{}
	}
	if _, known := r.known[c.name()]; !known {
		if len(r.order) >= maxRefused {
			delete(r.known, r.order[0])
			r.order = r.order[1:]
		}
		r.order = append(r.order, c.name())
	}
	r.known[c.name()] = refusedCommand{declare: c.declare, refusal: no}
}

func (c *command) name() counted { return counted{c.member.claims.Player, c.declare.N} }
