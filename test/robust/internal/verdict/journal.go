// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/robust/internal/play"
	"gamesession.dev/operator/test/robust/internal/stage"
)

// judgeEntries is X, of the journal alone: versions without a gap, no command
// twice.
func (j *judge) judgeEntries(c *chronicle) {
	type number struct {
		player string
		n      uint64
	}
	type name struct{ player, action string }
	byNumber, byName := map[number]journal.Position{}, map[name]journal.Position{}
	for i := range c.entries {
		e := &c.entries[i]
		if i > 0 {
			before := c.entries[i-1].Position
			if e.Position.Version != before.Version+1 {
				j.wrong("X", "entry %s follows %s", e.Position, before)
			}
			if e.Position.Epoch < before.Epoch {
				j.wrong("E", "the epoch falls from %s to %s", before, e.Position)
			}
		}
		cmd, err := e.command()
		if err != nil {
			j.wrong("X", "%v", err)
		}
		if cmd.Player == "" {
			continue
		}
		if first, again := byNumber[number{cmd.Player, cmd.N}]; again {
			j.wrong("X", "command %d of %s is at %s and at %s", cmd.N, cmd.Player, first, e.Position)
		}
		if first, again := byName[name{cmd.Player, cmd.ActionID}]; again {
			j.wrong("X", "command %s of %s is at %s and at %s", cmd.ActionID, cmd.Player, first, e.Position)
		}
		byNumber[number{cmd.Player, cmd.N}] = e.Position
		byName[name{cmd.Player, cmd.ActionID}] = e.Position
	}
}

// judgeAcks is X, of the answers: what was acknowledged is where it was
// acknowledged, what was refused for good is nowhere.
func (j *judge) judgeAcks(c *chronicle, ops []play.Op) {
	type name struct{ player, action string }
	at := map[name]wire.Position{}
	for i := range c.entries {
		if cmd, err := c.entries[i].command(); err == nil && cmd.Player != "" {
			at[name{cmd.Player, cmd.ActionID}] = wire.Position(c.entries[i].Position)
		}
	}
	for i := range ops {
		o := &ops[i]
		if o.Kind != play.Act {
			continue
		}
		found, is := at[name{o.Player, o.ActionID}]
		switch {
		case o.Outcome == play.Acked && o.Position.Version < c.first().Version:
			// It is not kept; what clients were shown vouches for it.
		case o.Outcome == play.Acked && !is:
			j.wrong("X", "command %s of %s was acknowledged at %s and is not in the journal", o.ActionID, o.Player, o.Position)
		case o.Outcome == play.Acked && found != o.Position:
			j.wrong("X", "command %s of %s was acknowledged at %s and is at %s", o.ActionID, o.Player, o.Position, found)
		case o.Outcome == play.Refused && is && o.Code != wire.RefusalSuperseded:
			j.wrong("X", "command %s of %s was refused (%s) and is at %s", o.ActionID, o.Player, o.Code, found)
		}
	}
}

// judgeOwners is E: who wrote, and who might.
func (j *judge) judgeOwners(c *chronicle, bounds []stage.Bound) {
	for i := 1; i < len(c.owners); i++ {
		if c.owners[i].epoch <= c.owners[i-1].epoch {
			j.wrong("E", "the owner changes from %v to %v", c.owners[i-1], c.owners[i])
		}
	}
	for i := range c.entries {
		e := &c.entries[i]
		if !e.copied && e.Position.Epoch != e.owner.epoch {
			j.wrong("E", "entry %s was written while the owner was %v", e.Position, e.owner)
		}
		last := e.owner
		// After a failover of Redis a takeover may have been written again, and
		// what was asked for may be lost.
		if e.Kind == journal.KindTakeover && !e.copied && !j.rolledBack && (e.assigned.epoch != last.epoch || e.assigned.shard != last.shard) {
			j.wrong("E", "takeover %s by %v while %v was asked for", e.Position, last, e.assigned)
		}
		if i > 0 && c.entries[i-1].Kind == journal.KindFreeze {
			j.judgeAfterFreeze(&c.entries[i-1], e)
		}
	}
	j.judgeBounds(bounds)
}

// judgeAfterFreeze: what follows a freeze is a thaw of its author, the takeover
// that it is for, or one that is forced.
func (j *judge) judgeAfterFreeze(freeze, next *written) {
	var f journal.Freeze
	if err := json.Unmarshal(freeze.Data, &f); err != nil {
		j.wrong("E", "freeze %s cannot be read: %v", freeze.Position, err)
	}
	switch {
	case next.Kind == journal.KindTakeover && next.Position.Epoch == f.Epoch && !next.copied && next.owner.shard != f.To:
		j.wrong("E", "freeze %s for %s is taken over by %s", freeze.Position, f.To, next.owner.shard)
	case next.Kind == journal.KindTakeover:
	case next.Kind == journal.KindThaw && next.Position.Epoch == freeze.Position.Epoch:
	default:
		j.wrong("E", "freeze %s is followed by %s %s", freeze.Position, next.Kind, next.Position)
	}
}

// judgeBounds: the operator never lowers an epoch and gives it to one shard.
func (j *judge) judgeBounds(bounds []stage.Bound) {
	for i := 1; i < len(bounds); i++ {
		before, now := bounds[i-1], bounds[i]
		if now.Epoch <= before.Epoch {
			j.wrong("E", "the operator binds to %s at epoch %d after %s at epoch %d", now.Shard, now.Epoch, before.Shard, before.Epoch)
		}
	}
}

func (o owner) String() string { return fmt.Sprintf("%s at epoch %d", o.shard, o.epoch) }

func (a assignment) String() string {
	return fmt.Sprintf("%s of %s at epoch %d", a.mode, a.shard, a.epoch)
}
