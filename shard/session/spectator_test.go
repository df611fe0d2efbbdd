// SPDX-License-Identifier: Apache-2.0

package session

import (
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
)

// Spectators see of everybody what players see of monsters; a move changes
// nothing for them.
func TestSpectators(t *testing.T) {
	log := journal.NewMemory()
	s := started(t, log, log)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)

	eve := newClient(t, "eve", auth.Spectator)
	eve.attach(s)
	swing(t, gm, ann)
	catchUp(last(t, log).Version, eve)
	if eve.leaf("/creatures/aria/hp") != "" || eve.leaf("/creatures/aria/ac") != "" || eve.leaf("/creatures/aria/health") == "" {
		t.Error("a spectator sees a player's numbers, or nothing")
	}
	wantsPublic(t, log, eve)

	next := moved(t, log, log, s, 2)
	for _, c := range []*client{gm, ann, eve} {
		_ = c.detached()
		c.attach(next)
	}
	swing(t, gm, ann)
	catchUp(last(t, log).Version, eve)
	wantsPublic(t, log, eve)
}

// wantsPublic compares a spectator's document with what the journal gives.
func wantsPublic(t *testing.T, m *journal.Memory, c *client) {
	t.Helper()
	r := replayed(t, m, func(*Replay, *Command) {})
	if got, want := c.doc.Hash(), r.ViewHash(rules.ViewPublic); got != want {
		t.Errorf("the spectator's view has hash %s, the journal gives %s", got, want)
	}
}
