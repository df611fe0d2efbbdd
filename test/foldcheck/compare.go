// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// Result is what the comparison comes to.
type Result struct {
	Sessions int `json:"sessions"`
	Entries  int `json:"entries"`
	Acked    int `json:"acked"`
	// Lost are acknowledged commands that are not where they were acknowledged;
	// Twice those that are in a journal more than once; Refused those that are
	// in one although they were refused.
	Lost    []Command `json:"lost"`
	Twice   []Command `json:"twice"`
	Refused []Command `json:"refused"`
	// NotKept counts the acknowledged commands whose entries two snapshots
	// cover: the updates that bots saw vouch for them.
	NotKept    int `json:"not_kept"`
	Hashes     int `json:"hashes"`
	Mismatched int `json:"mismatched"`
	// Broken counts gaps and fallen epochs, in journals and in bots' streams.
	Broken int `json:"broken"`
}

// Command is one that went wrong, and when it was acknowledged.
type Command struct {
	Session    string `json:"session"`
	Player     string `json:"player"`
	N          uint64 `json:"n"`
	UnixMillis int64  `json:"t"`
	What       string `json:"what"`
}

// Good says whether nothing was wrong.
func (r *Result) Good() bool {
	return len(r.Lost)+len(r.Twice)+len(r.Refused)+r.Mismatched+r.Broken == 0
}

func (r *Result) String() string {
	return fmt.Sprintf("sessions=%d entries=%d acked=%d lost=%d twice=%d refused_applied=%d not_kept=%d hashes=%d mismatched=%d broken=%d",
		r.Sessions, r.Entries, r.Acked, len(r.Lost), len(r.Twice), len(r.Refused), r.NotKept, r.Hashes, r.Mismatched, r.Broken)
}

// compare takes one session into the result.
func (r *Result) compare(e *evidence, k *kept) error {
	commands, err := k.commands()
	if err != nil {
		return fmt.Errorf("session %s: %w", e.session, err)
	}
	r.Sessions++
	r.Entries += len(k.entries)
	r.Acked += len(e.acks)
	r.Broken += k.broken() + e.fell
	r.Mismatched += e.disagree
	inJournal := r.index(e, commands)
	var first wire.Position
	if len(k.entries) > 0 {
		first = wire.Position(k.entries[0].Position)
	}
	for _, a := range e.acks {
		r.place(e, a, inJournal, a.at.Version < first.Version)
	}
	return r.fold(e, k)
}

// index lists the journal's commands, and counts those that are there twice or
// should not be there at all.
func (r *Result) index(e *evidence, commands []command) map[commandID]command {
	byN := map[commandID]command{}
	byAction := map[author]wire.Position{}
	for at, who := range e.seen {
		if who.actionID != "" {
			byAction[who] = at
		}
	}
	for at, who := range e.seen {
		if who.actionID != "" && byAction[who] != at {
			r.Twice = append(r.Twice, Command{Session: e.session, Player: who.player, What: who.actionID + " was seen at " + at.String() + " and at " + byAction[who].String()})
		}
	}
	for _, c := range commands {
		before, again := byN[c.commandID]
		seenAt, seen := byAction[author{c.player, c.actionID}]
		switch {
		case again:
			r.Twice = append(r.Twice, c.report(e.session, "is at "+before.at.String()+" and at "+c.at.String()))
		case seen && seenAt != c.at:
			r.Twice = append(r.Twice, c.report(e.session, "is at "+c.at.String()+" and was seen at "+seenAt.String()))
		}
		if e.refused[c.commandID] {
			r.Refused = append(r.Refused, c.report(e.session, "was refused and is at "+c.at.String()))
		}
		byN[c.commandID] = c
	}
	return byN
}

func (c *command) report(session, what string) Command {
	return Command{Session: session, Player: c.player, N: c.n, What: c.actionID + " " + what}
}

// place looks for an acknowledged command where it was acknowledged.
func (r *Result) place(e *evidence, a ack, inJournal map[commandID]command, dropped bool) {
	lost := func(what string) {
		r.Lost = append(r.Lost, Command{Session: e.session, Player: a.player, N: a.n, UnixMillis: a.millis, What: a.actionID + " " + what})
	}
	if dropped {
		r.NotKept++
		if e.seen[a.at] != (author{a.player, a.actionID}) {
			lost("was acknowledged at " + a.at.String() + ", which is not kept, and no bot saw it")
		}
		return
	}
	c, found := inJournal[a.commandID]
	switch {
	case !found:
		lost("was acknowledged at " + a.at.String() + " and is not in the journal")
	case c.at != a.at || c.actionID != a.actionID:
		lost("was acknowledged at " + a.at.String() + "; the journal has " + c.actionID + " at " + c.at.String())
	}
}

// fold replays what can be, and compares every view at every position that a
// bot saw.
func (r *Result) fold(e *evidence, k *kept) error {
	loaded := k.loaded
	if k.whole {
		loaded = &journal.Loaded{Entries: k.entries, Owner: k.loaded.Owner}
	}
	replay, err := session.NewReplay(e.session, loaded)
	if err != nil {
		return err
	}
	for {
		at := wire.Position(replay.Position())
		for view, hashes := range e.hashes {
			saw, known := hashes[at]
			if !known {
				continue
			}
			r.Hashes++
			if replay.ViewHash(view) != saw {
				r.Mismatched++
			}
		}
		_, more, err := replay.Next()
		if err != nil {
			return fmt.Errorf("session %s: %w", e.session, err)
		}
		if !more {
			return nil
		}
	}
}
