// SPDX-License-Identifier: Apache-2.0

package session

import (
	"strings"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
)

// Whatever a game master sets right, as a command or as an edit, comes to everybody
// at the table as an update of theirs with an event that names them; a player may
// not.
func TestEverybodyHearsOfOverrides(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann, eve := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player), newClient(t, "eve", auth.Spectator)
	for _, c := range []*client{gm, ann, eve} {
		c.attach(s)
	}
	fight(t, gm, ann)
	heard := func(what string, version uint64) {
		t.Helper()
		for _, c := range []*client{gm, ann, eve} {
			catchUp(version, c)
			u := c.updates[len(c.updates)-1]
			named := false
			for _, e := range u.Events {
				named = named || strings.Contains(string(e), `"by":"gm"`)
			}
			if u.Version != version || u.By != "gm" || !named {
				t.Errorf("%s: %s is told %+v", what, c.claims.Player, u)
			}
		}
	}
	turn := strings.Trim(gm.leaf("/combat/turn"), `"`)
	for _, action := range []string{
		`{"type":"set_hp","creature":"goblin","hp":150}`,
		`{"type":"set_condition","creature":"goblin","condition":"prone"}`,
		`{"type":"set_condition","creature":"goblin","condition":"prone","off":true}`,
		`{"type":"place","creature":"goblin","at":[3,3]}`,
		`{"type":"grant","creature":"` + turn + `","actions":1}`,
		`{"type":"grant","creature":"goblin","reaction":true}`,
		`{"type":"reorder","order":["goblin","aria"]}`,
	} {
		if code := ann.refused(action); code != "role_not_allowed" {
			t.Errorf("%s by a player: %s", action, code)
		}
		heard(action, gm.acked(action).Version)
	}
	for path, value := range map[string]any{
		goblinHP: 90, "/creatures/goblin/conditions/stunned": true, "/creatures/aria/position": []int{5, 5},
		"/creatures/goblin/reaction": true, "/combat/order": []string{"aria", "goblin"},
	} {
		edit := Edit{Base: gm.doc.Position().Version, Changes: []LeafEdit{setting(path, value)}}
		if _, _, err := s.Edit(t.Context(), Caller{Player: "ann"}, edit); err == nil {
			t.Errorf("%s is edited by a player", path)
		}
		at, _, err := s.Edit(t.Context(), gameMaster, edit)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		heard(path, at.Version)
	}
}
