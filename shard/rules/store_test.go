// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func encode(t testing.TB, s *State) []byte {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestStateRoundTrip(t *testing.T) {
	for name, s := range map[string]*State{
		"idle":     newPlay(t, ambush(), RulesetSRD51).State,
		"fighting": fight(t, nil).State,
	} {
		t.Run(name, func(t *testing.T) {
			raw := encode(t, s)
			var read State
			if err := json.Unmarshal(raw, &read); err != nil {
				t.Fatal(err)
			}
			if again := encode(t, &read); !bytes.Equal(raw, again) {
				t.Errorf("got  %s\nwant %s", again, raw)
			}
			if clone := encode(t, s.Clone()); !bytes.Equal(raw, clone) {
				t.Errorf("the clone differs: %s", clone)
			}
		})
	}
}

func TestCloneIsIndependent(t *testing.T) {
	p := fight(t, nil)
	clone, before := p.Clone(), encode(t, p.State)
	if err := clone.ApplyAll([]Event{Acted{Creature: "aria", Price: Price{Actions: 1}}, TurnEnded{Creature: "aria"}}); err != nil {
		t.Fatal(err)
	}
	if after := encode(t, p.State); !bytes.Equal(before, after) {
		t.Errorf("applying to the clone changed the original:\n%s", after)
	}
}

func TestDamagedStateRefused(t *testing.T) {
	// Each case replaces a piece of a good state's text.
	tests := map[string]struct{ old, new, want string }{
		"unknown field":       {`"rolled":4`, `"rolled":4,"luck":1`, "unknown field"},
		"ruleset":             {`"srd-5.2.1"`, `"srd-9"`, "unknown ruleset"},
		"short seed":          {`"seed":"01`, `"seed":"`, "64 hex digits"},
		"seed of other signs": {`"seed":"01`, `"seed":"zz`, "hex digits"},
		"negative dice":       {`"rolled":4`, `"rolled":-4`, `field "rolled"`},
		"order of ids":        {`"id":"aria"`, `"id":"zaria"`, "not sorted"},
		"hit points":          {`"hp":30,`, `"hp":31,`, "31 of 30 hit points"},
		"negative hit points": {`"hp":30,`, `"hp":-1,`, "-1 of 30 hit points"},
		"standing at 0":       {`"hp":30,`, `"hp":0,`, "standing with 0 hit points"},
		"status":              {`"status":"standing"`, `"status":"bored"`, "unknown status"},
		"dead with points":    {`"status":"standing"`, `"status":"dead"`, "dead with 30"},
		"square blocked":      {`"position":[2,2],"hp"`, `"position":[5,5],"hp"`, "cannot stand at"},
		"sheet":               {`"ac":16`, `"ac":99`, "ac: must be 1 to 40"},
		"kind":                {`"kind":"character",`, ``, "kind: must be one of"},
		"blocked order":       {`[[4,1],[5,5]]`, `[[5,5],[4,1]]`, "not sorted"},
		"phase":               {`"phase":"fighting"`, `"phase":"feasting"`, "unknown phase"},
		"idle in a fight":     {`"phase":"fighting"`, `"phase":"idle"`, "idle, but"},
		"round":               {`"round":1`, `"round":0`, "without number or round"},
		"turn":                {`"turn":0`, `"turn":5`, "not in the order"},
		"negative budget":     {`"moved":0`, `"moved":-5`, "out of its bounds"},
		"no stat block":       {`"block":"inline-000"`, `"block":"inline-999"`, "has no stat block"},
		"effect of no number": {`"status":"standing"}`, `"status":"standing","effects":[{"id":7,"name":"X","body":{}}]}`, "wrong number"},
		"condition of none":   {`"status":"standing"}`, `"status":"standing","effects":[{"id":1,"name":"X","body":{"conditions":["bored"]}}]}`, "must be one of blinded"},
		"place of nobody":     {`{"creature":"brom"`, `{"creature":"zed"`, "names"},
		"place twice":         {`{"creature":"brom"`, `{"creature":"aria"`, "names"},
		"trailing data":       {`"moved":0}}}`, `"moved":0}}} {}`, "invalid character"},
	}
	good := string(encode(t, fight(t, nil).State))
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, tc.old, tc.new, 1)
			if bad == good {
				t.Fatalf("%s is not in %s", tc.old, good)
			}
			read := State{Ruleset: "untouched"}
			err := json.Unmarshal([]byte(bad), &read)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
			if read.Ruleset != "untouched" {
				t.Error("the receiver was changed")
			}
		})
	}
}

// An event of another history is refused and changes nothing.
func TestForeignEventsRefused(t *testing.T) {
	roll := D20Roll{First: 4, Faces: []int{3}}
	tests := map[string]Event{
		"second start":         CombatStarted{Fight: 2},
		"second initiative":    InitiativeRolled{},
		"turn out of place":    TurnStarted{Creature: "brom", Round: 1, Place: 0},
		"turn of nobody":       TurnStarted{Creature: "brom", Round: 1, Place: 9},
		"turn of a past round": TurnStarted{Creature: "brom", Round: 0, Place: 1},
		"turn of a far round":  TurnStarted{Creature: "brom", Round: 3, Place: 1},
		"huge budget":          TurnStarted{Creature: "brom", Round: 1, Place: 1, Budget: Budget{Moved: 1 << 40}},
		"end of another turn":  TurnEnded{Creature: "brom"},
		"grant to another":     Granted{Creature: "brom", Dashes: 1},
		"grant below 0":        Granted{Creature: "aria", Movement: -5},
		"act of another":       Acted{Creature: "brom", Price: Price{Actions: 1}},
		"act too dear":         Acted{Creature: "aria", Price: Price{Actions: 2}},
		"act that pays":        Acted{Creature: "aria", Price: Price{Actions: -1}},
		"slot of nobody":       Acted{Creature: "aria", Price: Price{Slot: 1}},
		"effect of a number":   EffectAdded{Target: "aria", Effect: Effect{ID: 9, Name: "X"}},
		"effect on nobody":     EffectAdded{Target: "zed", Effect: Effect{ID: 1, Name: "X"}},
		"end of no effect":     EffectEnded{Target: "aria", Effect: 1},
		"window of a number":   WindowOpened{Window: Window{ID: 9, Creature: "aria", Options: []string{"x"}}},
		"answer to nothing":    WindowClosed{Window: 1},
		"zone of nobody":       ZoneAdded{Zone: Zone{ID: 1, Name: "X", Owner: "zed"}},
		"heal too much":        Healed{Target: "aria", HPBefore: 30, HPAfter: 31},
		"raise the living":     Revived{Creature: "aria", HP: 3},
		"door of none":         DoorMoved{At: Point{1, 1}, Open: true},
		"order without all":    OrderSet{Order: []Placing{{"aria", 1}}},
		"death of the healthy": DeathCounted{Creature: "aria", Death: Death{Failures: 1}},
		"move of another":      Moved{Creature: "brom", From: Point{2, 3}, Path: []Point{{1, 3}}},
		"move from elsewhere":  Moved{Creature: "aria", From: Point{2, 3}, Path: []Point{{1, 3}}},
		"move to nowhere":      Moved{Creature: "aria", From: Point{2, 2}},
		"move off the map":     Moved{Creature: "aria", From: Point{2, 2}, Path: []Point{{-1, 3}}},
		"move too dear":        Moved{Creature: "aria", From: Point{2, 2}, Path: []Point{{2, 1}}, Cost: 35},
		"move that pays":       Moved{Creature: "aria", From: Point{2, 2}, Path: []Point{{2, 1}}, Cost: -5},
		"attack on nobody":     AttackRolled{Attacker: "aria", Target: "zed", Roll: roll},
		"attack of another":    AttackRolled{Attacker: "brom", Target: "aria", Roll: roll, Price: Price{Actions: 1}},
		"attack, other dice":   AttackRolled{Attacker: "aria", Target: "brom", Roll: D20Roll{First: 5, Faces: []int{3}}},
		"attack, wrong face":   AttackRolled{Attacker: "aria", Target: "brom", Roll: D20Roll{First: 4, Faces: []int{21}}},
		"damage to nobody":     DamageDealt{Target: "zed"},
		"damage to others' HP": DamageDealt{Target: "aria", HPBefore: 29, HPAfter: 20},
		"damage that heals":    DamageDealt{Target: "aria", HPBefore: 30, HPAfter: 31},
		"damage below 0":       DamageDealt{Target: "aria", HPBefore: 30, HPAfter: -1},
		"damage, other dice":   DamageDealt{Target: "aria", HPBefore: 30, HPAfter: 20, Rolls: []DamageRoll{{Dice: "d6", First: 9, Faces: []int{3}}}},
		"damage, wrong face":   DamageDealt{Target: "aria", HPBefore: 30, HPAfter: 20, Rolls: []DamageRoll{{Dice: "d6", First: 4, Faces: []int{7}}}},
		"damage, no dice":      DamageDealt{Target: "aria", HPBefore: 30, HPAfter: 20, Rolls: []DamageRoll{{Dice: "?", First: 4, Faces: []int{7}}}},
		"fall of the healthy":  CreatureFell{Creature: "aria", Status: Unconscious},
		"fall of nobody":       CreatureFell{Creature: "zed", Status: Dead},
		"end of a live fight":  CombatEnded{Winner: "heroes", Round: 1},
	}
	for name, foreign := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, nil)
			before := encode(t, p.State)
			if err := p.Apply(foreign); err == nil || !strings.Contains(err.Error(), foreign.Kind()) {
				t.Errorf("got %v, want an error that names %s", err, foreign.Kind())
			}
			if after := encode(t, p.State); !bytes.Equal(before, after) {
				t.Errorf("the state changed:\n%s", after)
			}
		})
	}
}

func TestHalfACommandRefused(t *testing.T) {
	p := fight(t, nil)
	err := p.ApplyAll([]Event{DamageDealt{Target: "aria", HPBefore: 30}})
	if err == nil || !strings.Contains(err.Error(), `"aria" is standing with 0 hit points`) {
		t.Errorf("got %v", err)
	}
}

// Going back gives a state of before, but the dice and the numbers go on: nobody
// learns by it what would have been rolled.
func TestBackTo(t *testing.T) {
	p := fight(t, nil)
	earlier := p.Clone()
	was := encode(t, earlier)
	p.do(p1, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, 15, 4)
	p.do(p1, DropProne{Creature: "aria"})
	back := p.BackTo(earlier)
	if back.Rolled != p.Rolled || back.Serial != p.Serial || back.Rolled == earlier.Rolled {
		t.Errorf("the counts are %d and %d, want %d and %d", back.Rolled, back.Serial, p.Rolled, p.Serial)
	}
	back.Rolled, back.Serial = earlier.Rolled, earlier.Serial
	if got := encode(t, back); !bytes.Equal(got, was) {
		t.Errorf("back is %s, want %s", got, was)
	}
	if got := encode(t, earlier); !bytes.Equal(got, was) {
		t.Error("going back changed what it went back to")
	}
}

// A door may be closed where a banished creature stood; it comes back beside it.
func TestBanishedFromAClosedDoor(t *testing.T) {
	sc := scenarioOf(t, who{"wiz", "wizard", "heroes", Point{3, 5}}, who{"ann", "fighter", "heroes", Point{7, 5}}, who{"bob", "captain", "foes", Point{6, 5}},
		who{"rex", "dragon", "foes", Point{20, 12}})
	sc.Map.Doors = []Door{{At: Point{6, 5}, Open: true}}
	p := scuffleIn(t, RulesetSRD521, sc)
	p.acts("wiz", Cast{Creature: "wiz", Spell: "banishment", Targets: []string{"bob"}}, 1)
	p.turnOf("ann")
	p.acts("ann", Utilize{Creature: "ann", Door: Point{6, 5}})
	var again State
	if err := json.Unmarshal(encode(t, p.State), &again); err != nil {
		t.Error(err)
	}
	p.acts("wiz", EndConcentration{Creature: "wiz"})
	if at := p.creature("bob").Position; at == (Point{6, 5}) || p.creature("bob").removed() {
		t.Errorf("bob is at %v, away: %v", at, p.creature("bob").removed())
	}
}
