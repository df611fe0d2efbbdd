// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// Nobody waits for who is away: turns end by themselves, as entries of the
// journal that say so, and the next owner waits on.
func TestTurnsOfTheAbsentEnd(t *testing.T) {
	m := journal.NewMemory()
	spec := duelSpec()
	spec.Scenario = json.RawMessage(strings.Replace(duel, `"combatants"`, `"options": {"turnSeconds": 1}, "combatants"`, 1))
	assign(t, m, "a", 1, journal.ModeCreate)
	s, err := Create(t.Context(), testConfig(m), owner("a", 1), spec)
	if err != nil {
		t.Fatal(err)
	}
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	first := ann.leaf("/combat/turn")
	lapsed(t, ann)
	if ann.leaf("/combat/turn") == first {
		t.Errorf("it is still the turn of %s", first)
	}

	next := moved(t, m, m, s, 2)
	t.Cleanup(func() { next.Stop(); <-next.Done() })
	<-s.Done()
	again := newClient(t, "ann", auth.Player)
	again.attach(next)
	lapsed(t, again)
	if again.leaf("/combat/turn") != first {
		t.Errorf("it is not the turn of %s", first)
	}
}

// What follows from a wait that is over rolls dice like anything else: aria's
// death save when the goblin's turn ends by itself.
func TestDiceOfALapseAreRecorded(t *testing.T) {
	m := journal.NewMemory()
	spec := duelSpec()
	text := strings.Replace(duel, `"combatants": [`, `"options": {"turnSeconds": 1}, "combatants": [
    {"id": "brom", "name": "Brom", "side": "heroes", "controller": "ann", "position": [5, 5], "ac": 15, "maxHP": 9, "speed": 30, "dexterity": 1},`, 1)
	spec.Scenario = json.RawMessage(text)
	assign(t, m, "a", 1, journal.ModeCreate)
	s, err := Create(t.Context(), testConfig(m), owner("a", 1), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(); <-s.Done() })
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	gm.acked(`{"type":"set_hp","creature":"aria","hp":0}`)
	death := func() string { return ann.leaf("/creatures/aria/death") }
	for death() == "" {
		ann.next()
	}
	for death() == `{"failures":0,"stable":false,"successes":0}` { // after a 20 there is none
		ann.next()
	}
}

// lapsed waits for the update that ends a turn by itself.
func lapsed(t *testing.T, c *client) {
	t.Helper()
	f := c.until(wire.TypeTurnChange)
	var u wire.Update
	c.decode(f, &u)
	if u.By != "" || len(u.Events) == 0 || !strings.Contains(string(u.Events[0]), `"lapsed":true`) {
		t.Errorf("update by %q with events %s", u.By, u.Events)
	}
}
