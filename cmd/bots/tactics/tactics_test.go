// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

var (
	sword = rules.Attack{ID: "sword", Name: "Sword", Kind: rules.Melee, AttackBonus: 5, Reach: 5, Damage: []rules.DamageDice{{Dice: "1d8+3", Type: rules.Slashing}}}
	bow   = rules.Attack{ID: "bow", Name: "Bow", Kind: rules.Ranged, AttackBonus: 5, Range: 20, LongRange: 40, Damage: []rules.DamageDice{{Dice: "1d6+3", Type: rules.Piercing}}}
)

func board(action bool, movement int, me, enemy Creature, others ...Creature) *Board {
	me.ID, me.Side, me.Status = "me", "heroes", rules.Standing
	enemy.ID, enemy.Side = "foe", "goblins"
	if enemy.Status == "" {
		enemy.Status = rules.Standing
	}
	return &Board{Width: 12, Height: 3, Action: action, Movement: movement,
		Blocked: map[rules.Point]bool{}, Creatures: append([]Creature{me, enemy}, others...)}
}

func TestNext(t *testing.T) {
	at := func(x, y int, attacks ...rules.Attack) Creature {
		return Creature{Position: rules.Point{x, y}, Attacks: attacks}
	}
	tests := map[string]struct {
		board *Board
		want  rules.Command
	}{
		"in reach: strike":               {board(true, 30, at(0, 0, bow, sword), at(1, 1)), rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "sword"}},
		"in range: shoot":                {board(true, 30, at(0, 0, bow, sword), at(4, 0)), rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "bow"}},
		"no action left: end":            {board(false, 30, at(0, 0, sword), at(1, 0)), rules.EndTurn{Creature: "me"}},
		"far: walk up to it":             {board(true, 30, at(0, 0, sword), at(4, 0)), rules.Move{Creature: "me", Path: []rules.Point{{1, 0}, {2, 0}, {3, 0}}}},
		"too far: walk what is left":     {board(true, 10, at(0, 0, sword), at(9, 0)), rules.Move{Creature: "me", Path: []rules.Point{{1, 0}, {2, 0}}}},
		"no movement: dash":              {board(true, 0, at(0, 0, sword), at(9, 0)), rules.Dash{Creature: "me"}},
		"no movement: long range":        {board(true, 0, at(0, 0, bow), at(7, 0)), rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "bow"}},
		"nobody stands: dodge":           {board(true, 30, at(0, 0, sword), Creature{Position: rules.Point{1, 0}, Status: rules.Unconscious}), rules.Dodge{Creature: "me"}},
		"nothing to fight with: end":     {board(true, 30, at(0, 0), at(1, 0)), rules.EndTurn{Creature: "me"}},
		"not on the board: end":          {&Board{Action: true}, rules.EndTurn{Creature: "me"}},
		"nearest enemy first":            {board(true, 30, at(0, 0, bow), at(4, 0), Creature{ID: "near", Side: "goblins", Status: rules.Standing, Position: rules.Point{2, 0}}), rules.MakeAttack{Attacker: "me", Target: "near", Attack: "bow"}},
		"friends are no targets":         {board(true, 0, at(0, 0, sword), at(9, 0), Creature{ID: "pal", Side: "heroes", Status: rules.Standing, Position: rules.Point{1, 0}}), rules.Dash{Creature: "me"}},
		"no way there, bow out of range": {walled(board(true, 30, at(0, 0, sword), at(9, 0))), rules.Dodge{Creature: "me"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Next(tc.board, "me")); diff != "" {
				t.Errorf("Next (-want +got):\n%s", diff)
			}
		})
	}
}

func walled(b *Board) *Board {
	for y := range b.Height {
		b.Blocked[rules.Point{5, y}] = true
	}
	return b
}

func TestWalksAroundWallsWithoutCuttingCorners(t *testing.T) {
	b := board(true, 60, Creature{Position: rules.Point{0, 0}, Attacks: []rules.Attack{sword}}, Creature{Position: rules.Point{4, 0}})
	b.Blocked[rules.Point{2, 0}], b.Blocked[rules.Point{2, 1}] = true, true
	move, ok := Next(b, "me").(rules.Move)
	if !ok {
		t.Fatal("it does not move")
	}
	want := []rules.Point{{0, 1}, {1, 2}, {2, 2}, {3, 2}, {3, 1}}
	if len(move.Path) != len(want) || move.Path[len(want)-1] != want[len(want)-1] {
		t.Errorf("path = %v, want one as long as %v", move.Path, want)
	}
}

// A Tiny creature goes where there is room beside three others, and not where there are
// four.
func TestTinyOnesShareSquares(t *testing.T) {
	corridor := func(crowd int) *Board {
		b := board(true, 30, Creature{Position: rules.Point{0, 0}, Size: "tiny", Attacks: []rules.Attack{sword}}, Creature{Position: rules.Point{3, 0}})
		b.Height = 1
		for i := range crowd {
			b.Creatures = append(b.Creatures, Creature{ID: fmt.Sprint(i), Side: "heroes", Size: "tiny", Status: rules.Standing, Position: rules.Point{2, 0}})
		}
		return b
	}
	want := rules.Move{Creature: "me", Path: []rules.Point{{1, 0}, {2, 0}}}
	if got := Next(corridor(3), "me"); !cmp.Equal(got, want) {
		t.Errorf("beside three: %+v, want %+v", got, want)
	}
	if got, is := Next(corridor(4), "me").(rules.Move); is {
		t.Errorf("beside four: %+v", got)
	}
}

// A legendary action that moves is taken where its way leads to an enemy, a readied move
// as far as it goes.
func TestAnswersThatMove(t *testing.T) {
	pounce := Action{ID: "pounce", Cost: "legendary", Attack: true, Target: "creature", Reach: 5, MoveUpTo: -1}
	legendary := &Window{ID: 7, Creature: "me", Kind: rules.AskLegendary, Options: []string{"gaze", "pounce"}}
	waited := &Window{ID: 7, Creature: "me", Kind: rules.AskReady, Options: []string{"move"}}
	for name, tc := range map[string]struct {
		far, speed int
		window     *Window
		want       rules.Command
	}{
		"in reach":      {1, 40, legendary, rules.React{Window: 7, Option: "pounce", Target: "foe"}},
		"half of speed": {4, 30, legendary, rules.React{Window: 7, Option: "pounce", Target: "foe", Path: []rules.Point{{1, 0}, {2, 0}, {3, 0}}}},
		"too far":       {5, 30, legendary, rules.Decline{Window: 7}},
		"readied":       {5, 15, waited, rules.React{Window: 7, Option: "move", Path: []rules.Point{{1, 0}, {2, 0}, {3, 0}}}},
		"nowhere to go": {1, 0, waited, rules.Decline{Window: 7}},
	} {
		b := board(false, 0, Creature{Position: rules.Point{0, 0}, Speed: tc.speed, Attacks: []rules.Attack{sword}, Actions: []Action{pounce}},
			Creature{Position: rules.Point{tc.far, 0}})
		b.Height = 1
		if diff := cmp.Diff(tc.want, Answer(b, tc.window)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestFightsToTheEnd plays fights against the real rules: every command that
// the tactics choose is legal, and every fight comes to an end.
func TestFightsToTheEnd(t *testing.T) {
	for seed := range byte(20) {
		state := fight(t, seed)
		commands := 0
		for ; state.Combat.Phase != rules.Over && commands < 2000; commands++ {
			turn, by, b := seat(t, state)
			if turn.Window != nil {
				act(t, state, by, Answer(b, turn.Window))
				continue
			}
			act(t, state, by, Next(b, turn.Creature))
		}
		if state.Combat.Phase != rules.Over {
			t.Errorf("seed %d: no end after %d commands", seed, commands)
		}
	}
}

// seat is where a bot sits: whose turn it is, who plays it, and what that one sees.
func seat(t *testing.T, state *rules.State) (Turn, rules.Actor, *Board) {
	t.Helper()
	turn, err := ReadTurn(document(state, rules.ViewGM))
	if err != nil {
		t.Fatal(err)
	}
	by := rules.Actor{Player: turn.Controller, Role: rules.RolePlayer}
	if turn.Controller == rules.GameMaster {
		by = rules.Actor{Player: "gm", Role: rules.RoleGM}
	}
	b, err := ReadBoard(document(state, rules.ViewFor(by)), turn.Creature)
	if err != nil {
		t.Fatal(err)
	}
	return turn, by, b
}

func act(t *testing.T, state *rules.State, by rules.Actor, c rules.Command) {
	t.Helper()
	events, refusal := rules.Decide(state, by, c, state.Dice())
	if refusal != nil {
		t.Fatalf("%#v was refused: %s", c, refusal.Message)
	}
	if err := state.ApplyAll(events); err != nil {
		t.Fatal(err)
	}
}

func fight(t *testing.T, seed byte) *rules.State {
	t.Helper()
	sc := rules.Scenario{Map: rules.Map{Width: 16, Height: 8, Blocked: []rules.Point{{7, 2}, {7, 3}, {7, 4}, {8, 4}}}}
	for i := range 5 {
		attacks := []rules.Attack{sword}
		if i%2 == 0 {
			attacks = []rules.Attack{bow, sword}
		}
		hero := rules.Combatant{ID: fmt.Sprintf("hero-%d", i), Name: "Hero", Side: "heroes", Controller: fmt.Sprintf("p%d", i),
			Position: rules.Point{1, i}, AC: 15, MaxHP: 20, Speed: 30, Dexterity: 12, Attacks: attacks}
		foe := hero
		foe.ID, foe.Name, foe.Side, foe.Controller = fmt.Sprintf("goblin-%d", i), "Goblin", "goblins", rules.GameMaster
		foe.Position, foe.MaxHP = rules.Point{14, i}, 12
		sc.Combatants = append(sc.Combatants, hero, foe)
	}
	state, err := rules.New(sc, rules.RulesetSRD521, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	act(t, state, rules.Actor{Player: "gm", Role: rules.RoleGM}, rules.StartCombat{})
	return state
}

func document(s *rules.State, v rules.View) *wire.Document {
	leaves := map[string]json.RawMessage{}
	for _, entity := range s.Entities() {
		for _, leaf := range s.Render(v, entity) {
			leaves[leaf.Path] = leaf.Value
		}
	}
	return wire.NewDocument(wire.Position{}, leaves)
}

func TestReadingAnEmptyView(t *testing.T) {
	if _, err := ReadTurn(new(wire.Document)); err == nil {
		t.Error("ReadTurn went through")
	}
	if _, err := ReadBoard(new(wire.Document), "me"); err == nil {
		t.Error("ReadBoard went through")
	}
}
