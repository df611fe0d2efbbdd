// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// unable is what befalls aria, whom ann plays, on her own turn; what she then tries;
// and the refusal.
type unable struct {
	befalls []string
	tries   string
	code    rules.Code
}

const (
	ariaFalls    = `{"type":"set_hp","creature":"aria","hp":0}`
	ariaTires    = `{"type":"set_condition","creature":"aria","condition":"exhaustion"}`
	ariaDashes   = `{"type":"dash","creature":"aria"}`
	ariaMoves    = `{"type":"move","creature":"aria","path":[[0,1]]}`
	ariaAttacks  = `{"type":"attack","attacker":"aria","target":"goblin","attack":"sword"}`
	ariaSequence = `{"type":"sequence","actions":[` + ariaDashes + `,{"type":"end_turn","creature":"aria"}]}`
)

func ariaIs(condition string) string {
	return `{"type":"set_condition","creature":"aria","condition":"` + condition + `"}`
}

var unables = map[string]unable{
	"a dead creature acts":              {[]string{ariaTires, ariaTires, ariaTires, ariaTires, ariaTires, ariaTires}, ariaDashes, rules.CodeCreatureDown},
	"a dying creature acts":             {[]string{ariaFalls}, ariaDashes, rules.CodeCreatureDown},
	"a dying creature moves":            {[]string{ariaFalls}, ariaMoves, rules.CodeCreatureDown},
	"a dying creature attacks":          {[]string{ariaFalls}, ariaAttacks, rules.CodeCreatureDown},
	"a dying creature acts, in a row":   {[]string{ariaFalls}, ariaSequence, rules.CodeCreatureDown},
	"an unconscious creature acts":      {[]string{ariaIs("unconscious")}, ariaDashes, rules.CodeIncapacitated},
	"a stunned creature acts":           {[]string{ariaIs("stunned")}, ariaDashes, rules.CodeIncapacitated},
	"a stunned creature attacks":        {[]string{ariaIs("stunned")}, ariaAttacks, rules.CodeIncapacitated},
	"a paralysed creature moves":        {[]string{ariaIs("paralyzed")}, ariaMoves, rules.CodeCannotMove},
	"a restrained creature moves":       {[]string{ariaIs("restrained")}, ariaMoves, rules.CodeCannotMove},
	"a creature that is down, not ours": {[]string{`{"type":"set_hp","creature":"bran","hp":0}`}, `{"type":"dash","creature":"bran"}`, rules.CodeNotYourCreature},
}

func (u unable) answer() string { return "`refusal` `" + string(u.code) + "`, the state unchanged" }

// company is aria and bran, whom others play, against a goblin: a fight that goes on
// without aria.
const company = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14,
     "attacks": [{"id": "sword", "name": "Sword", "kind": "melee", "attackBonus": 5, "reach": 5, "damage": [{"dice": "1d8+3", "type": "slashing"}]}]},
    {"id": "bran", "name": "Bran", "side": "heroes", "controller": "gm", "position": [3, 3], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14},
    {"id": "goblin", "name": "Goblin", "side": "goblins", "controller": "gm", "position": [2, 1], "ac": 13, "maxHP": 200, "speed": 30, "dexterity": 14}
  ]
}`

// TestUnableCreatures: it is her turn and her creature, and still she cannot.
func TestUnableCreatures(t *testing.T) {
	for name, tc := range unables {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, "a")
			a := st.shards["a"]
			spec := duel()
			spec.Scenario = json.RawMessage(company)
			a.Create(spec)
			gm, ann := a.player("gm", auth.GameMaster), a.player("ann", auth.Player)
			gm.acked(`{"type":"start_combat"}`)
			gm.acked(`{"type":"reorder","order":["aria","bran","goblin"]}`)
			for _, creature := range []string{"bran", "goblin"} { // whoever it is has had its turn
				gm.declare(`{"type":"end_turn","creature":"` + creature + `"}`)
				gm.until(wire.TypeAck, wire.TypeRefusal)
			}
			var last wire.Position
			for _, blow := range tc.befalls {
				last = gm.acked(blow).Position
			}
			ann.declare(tc.tries)
			f := ann.until(wire.TypeAck, wire.TypeRefusal)
			if f.Type == wire.TypeAck {
				t.Fatal("it is allowed")
			}
			if no := decode[wire.Refusal](t, f); no.Code != string(tc.code) || no.Retry || no.Message == "" {
				t.Errorf("%+v, want %s", no, tc.code)
			}
			loaded, err := st.log.Load(t.Context(), testSession)
			check(t, err)
			if at := wire.Position(loaded.Last()); at != last {
				t.Errorf("the journal has gone from %s to %s", last, at)
			}
		})
	}
}
