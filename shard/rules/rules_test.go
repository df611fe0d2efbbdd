// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// SRD 5.2.1, Rules Glossary: the conditions and what they do to rolls.
func TestConditionsChangeRolls(t *testing.T) {
	tests := map[string]struct {
		on        string // the attacker ann or the target bob
		condition ConditionID
		apart     bool // 30 feet, with a bow
		want      []string
		wantNot   []string // disadvantage
	}{
		"a blinded attacker":              {on: "ann", condition: content.Blinded, wantNot: []string{"Unseen target", "Blinded"}},
		"a blinded target":                {on: "bob", condition: content.Blinded, want: []string{"Unseen attacker", "Blinded"}},
		"a frightened attacker":           {on: "ann", condition: content.Frightened, wantNot: []string{"Frightened"}},
		"a poisoned attacker":             {on: "ann", condition: content.Poisoned, wantNot: []string{"Poisoned"}},
		"a poisoned target":               {on: "bob", condition: content.Poisoned},
		"a prone target, near":            {on: "bob", condition: content.Prone, want: []string{"Prone"}},
		"a prone target, far":             {on: "bob", condition: content.Prone, apart: true, wantNot: []string{"Prone"}},
		"a prone attacker":                {on: "ann", condition: content.Prone, wantNot: []string{"Prone"}},
		"a restrained target":             {on: "bob", condition: content.Restrained, want: []string{"Restrained"}},
		"a restrained attacker":           {on: "ann", condition: content.Restrained, wantNot: []string{"Restrained"}},
		"a stunned target":                {on: "bob", condition: content.Stunned, want: []string{"Stunned"}},
		"a paralyzed target":              {on: "bob", condition: content.Paralyzed, want: []string{"Paralyzed"}},
		"an invisible attacker":           {on: "ann", condition: content.Invisible, want: []string{"Unseen attacker"}},
		"an invisible target":             {on: "bob", condition: content.Invisible, wantNot: []string{"Unseen target"}},
		"an attacker grappled by another": {on: "ann", condition: content.Grappled, wantNot: []string{"Grappled"}},
		"a deafened attacker":             {on: "ann", condition: content.Deafened},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			at, attack := Point{6, 5}, "longsword"
			if tc.apart {
				at, attack = Point{11, 5}, "longbow"
			}
			p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", at},
				who{"cat", "captain", "foes", Point{5, 15}})
			p.creature("bob").Orders = OrdersLeave
			p.afflict(tc.on, "cat", tc.condition)
			events, refusal := Decide(p.State, p1, MakeAttack{Attacker: "ann", Target: "bob", Attack: attack}, constant(2))
			if refusal != nil {
				t.Fatal(refusal.Message)
			}
			roll := event[AttackRolled](t, events).Roll
			if !sameSet(roll.Advantage, tc.want) || !sameSet(roll.Disadvantage, tc.wantNot) {
				t.Errorf("advantage %v, disadvantage %v; want %v, %v", roll.Advantage, roll.Disadvantage, tc.want, tc.wantNot)
			}
		})
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// Rules Glossary: Incapacitated, implied by several conditions: it stays until
// the last of them ends.
func TestImpliedConditionsAreCounted(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "goblin", "foes", Point{9, 9}})
	first := p.afflict("ann", "bob", content.Paralyzed)
	p.afflict("ann", "bob", content.Stunned)
	p.wantsCondition("ann", content.Incapacitated, true)
	if err := p.Apply(EffectEnded{Target: "ann", Effect: first}); err != nil {
		t.Fatal(err)
	}
	p.wantsCondition("ann", content.Paralyzed, false)
	p.wantsCondition("ann", content.Incapacitated, true)
	p.refused(p1, Dash{Creature: "ann"}, CodeIncapacitated)
}

// Paralyzed: a hit from within 5 feet is a critical hit; Strength and
// Dexterity saves fail by themselves.
func TestParalyzed(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{6, 5}})
	p.afflict("bob", "ann", content.Paralyzed)
	rolled := event[AttackRolled](t, p.acts("ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "greatsword"}, 10, 9, 3, 3, 3, 3))
	if rolled.Outcome != CriticalHit {
		t.Errorf("the hit is %s", rolled.Outcome)
	}
	saved := event[SaveRolled](t, p.acts("ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "maul"}, 10, 9, 1, 1, 1, 1, 1))
	if saved.Auto { // topple asks for Constitution, which does not fail by itself
		t.Errorf("the save %+v fails by itself", saved)
	}
}

// Rules Glossary: Exhaustion. 5.2.1: -2 on D20 Tests and -5 feet a level, dead
// at six. SRD 5.1: by level.
func TestExhaustion(t *testing.T) {
	for _, tc := range []struct {
		ruleset string
		levels  int
		speed   int
		total   int // of an attack roll of 10
		worse   bool
	}{{RulesetSRD521, 2, 20, 13, false}, {RulesetSRD51, 2, 15, 17, false}, {RulesetSRD51, 3, 15, 17, true}, {RulesetSRD51, 5, 0, 17, true}} {
		p := scuffle(t, tc.ruleset, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{6, 5}})
		for range tc.levels {
			p.do(gm, SetCondition{Creature: "ann", Condition: content.Exhaustion})
		}
		if got := p.speed(p.creature("ann")); got != tc.speed {
			t.Errorf("%s, level %d: Speed %d, want %d", tc.ruleset, tc.levels, got, tc.speed)
		}
		faces := []int{10}
		if tc.worse {
			faces = []int{10, 10}
		}
		events, refusal := Decide(p.State, p1, MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword"}, newList(append(faces, 1)...))
		if refusal != nil {
			t.Fatal(refusal.Message)
		}
		if got := event[AttackRolled](t, events).Roll.Total; got != tc.total {
			t.Errorf("%s, level %d: total %d, want %d", tc.ruleset, tc.levels, got, tc.total)
		}
	}
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{9, 9}}, who{"cid", "rogue", "heroes", Point{3, 3}})
	for range 6 {
		p.do(gm, SetCondition{Creature: "ann", Condition: content.Exhaustion})
	}
	if p.creature("ann").Status != Dead {
		t.Error("six levels of exhaustion did not kill")
	}
}

// Death Saving Throws; Damage at 0 Hit Points; Stabilizing a Character.
func TestDeathTrack(t *testing.T) {
	down := func(t *testing.T) *play {
		p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "goblin", "foes", Point{6, 5}}, who{"cid", "cleric", "heroes", Point{4, 5}})
		p.do(gm, SetHP{Creature: "ann", HP: 0})
		p.turnOf("bob")
		return p
	}
	t.Run("damage is a failure, a critical hit two", func(t *testing.T) {
		p := down(t)
		// Advantage against the unconscious; from beside, every hit is critical.
		p.acts("bob", MakeAttack{Attacker: "bob", Target: "ann", Attack: "scimitar"}, 15, 15, 1, 1, 1, 1)
		if got := p.creature("ann").Death.Failures; got != 2 {
			t.Errorf("%d failures, want 2", got)
		}
	})
	t.Run("first aid", func(t *testing.T) {
		p := down(t)
		p.turnOf("cid")
		p.acts("cid", FirstAid{Creature: "cid", Target: "ann"}, 3)
		if !p.creature("ann").Death.Stable {
			t.Error("3 + 7 against DC 10 did not stabilize")
		}
		p.refused(p1, FirstAid{Creature: "cid", Target: "ann"}, CodeInvalidTarget)
	})
	for name, tc := range map[string]struct {
		faces  []int
		status Status
	}{
		"three successes":    {[]int{10, 11, 12}, Unconscious},
		"three failures":     {[]int{9, 2, 3}, Dead},
		"a 1 fails twice":    {[]int{1, 9}, Dead},
		"a 20 brings 1 back": {[]int{20}, Standing},
	} {
		t.Run(name, func(t *testing.T) {
			p := down(t)
			for _, face := range tc.faces {
				p.turnOf("cid")
				p.do(gm, EndTurn{Creature: "cid"}, face)
			}
			c := p.creature("ann")
			if c.Status != tc.status || tc.status == Standing && c.HP != 1 || tc.status == Unconscious && !c.Death.Stable {
				t.Errorf("ann is %s with %d hit points, %+v", c.Status, c.HP, c.Death)
			}
		})
	}
	t.Run("healing brings back, prone", func(t *testing.T) {
		p := down(t)
		p.turnOf("cid")
		p.acts("cid", Cast{Creature: "cid", Spell: "healing-word", Targets: []string{"ann"}}, 1, 1)
		p.wantsHP("ann", 6)
		p.wantsCondition("ann", content.Prone, true)
		p.wantsCondition("ann", content.Unconscious, false)
	})
}

// Knocking Out a Creature. 5.2.1: 1 hit point and Unconscious; SRD 5.1: 0 and
// stable.
func TestKnockOut(t *testing.T) {
	for _, ruleset := range []string{RulesetSRD521, RulesetSRD51} {
		p := scuffle(t, ruleset, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "goblin", "foes", Point{6, 5}}, who{"cat", "goblin", "foes", Point{16, 5}})
		p.acts("ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword", KnockOut: true}, 15, 8)
		want := 1
		if ruleset == RulesetSRD51 {
			want = 0
		}
		p.wantsHP("bob", want)
		p.wantsCondition("bob", content.Unconscious, true)
		if p.creature("bob").Status == Dead {
			t.Errorf("%s: bob is dead", ruleset)
		}
	}
}

// Concentration: DC 10 or half the damage, at most 30 under 5.2.1; damage that
// temporary hit points take counts; a new spell ends the old one.
func TestConcentration(t *testing.T) {
	start := func(t *testing.T) *play {
		p := scuffle(t, RulesetSRD521, who{"cid", "cleric", "heroes", Point{5, 5}}, who{"bob", "troll", "foes", Point{6, 5}}, who{"ann", "fighter", "heroes", Point{4, 5}})
		p.acts("cid", Cast{Creature: "cid", Spell: "bless", Targets: []string{"cid", "ann"}})
		return p
	}
	t.Run("kept and lost", func(t *testing.T) {
		p := start(t)
		p.turnOf("bob")
		p.creature("cid").TempHP = 30
		// Bless adds its die to the save.
		events := p.acts("bob", MakeAttack{Attacker: "bob", Target: "cid", Attack: "rend"}, 18, 6, 6, 7, 1)
		if saved := event[SaveRolled](t, events); saved.DC != 10 || !saved.Success || len(saved.Roll.Modifiers) != 2 {
			t.Errorf("save %+v", saved)
		}
		p.wantsHP("cid", 38)
		p.acts("bob", MakeAttack{Attacker: "bob", Target: "cid", Attack: "rend"}, 18, 1, 1, 5, 1)
		if p.creature("cid").Concentration != nil || len(p.creature("ann").Effects) != 0 {
			t.Error("the spell goes on without concentration")
		}
	})
	t.Run("a new spell ends the old one", func(t *testing.T) {
		p := start(t)
		p.turnOf("cid")
		p.acts("cid", Cast{Creature: "cid", Spell: "spirit-guardians"})
		if c := p.creature("cid").Concentration; c == nil || c.Spell != "spirit-guardians" || len(p.creature("ann").Effects) != 0 || len(p.Zones) != 1 {
			t.Errorf("concentration %+v, effects %v", c, p.creature("ann").Effects)
		}
	})
	t.Run("the cap", func(t *testing.T) {
		for ruleset, want := range map[string]int{RulesetSRD521: 30, RulesetSRD51: 40} {
			p := scuffle(t, ruleset, who{"cid", "cleric", "heroes", Point{5, 5}}, who{"bob", "troll", "foes", Point{6, 5}})
			p.acts("cid", Cast{Creature: "cid", Spell: "bless", Targets: []string{"cid"}})
			table := &table{State: p.State, rules: editionOf(ruleset), dice: newList(1, 1), next: p.Rolled}
			table.keepConcentration(p.creature("cid"), 80)
			if got := table.events[0].(SaveRolled).DC; got != want {
				t.Errorf("%s: DC %d, want %d", ruleset, got, want)
			}
		}
	})
}

// Durations end at the start or end of the right turn.
func TestDurationsEndOnTime(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"cid", "cleric", "heroes", Point{5, 5}}, who{"bob", "troll", "foes", Point{8, 5}}, who{"ann", "fighter", "heroes", Point{4, 5}})
	p.acts("cid", Cast{Creature: "cid", Spell: "guiding-bolt", Targets: []string{"bob"}}, 15, 1, 1, 1, 1)
	if len(p.creature("bob").Effects) != 1 {
		t.Fatal("the bolt leaves no light")
	}
	p.acts("cid", EndTurn{Creature: "cid"})
	p.acts("bob", EndTurn{Creature: "bob"})
	p.acts("ann", EndTurn{Creature: "ann"})
	if len(p.creature("bob").Effects) != 1 {
		t.Error("it ended before the end of the caster's next turn")
	}
	p.acts("cid", EndTurn{Creature: "cid"})
	if len(p.creature("bob").Effects) != 0 {
		t.Error("it goes on after the end of the caster's next turn")
	}
}

// Every refusal of the closed set has a case somewhere in this package; here
// are those of the whole rules, with a sentence that a player understands.
func TestRefusals(t *testing.T) {
	sc := scenarioOf(t, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"wiz", "wizard", "heroes", Point{3, 5}}, who{"bob", "goblin", "foes", Point{6, 5}},
		who{"rex", "dragon", "foes", Point{15, 10}})
	sc.Map.Doors = []Door{{At: Point{4, 4}}}
	sc.Map.Blocked = []Point{{0, 1}, {1, 0}, {1, 1}} // around the corner at 0, 0
	goblin := func(id string, at Point) AddCreature {
		return AddCreature{Combatant: Combatant{ID: id, Name: id, Side: "foes", Controller: GameMaster, StatBlock: "goblin", Position: at}}
	}
	shielded := func(p *play) {
		ann := p.creature("ann")
		block := *ann.block
		block.Hands = &content.Hands{Shield: &content.Shield{ID: "shield", AC: 2}}
		ann.block, ann.Held = &block, []string{"shield"}
	}
	loads := func(p *play) {
		ann := p.creature("ann")
		block := *ann.block
		block.Actions = slices.Clone(block.Actions)
		bow := block.Action("longbow")
		attack := *bow.Attack
		attack.Properties = append(slices.Clone(attack.Properties), content.Loading)
		bow.Attack, ann.block = &attack, &block
		p.acts("ann", MakeAttack{Attacker: "ann", Target: "rex", Attack: "longbow"}, 2, 3)
	}
	tests := map[string]struct {
		by     string
		c      Command
		change func(p *play)
		want   Code
		text   string
	}{
		"movement":         {"ann", Move{Creature: "ann", Path: []Point{{5, 6}, {5, 7}, {5, 8}, {5, 9}, {5, 10}}}, func(p *play) { p.Combat.Budget.Moved = 20 }, CodeNotEnoughMovement, "10 ft of movement left; that square is 25 ft away"},
		"no speed":         {"ann", Move{Creature: "ann", Path: []Point{{5, 6}}}, func(p *play) { p.afflict("ann", "bob", content.Restrained) }, CodeCannotMove, "its Speed is 0"},
		"fear":             {"ann", Move{Creature: "ann", Path: []Point{{6, 6}, {7, 7}}}, func(p *play) { p.afflict("ann", "rex", content.Frightened) }, CodeFrightened, "cannot come nearer"},
		"charm":            {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword"}, func(p *play) { p.afflict("ann", "bob", content.Charmed) }, CodeCharmed, "charmed"},
		"hidden":           {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword"}, func(p *play) { p.creature("bob").Hiding = 17 }, CodeTargetHidden, "does not know where"},
		"no bonus deed":    {"ann", Disengage{Creature: "ann", Bonus: true}, nil, CodeNotBonus, "bonus action"},
		"hands full":       {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "greatsword"}, shielded, CodeHandsFull, "needs both hands for Greatsword, and holds the shield"},
		"hands bound":      {"ann", Grapple{Creature: "ann", Target: "bob"}, func(p *play) { shielded(p); p.afflictGrip("wiz", "ann") }, CodeHandsFull, "needs a free hand for a grapple, and holds the shield and wiz"},
		"not in hand":      {"ann", Stow{Creature: "ann", Item: "longsword"}, shielded, CodeNotInHand, "does not have Longsword in hand"},
		"to be loaded":     {"ann", MakeAttack{Attacker: "ann", Target: "rex", Attack: "longbow"}, loads, CodeNotLoaded, "has to load Longbow"},
		"no such thing":    {"ann", Draw{Creature: "ann", Item: "whip"}, shielded, CodeUnknownItem, "carries no"},
		"bonus spent":      {"ann", UseAction{Creature: "ann", Action: "second-wind"}, func(p *play) { p.Combat.Budget.Bonus = 0 }, CodeNoBonusLeft, "used its bonus action"},
		"uses":             {"ann", UseAction{Creature: "ann", Action: "action-surge"}, func(p *play) { p.creature("ann").setUsed("action-surge", 1) }, CodeNoUsesLeft, "all for today"},
		"second weapon":    {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword", Off: true}, nil, CodeNoSecondWeapon, "light weapon"},
		"unknown action":   {"ann", UseAction{Creature: "ann", Action: "fly"}, nil, CodeUnknownAction, "no action"},
		"unknown spell":    {"ann", Cast{Creature: "ann", Spell: "fireball"}, nil, CodeUnknownSpell, "does not know"},
		"big":              {"ann", Grapple{Creature: "ann", Target: "rex"}, func(p *play) { p.creature("rex").Position = Point{6, 6} }, CodeTooBig, "too big"},
		"nothing to leave": {"ann", Escape{Creature: "ann"}, nil, CodeNothingToEnd, "Nothing holds"},
		"in sight":         {"ann", Hide{Creature: "ann"}, nil, CodeInPlainSight, "in plain sight"},
		"no such door":     {"ann", Utilize{Creature: "ann", Door: Point{9, 9}}, nil, CodeInvalidPoint, "no door"},
		"slots":            {"wiz", Cast{Creature: "wiz", Spell: "fireball", Point: &Point{15, 10}}, func(p *play) { p.creature("wiz").SlotsSpent = []int{0, 0, 2, 0} }, CodeNoSlotsLeft, "no spell slots of level 3"},
		"slot too small":   {"wiz", Cast{Creature: "wiz", Spell: "fireball", Level: 2, Point: &Point{15, 10}}, nil, CodeWrongSlot, "level 3 to 9"},
		"two slots":        {"wiz", Cast{Creature: "wiz", Spell: "misty-step", Point: &Point{1, 1}}, func(p *play) { p.Combat.Budget.Slot = true }, CodeOneSpell, "only one a turn"},
		"not as an action": {"wiz", Cast{Creature: "wiz", Spell: "shield"}, nil, CodeNotNow, "cannot be cast as an action"},
		"too many targets": {"wiz", Cast{Creature: "wiz", Spell: "fire-bolt", Targets: []string{"bob", "rex"}}, nil, CodeWrongCount, "1 to 1 targets"},
		"blinded":          {"wiz", Cast{Creature: "wiz", Spell: "misty-step", Point: &Point{1, 5}}, func(p *play) { p.afflict("wiz", "bob", content.Blinded) }, CodeNotSeen, "does not see that square"},
		"blinded at darts": {"wiz", Cast{Creature: "wiz", Spell: "magic-missile", Targets: []string{"bob"}}, func(p *play) { p.afflict("wiz", "bob", content.Blinded) }, CodeNotSeen, "does not see"},
		"off the map":      {"wiz", Cast{Creature: "wiz", Spell: "fireball", Point: &Point{50, 10}}, nil, CodeInvalidPoint, "on the map"},
		"waiting":          {"ann", Dash{Creature: "ann"}, func(p *play) { p.Window = &Window{ID: 1, Creature: "wiz", Options: []string{"x"}, Why: "it was hit."} }, CodeWaiting, "Play waits for wiz"},
		"no window":        {"ann", Decline{Window: 9}, nil, CodeNoWindow, "moment has passed"},
		"a player's word":  {"ann", SetHP{Creature: "ann", HP: 9}, nil, CodeRoleNotAllowed, "Only a game master"},
		"running":          {"bob", StartCombat{}, nil, CodeCombatRunning, "going on already"},
		"no fight":         {"bob", EndCombat{}, func(p *play) { p.Combat.Phase = Over }, CodeNoCombat, "no fight"},
		"nobody":           {"ann", MakeAttack{Attacker: "ann", Target: "zed", Attack: "longsword"}, nil, CodeUnknownCreature, "no creature"},
		"another's":        {"ann", Dash{Creature: "bob"}, nil, CodeNotYourCreature, "not yours"},
		"not now":          {"ann", Dash{Creature: "wiz"}, nil, CodeNotYourTurn, "the turn of ann"},
		"down":             {"ann", Dash{Creature: "ann"}, func(p *play) { p.creature("ann").HP, p.creature("ann").Status = 0, Unconscious }, CodeCreatureDown, "is unconscious"},
		"stunned":          {"ann", Dash{Creature: "ann"}, func(p *play) { p.afflict("ann", "bob", content.Stunned) }, CodeIncapacitated, "cannot take actions"},
		"acted":            {"ann", Dash{Creature: "ann"}, func(p *play) { p.Combat.Budget.Actions = 0 }, CodeNoActionLeft, "has used its action"},
		"unknown attack":   {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "x"}, nil, CodeUnknownAttack, "has no attack"},
		"itself":           {"ann", MakeAttack{Attacker: "ann", Target: "ann", Attack: "longsword"}, nil, CodeInvalidTarget, "cannot attack itself"},
		"slippery": {"ann", Grapple{Creature: "ann", Target: "bob"}, func(p *play) {
			block := *p.creature("bob").block
			block.ConditionImmunities = []ConditionID{content.Grappled}
			p.creature("bob").block = &block
		}, CodeWrongTarget, "cannot be grappled"},
		"dead":             {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword"}, func(p *play) { p.creature("bob").HP, p.creature("bob").Status = 0, Dead }, CodeTargetDown, "is dead"},
		"far":              {"ann", MakeAttack{Attacker: "ann", Target: "rex", Attack: "longsword"}, nil, CodeOutOfRange, "feet away"},
		"behind a wall":    {"ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longbow"}, func(p *play) { p.creature("bob").Position = Point{0, 0} }, CodeNoLine, "total cover"},
		"a leap":           {"ann", Move{Creature: "ann", Path: []Point{{8, 8}}}, nil, CodeInvalidPath, "not next to"},
		"a closed door":    {"ann", Move{Creature: "ann", Path: []Point{{4, 4}}}, nil, CodeSquareBlocked, "blocked"},
		"through an enemy": {"ann", Move{Creature: "ann", Path: []Point{{6, 5}}}, nil, CodeSquareOccupied, "stands in the way"},
		"surprised": {"ann", Move{Creature: "ann", Path: []Point{{5, 6}}}, func(p *play) {
			p.Ruleset, p.creature("ann").Surprise = RulesetSRD51, true
		}, CodeSurprised, "first turn"},
		"the same id":   {"bob", goblin("ann", Point{9, 9}), nil, CodeIDTaken, "another id"},
		"no stat block": {"bob", AddCreature{Combatant: Combatant{ID: "x", Name: "X", Side: "foes", Controller: GameMaster, StatBlock: "nobody"}}, nil, CodeUnknownBlock, "no stat block"},
		"full": {"bob", goblin("x", Point{9, 9}), func(p *play) {
			for i := range MaxCombatants - 4 {
				more := goblin(fmt.Sprintf("g-%d", i), Point{i % 30, 13 + i/30})
				more.Initiative = new(int)
				p.do(gm, more)
			}
		}, CodeTableFull, "all there can be"},
		"too few":     {"bob", RemoveCreature{Creature: "ann"}, func(p *play) { p.do(gm, RemoveCreature{Creature: "wiz"}); p.do(gm, RemoveCreature{Creature: "rex"}) }, CodeTooFew, "at least 2"},
		"in its turn": {"bob", RemoveCreature{Creature: "bob"}, nil, CodeItsTurn, "end it first"},
		"one side only": {"bob", StartCombat{}, func(p *play) {
			p.do(gm, EndCombat{})
			for i := range p.Creatures {
				p.Creatures[i].Side = "heroes"
			}
		}, CodeNoFoes, "nobody to fight"},
		"recharging": {"rex", UseAction{Creature: "rex", Action: "fire-breath", Point: &Point{5, 5}}, func(p *play) { p.creature("rex").setUsed("fire-breath", 1) }, CodeNotRecharged, "not recharged"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := scuffleIn(t, RulesetSRD521, sc)
			p.turnOf(tc.by)
			if tc.change != nil {
				tc.change(p)
			}
			if got := p.refused(p.by(tc.by), tc.c, tc.want); !strings.Contains(got.Message, tc.text) {
				t.Errorf("%q does not say %q", got.Message, tc.text)
			} else if !strings.HasSuffix(got.Message, ".") || strings.Contains(got.Message, "_") {
				t.Errorf("%q is no sentence for a player", got.Message)
			}
		})
	}
	// The others are of what is no command (TestMalformedCommands), or no fault of
	// the player's.
	others := []Code{CodeMalformedCommand, CodeUnknownCommand, CodeInternal}
	for _, code := range Codes() {
		proved := slices.Contains(others, code)
		for _, tc := range tests {
			proved = proved || tc.want == code
		}
		if !proved {
			t.Errorf("nothing is refused with %s", code)
		}
	}
}
