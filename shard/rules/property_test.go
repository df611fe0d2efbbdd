// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// genScenario draws a small, crowded scenario: creatures meet often.
func genScenario() *rapid.Generator[Scenario] {
	return rapid.Custom(func(t *rapid.T) Scenario {
		sc := Scenario{Map: Map{Width: rapid.IntRange(3, 9).Draw(t, "width"), Height: rapid.IntRange(3, 9).Draw(t, "height")}}
		var squares []Point
		for x := range sc.Map.Width {
			for y := range sc.Map.Height {
				squares = append(squares, Point{x, y})
			}
		}
		squares = rapid.Permutation(squares).Draw(t, "squares")
		count := rapid.IntRange(2, 6).Draw(t, "creatures")
		blocked := rapid.IntRange(0, len(squares)-count-1).Draw(t, "blocked") / 3
		sc.Map.Blocked = squares[count : count+blocked]
		for i := range count {
			sc.Combatants = append(sc.Combatants, genCombatant(t, i, squares[i]))
		}
		return sc
	})
}

func genCombatant(t *rapid.T, i int, at Point) Combatant {
	types := rapid.SliceOfNDistinct(rapid.SampledFrom([]DamageType{Fire, Cold, Slashing, Poison}), 0, 2, rapid.ID)
	c := Combatant{
		ID: fmt.Sprintf("c%d", i), Name: fmt.Sprintf("C %d", i), Position: at,
		Side:            []string{"red", "blue"}[i%2],
		Controller:      rapid.SampledFrom([]string{"p1", "p2", GameMaster}).Draw(t, "controller"),
		Kind:            rapid.SampledFrom([]CreatureKind{"", Character, Monster}).Draw(t, "kind"),
		AC:              rapid.IntRange(5, 20).Draw(t, "ac"),
		MaxHP:           rapid.IntRange(1, 25).Draw(t, "maxHP"),
		Speed:           5 * rapid.IntRange(0, 8).Draw(t, "speed"),
		Dexterity:       rapid.IntRange(1, 30).Draw(t, "dexterity"),
		Resistances:     types.Draw(t, "resistances"),
		Vulnerabilities: types.Draw(t, "vulnerabilities"),
	}
	if rapid.Bool().Draw(t, "adjusted") {
		c.DamageAdjustments = []DamageAdjustment{{Source: "Aura", Amount: rapid.IntRange(-3, 3).Draw(t, "amount")}}
	}
	damage := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) DamageDice {
		return DamageDice{
			Dice: rapid.SampledFrom([]string{"1d8+3", "2d6", "d4-2", "3"}).Draw(t, "dice"),
			Type: rapid.SampledFrom([]DamageType{Fire, Cold, Slashing, Force}).Draw(t, "type"),
		}
	}), 1, 3)
	c.Attacks = []Attack{
		{ID: "hit", Name: "Hit", Kind: Melee, AttackBonus: 6, Reach: 5, Damage: damage.Draw(t, "melee")},
		{ID: "shot", Name: "Shot", Kind: Ranged, AttackBonus: 5, Range: 10, LongRange: 60,
			Damage: append(damage.Draw(t, "ranged"), DamageDice{Dice: "1d6+4", Type: Force})},
	}
	return c
}

// genCommand draws any command, sensible or not.
func genCommand(t *rapid.T, s *State) (Actor, Command) {
	by := rapid.SampledFrom([]Actor{gm, gm, p1, p2, spectator}).Draw(t, "by")
	id := rapid.SampledFrom([]string{"c0", "c1", "c2", "c3", "c9"})
	creature := id.Draw(t, "creature")
	if current := s.onTurn(); current != nil && rapid.IntRange(0, 3).Draw(t, "its own turn") > 0 {
		creature = current.ID
		if current.Controller != GameMaster {
			by = Actor{Player: current.Controller, Role: RolePlayer}
		}
	}
	switch rapid.IntRange(0, 5).Draw(t, "command") {
	case 0:
		return by, StartCombat{}
	case 1:
		return by, Dash{Creature: creature}
	case 2:
		return by, Dodge{Creature: creature}
	case 3:
		return by, MakeAttack{Attacker: creature, Target: id.Draw(t, "target"), Attack: rapid.SampledFrom([]string{"hit", "shot", "x"}).Draw(t, "attack")}
	case 4:
		return by, EndTurn{Creature: creature}
	}
	from := Point{1, 1}
	if c := s.creature(creature); c != nil {
		from = c.Position
	}
	step := rapid.SampledFrom([]Point{{-1, -1}, {-1, 0}, {-1, 1}, {0, -1}, {0, 1}, {1, -1}, {1, 0}, {1, 1}, {0, 0}, {2, 1}})
	var path []Point
	for _, by := range rapid.SliceOfN(step, 0, 9).Draw(t, "steps") {
		from = Point{from[0] + by[0], from[1] + by[1]}
		path = append(path, from)
	}
	return by, Move{Creature: creature, Path: path}
}

// history is a session as the journal has it: one list of encoded events per
// accepted command.
type history struct {
	state   *State
	entries [][]byte
}

func encodeState(t *rapid.T, s *State) []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRandomFights(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ruleset := rapid.SampledFrom([]string{RulesetSRD521, RulesetSRD51}).Draw(t, "ruleset")
		sc := genScenario().Draw(t, "scenario")
		state, err := New(sc, ruleset, [32]byte{9})
		if err != nil {
			t.Fatal(err)
		}
		h := &history{state: state}
		h.step(t, gm, StartCombat{})
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			by, command := genCommand(t, h.state)
			h.step(t, by, command)
		}
		h.checkReplay(t, sc, ruleset)
	})
}

// step gives one command and checks all that must hold after it.
func (h *history) step(t *rapid.T, by Actor, command Command) {
	s := h.state
	before := encodeState(t, s)
	prior := s.Clone()
	events, refusal := Decide(s, by, command, s.Dice())
	if after := encodeState(t, s); !bytes.Equal(before, after) {
		t.Fatalf("deciding %+v changed the state:\n%s\n%s", command, before, after)
	}
	if refusal != nil {
		if len(events) != 0 || !slices.Contains(Codes(), refusal.Code) {
			t.Fatalf("refusal %+v with events %+v", refusal, events)
		}
		return
	}
	if len(events) == 0 || len(events) > MaxEvents {
		t.Fatalf("%+v gave %d events", command, len(events))
	}
	seenBefore := s.Redact(ViewTable, events)
	encoded := h.record(t, events)
	if err := s.ApplyAll(events); err != nil {
		t.Fatalf("%+v gave events that do not apply: %v\n%s", command, err, encoded)
	}
	if diff := cmp.Diff(seenBefore, s.Redact(ViewTable, events)); diff != "" {
		t.Fatalf("redaction changes with the state:\n%s", diff)
	}
	checkWhole(t, prior, s)
	checkTouched(t, prior, s, events)
}

// record encodes events as an entry, and wants the same events back.
func (h *history) record(t *rapid.T, events []Event) []byte {
	encoded, err := EncodeEvents(events)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := DecodeEvents(encoded)
	if err != nil {
		t.Fatal(err)
	}
	again, err := EncodeEvents(decoded)
	if err != nil || !bytes.Equal(encoded, again) {
		t.Fatalf("events change in a round trip (%v):\n%s\n%s", err, encoded, again)
	}
	h.entries = append(h.entries, encoded)
	return encoded
}

// checkWhole checks the invariants of a state and of its change.
func checkWhole(t *rapid.T, prior, s *State) {
	if err := s.check(); err != nil {
		t.Fatal(err)
	}
	if s.Rolled < prior.Rolled {
		t.Fatalf("the count of dice fell from %d to %d", prior.Rolled, s.Rolled)
	}
	held := map[Point]string{}
	for i := range s.Creatures {
		c := &s.Creatures[i]
		if c.HP < 0 || c.HP > c.MaxHP() {
			t.Fatalf("%s has %d of %d hit points", c.ID, c.HP, c.MaxHP())
		}
		if was := prior.Creatures[i].Status; s.Combat.Fight == prior.Combat.Fight && was == Dead && c.Status != Dead {
			t.Fatalf("%s was %s and is %s in the same fight", c.ID, was, c.Status)
		}
		// Who is asked in the middle of a move that leads through another's space waits.
		if other := held[c.Position]; other != "" && c.Status != Dead && s.Window == nil {
			t.Fatalf("%s and %s share %v", c.ID, other, c.Position)
		}
		if c.Status != Dead {
			held[c.Position] = c.ID
		}
	}
	if !s.Combat.Budget.valid() {
		t.Fatalf("budget %+v", s.Combat.Budget)
	}
}

// checkTouched wants every entity that is not touched to look as before.
func checkTouched(t *rapid.T, prior, s *State, events []Event) {
	touched := prior.Touched(events)
	if !slices.Equal(touched, s.Touched(events)) || !slices.IsSorted(touched) {
		t.Fatalf("touched %v before, %v after", touched, s.Touched(events))
	}
	for _, entity := range s.Entities() {
		for _, view := range Views() {
			was, is := prior.Render(view, entity), s.Render(view, entity)
			if !slices.Contains(touched, entity) && !cmp.Equal(was, is) {
				t.Fatalf("%s is not touched but changed for %s:\n%s", entity, view, cmp.Diff(was, is))
			}
		}
	}
}

// checkReplay wants the state to be the fold of its entries, byte for byte,
// from the start and from a stored state in the middle.
func (h *history) checkReplay(t *rapid.T, sc Scenario, ruleset string) {
	want := encodeState(t, h.state)
	folded, err := New(sc, ruleset, [32]byte{9})
	if err != nil {
		t.Fatal(err)
	}
	middle := rapid.IntRange(0, len(h.entries)).Draw(t, "middle")
	for i, entry := range h.entries {
		if i == middle {
			stored := encodeState(t, folded)
			folded = &State{}
			if err := json.Unmarshal(stored, folded); err != nil {
				t.Fatal(err)
			}
		}
		events, err := DecodeEvents(entry)
		if err != nil {
			t.Fatal(err)
		}
		if err := folded.ApplyAll(events); err != nil {
			t.Fatal(err)
		}
	}
	if got := encodeState(t, folded); !bytes.Equal(want, got) {
		t.Fatalf("folded %s\nwant   %s", got, want)
	}
}

// Sensible players always bring a fight to its end, and then fight again.
func TestFightsEndAndBeginAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sc := genScenario().Draw(t, "scenario")
		sc.Map.Blocked = nil // walls could part the sides for ever
		state, err := New(sc, RulesetSRD521, [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed")))
		if err != nil {
			t.Fatal(err)
		}
		h := &history{state: state}
		for turns := 0; state.Combat.Fight < 3 || state.Combat.Phase == Fighting; turns++ {
			if turns > 20_000 {
				t.Fatalf("the fight does not end: %s", encodeState(t, state))
			}
			by, command := sensible(state)
			events, refusal := Decide(state, by, command, state.Dice())
			if refusal != nil {
				t.Fatalf("sensible %+v refused: %+v", command, refusal)
			}
			if err := state.ApplyAll(events); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.state.check(); err != nil {
			t.Fatal(err)
		}
	})
}

// sensible declines all windows, shoots or hits the first enemy that it can,
// and else ends the turn.
func sensible(s *State) (Actor, Command) {
	if w := s.Window; w != nil {
		return gm, Decline{Window: w.ID}
	}
	current := s.onTurn()
	if current == nil {
		return gm, StartCombat{}
	}
	by := gm
	if current.Controller != GameMaster {
		by = Actor{Player: current.Controller, Role: RolePlayer}
	}
	for i := range s.Creatures {
		other := &s.Creatures[i]
		if other.Side == current.Side || other.Status == Dead {
			continue
		}
		for j := range current.block.Actions {
			try := MakeAttack{Attacker: current.ID, Target: other.ID, Attack: current.block.Actions[j].ID}
			if _, refusal := Decide(s, by, try, constant(1)); refusal == nil {
				return by, try
			}
		}
	}
	return by, EndTurn{Creature: current.ID}
}

// A shard that takes over in the middle plays on exactly as the first would.
func TestTakeoverRollsTheSameDice(t *testing.T) {
	one := newPlay(t, ambush(), RulesetSRD521).State
	two := one
	for range 200 {
		by, command := sensible(one)
		left, refusalLeft := Decide(one, by, command, one.Dice())
		right, refusalRight := Decide(two, by, command, two.Dice())
		if diff := cmp.Diff(left, right); diff != "" || refusalLeft != nil || refusalRight != nil {
			t.Fatalf("decisions differ (%v, %v):\n%s", refusalLeft, refusalRight, diff)
		}
		var moved State
		if err := json.Unmarshal(encode(t, two), &moved); err != nil {
			t.Fatal(err)
		}
		two = &moved
		if err := one.ApplyAll(left); err != nil {
			t.Fatal(err)
		}
		if err := two.ApplyAll(right); err != nil {
			t.Fatal(err)
		}
	}
	if one.Combat.Round < 3 && one.Combat.Fight < 2 {
		t.Errorf("the play got no further than %+v", one.Combat)
	}
}
