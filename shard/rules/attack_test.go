// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
)

// SRD 5.2.1, D20 Tests: Attack Rolls; Rolling 20 or 1; Critical Hits.
func TestAttackRoll(t *testing.T) {
	// Aria's sword has +5 and 1d8+3; goblin-1 beside her has AC 15, 10 HP.
	tests := map[string]struct {
		faces       []int
		ac          int
		wantOutcome Outcome
		wantDealt   int
	}{
		"the total meets the AC":            {faces: []int{10, 2}, ac: 15, wantOutcome: Hit, wantDealt: 5},
		"one short":                         {faces: []int{9}, ac: 15, wantOutcome: Miss},
		"a natural 20 hits any AC":          {faces: []int{20, 1, 2}, ac: 40, wantOutcome: CriticalHit, wantDealt: 6},
		"a natural 1 misses any AC":         {faces: []int{1}, ac: 1, wantOutcome: Miss},
		"a critical doubles dice not bonus": {faces: []int{20, 3, 1}, ac: 15, wantOutcome: CriticalHit, wantDealt: 7},
		"19 is no critical":                 {faces: []int{19, 1}, ac: 15, wantOutcome: Hit, wantDealt: 4},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, func(sc *Scenario) { sc.Combatants[2].AC = tc.ac })
			events := p.do(p1, MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, tc.faces...)
			rolled := event[AttackRolled](t, events)
			want := AttackRolled{Attacker: "aria", Target: "goblin-1", Attack: "sword", AC: tc.ac, Outcome: tc.wantOutcome, Price: Price{Actions: 1},
				Roll: D20Roll{First: 4, Faces: tc.faces[:1], Natural: tc.faces[0], Total: tc.faces[0] + 5,
					Modifiers: []Modifier{{Source: "Longsword", Value: 5}}}}
			if diff := cmp.Diff(want, rolled); diff != "" {
				t.Errorf("roll (-want +got):\n%s", diff)
			}
			if got, want := p.creature("goblin-1").HP, 10-tc.wantDealt; got != want {
				t.Errorf("%d HP left, want %d", got, want)
			}
			if p.Combat.Budget.Actions != 0 {
				t.Error("the attack did not spend the action")
			}
			if got, want := p.Rolled, uint64(4+len(tc.faces)); got != want {
				t.Errorf("%d dice counted, want %d", got, want)
			}
		})
	}
}

// SRD 5.2.1, Making an Attack: Range, Reach; Ranged Attacks in Close Combat;
// Rules Glossary: Dodge.
func TestAttackDisadvantage(t *testing.T) {
	tests := map[string]struct {
		attack, target string
		at             Point // where aria stands
		change         func(p *play)
		want           []string
	}{
		"melee":                        {attack: "sword", target: "goblin-1", at: Point{2, 2}},
		"bow in normal range":          {attack: "bow", target: "goblin-2", at: Point{5, 3}},
		"bow at long range":            {attack: "bow", target: "ogre", at: Point{1, 4}, want: []string{sourceLongRange}},
		"bow beside an enemy":          {attack: "bow", target: "goblin-1", at: Point{2, 2}, want: []string{sourceCloseEnemy}},
		"both":                         {attack: "bow", target: "ogre", at: Point{2, 2}, want: []string{sourceCloseEnemy, sourceLongRange}},
		"an enemy that lies":           {attack: "bow", target: "goblin-2", at: Point{4, 2}, change: fallen("goblin-1", Unconscious)},
		"a dead enemy":                 {attack: "bow", target: "goblin-2", at: Point{4, 2}, change: fallen("goblin-1", Dead)},
		"a dodging target":             {attack: "sword", target: "goblin-1", at: Point{2, 2}, change: dodgingNow("goblin-1", 30), want: []string{"Dodge"}},
		"a dodging target of Speed 0":  {attack: "sword", target: "goblin-1", at: Point{2, 2}, change: dodgingNow("goblin-1", 0)},
		"a dodging target, far, close": {attack: "bow", target: "ogre", at: Point{2, 2}, change: dodgingNow("ogre", 40), want: []string{sourceCloseEnemy, sourceLongRange, "Dodge"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, nil)
			p.creature("aria").Position = tc.at
			if tc.change != nil {
				tc.change(p)
			}
			faces, natural := []int{3}, 3
			if tc.want != nil {
				faces, natural = []int{12, 3}, 3
			}
			rolled := event[AttackRolled](t, p.do(p1, MakeAttack{Attacker: "aria", Target: tc.target, Attack: tc.attack}, faces...))
			if diff := cmp.Diff(tc.want, rolled.Roll.Disadvantage); diff != "" {
				t.Errorf("disadvantage (-want +got):\n%s", diff)
			}
			if rolled.Roll.Natural != natural {
				t.Errorf("natural %d, want the lower die %d", rolled.Roll.Natural, natural)
			}
		})
	}
}

// SRD 5.2.1, D20 Tests: Advantage/Disadvantage; They Don't Stack.
func TestAdvantageAndDisadvantage(t *testing.T) {
	one, two := []string{"a"}, []string{"a", "b"}
	tests := map[string]struct {
		advantage, disadvantage []string
		faces                   []int
		want                    int
	}{
		"neither":                     {faces: []int{7}, want: 7},
		"advantage takes the higher":  {advantage: one, faces: []int{7, 15}, want: 15},
		"disadvantage takes the less": {disadvantage: one, faces: []int{7, 15}, want: 7},
		"two do not add up":           {advantage: two, faces: []int{7, 15}, want: 15},
		"one of each is a plain d20":  {advantage: one, disadvantage: one, faces: []int{7}, want: 7},
		"two against one as well":     {advantage: two, disadvantage: one, faces: []int{7}, want: 7},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			list := newList(tc.faces...)
			bearer := &Creature{Status: Standing, block: &content.Creature{}}
			table := &table{State: &State{Ruleset: RulesetSRD521}, rules: &srd521, dice: list}
			roll := table.test(&contest{roll: content.RollCheck, bearer: bearer}, tc.advantage, tc.disadvantage,
				Modifier{Source: "x", Value: 2}, Modifier{Source: "y", Value: -1})
			if roll.Natural != tc.want || roll.Total != tc.want+1 || len(list.Left()) != 0 {
				t.Errorf("got %+v with %v left, want natural %d", roll, list.Left(), tc.want)
			}
		})
	}
}

func TestAttackRefused(t *testing.T) {
	tests := map[string]struct {
		attack MakeAttack
		change func(p *play)
		want   Code
	}{
		"unknown attack":   {attack: MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "axe"}, want: CodeUnknownAttack},
		"unknown target":   {attack: MakeAttack{Attacker: "aria", Target: "dragon", Attack: "sword"}, want: CodeUnknownCreature},
		"itself":           {attack: MakeAttack{Attacker: "aria", Target: "aria", Attack: "sword"}, want: CodeInvalidTarget},
		"out of reach":     {attack: MakeAttack{Attacker: "aria", Target: "goblin-2", Attack: "sword"}, want: CodeOutOfRange},
		"dead target":      {attack: MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}, change: fallen("goblin-1", Dead), want: CodeTargetDown},
		"past long range":  {attack: MakeAttack{Attacker: "aria", Target: "ogre", Attack: "bow"}, change: func(p *play) { p.creature("ogre").Position = Point{13, 7}; p.creature("aria").Position = Point{0, 0} }, want: CodeOutOfRange},
		"not your turn":    {attack: MakeAttack{Attacker: "brom", Target: "goblin-1", Attack: "sword"}, want: CodeNotYourCreature},
		"unknown attacker": {attack: MakeAttack{Attacker: "zed", Target: "goblin-1", Attack: "sword"}, want: CodeUnknownCreature},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, nil)
			if tc.change != nil {
				tc.change(p)
			}
			p.refused(p1, tc.attack, tc.want)
		})
	}
}

// Playing on a Grid: Ranges. A reach of 10 feet is two squares, diagonals too.
func TestReach(t *testing.T) {
	for at, want := range map[Point]bool{{8, 4}: true, {8, 2}: true, {12, 6}: true, {7, 4}: false, {8, 1}: false} {
		p := fight(t, nil)
		p.ogresTurn()
		p.creature("aria").Position = at
		_, refusal := Decide(p.State, gm, MakeAttack{Attacker: "ogre", Target: "aria", Attack: "club"}, newList(2))
		if got := refusal == nil; got != want {
			t.Errorf("aria at %v in reach = %v, want %v", at, got, want)
		}
	}
}

// docs/rulings.md: allies can be attacked; nobody behind total cover.
func TestRuledAttacks(t *testing.T) {
	p := fight(t, nil)
	p.do(p1, MakeAttack{Attacker: "aria", Target: "brom", Attack: "sword"}, 2)

	p = fight(t, nil)
	p.creature("aria").Position, p.creature("goblin-2").Position = Point{4, 5}, Point{6, 5} // (5,5) is blocked
	p.refused(p1, MakeAttack{Attacker: "aria", Target: "goblin-2", Attack: "bow"}, CodeNoLine)
}

func dodgingNow(id string, speed int) func(*play) {
	return func(p *play) {
		c := p.creature(id)
		block := *c.block
		block.Speed.Walk = speed
		c.block = &block
		p.Serial++
		c.Effects = append(c.Effects, Effect{ID: p.Serial, Name: "Dodge", Source: id, Origin: "dodge", Body: dodging})
	}
}
