// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"slices"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// SRD 5.2.1, Opportunity Attacks: before the creature leaves the reach; not on
// Disengage, teleport or forced movement; a reaction.
func TestOpportunityAttacks(t *testing.T) {
	start := func(t *testing.T) *play {
		return scuffle(t, RulesetSRD521, who{"ann", "rogue", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{6, 5}}, who{"wiz", "wizard", "heroes", Point{9, 9}})
	}
	away := Move{Creature: "ann", Path: []Point{{4, 5}, {3, 5}}}
	t.Run("asked before it leaves", func(t *testing.T) {
		p := start(t)
		p.acts("ann", away)
		if p.Window == nil || p.Window.Kind != AskOpportunity || p.creature("ann").Position != (Point{5, 5}) {
			t.Fatalf("window %+v, ann at %v", p.Window, p.creature("ann").Position)
		}
		p.refused(p1, EndTurn{Creature: "ann"}, CodeWaiting)
		p.answers("scimitar", 15)
		p.answers("", 3) // Uncanny Dodge is declined
		p.wantsHP("ann", 33-6)
		if p.creature("ann").Position != (Point{3, 5}) || !p.creature("bob").ReactionSpent {
			t.Errorf("ann is at %v, bob's reaction is spent: %v", p.creature("ann").Position, p.creature("bob").ReactionSpent)
		}
	})
	t.Run("who drops goes no farther", func(t *testing.T) {
		p := start(t)
		p.creature("ann").HP = 2
		p.creature("ann").ReactionSpent = true
		p.acts("ann", away)
		p.answers("scimitar", 15, 3)
		if c := p.creature("ann"); c.Position != (Point{5, 5}) || c.Status != Unconscious || p.onTurn().ID == "ann" {
			t.Errorf("ann is %s at %v in the turn of %s", c.Status, c.Position, p.onTurn().ID)
		}
	})
	for name, change := range map[string]func(p *play){
		"disengaged":         func(p *play) { p.acts("ann", Disengage{Creature: "ann", Bonus: true}) },
		"reaction spent":     func(p *play) { p.creature("bob").ReactionSpent = true },
		"incapacitated":      func(p *play) { p.afflict("bob", "wiz", content.Stunned) },
		"unseen":             func(p *play) { p.creature("ann").Hiding = 20 },
		"orders to leave it": func(p *play) { p.creature("bob").Orders = OrdersLeave },
	} {
		t.Run("not "+name, func(t *testing.T) {
			p := start(t)
			change(p)
			p.acts("ann", away)
			if p.Window != nil || p.creature("ann").Position != (Point{3, 5}) {
				t.Errorf("window %+v, ann at %v", p.Window, p.creature("ann").Position)
			}
		})
	}
	t.Run("within reach it provokes nothing", func(t *testing.T) {
		p := start(t)
		p.acts("ann", Move{Creature: "ann", Path: []Point{{5, 6}}})
		if p.Window != nil {
			t.Errorf("window %+v", p.Window)
		}
	})
}

// A slow or absent player stalls nobody: the wait ends with the default answer,
// which is recorded; so does a turn.
func TestWaitsLapse(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{6, 5}})
	turn, waits := p.Deadline()
	if !waits || turn.Seconds != DefaultTurnSeconds {
		t.Fatalf("deadline %+v, %v", turn, waits)
	}
	p.acts("ann", Move{Creature: "ann", Path: []Point{{4, 5}}})
	window, waits := p.Deadline()
	if !waits || window == turn || window.Seconds != DefaultReactionSeconds {
		t.Fatalf("deadline %+v, %v", window, waits)
	}
	table := Actor{Role: RoleTable}
	p.refused(table, Lapse{Deadline: turn}, CodeNoWindow) // not what play waits for
	p.refused(gm, Lapse{Deadline: window}, CodeNoWindow)  // no player's to say
	closed := event[WindowClosed](t, p.do(table, Lapse{Deadline: window}))
	if !closed.Lapsed || closed.Answer != "" || p.creature("ann").Position != (Point{4, 5}) {
		t.Errorf("%+v, ann at %v", closed, p.creature("ann").Position)
	}
	again, _ := p.Deadline()
	ended := event[TurnEnded](t, p.do(table, Lapse{Deadline: again}))
	if !ended.Lapsed || p.onTurn().ID != "bob" {
		t.Errorf("%+v, turn of %s", ended, p.onTurn().ID)
	}
	if _, refusal := DecodeCommand([]byte(`{"type":"lapse"}`)); refusal == nil {
		t.Error("a client can end a wait")
	}
}

// Shield turns a hit into a miss and stops Magic Missile; Parry adds 2 for one
// attack only; Uncanny Dodge halves.
func TestReactionsToHits(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"bob", "captain", "foes", Point{6, 5}}, who{"wiz", "wizard", "heroes", Point{5, 5}}, who{"ann", "fighter", "heroes", Point{7, 5}},
		who{"rog", "rogue", "heroes", Point{6, 6}})
	p.acts("bob", MakeAttack{Attacker: "bob", Target: "wiz", Attack: "scimitar"}, 10) // 15 against 12
	if p.Window == nil || !slices.Equal(p.Window.Options, []string{"spell:shield"}) {
		t.Fatalf("window %+v", p.Window)
	}
	turned := event[AttackTurned](t, p.answers("spell:shield"))
	if turned.AC != 17 {
		t.Errorf("AC %d, want 17", turned.AC)
	}
	p.wantsHP("wiz", 27)
	if got := p.creature("wiz").SlotsSpent[0]; got != 1 {
		t.Errorf("%d slots spent, want 1", got)
	}
	p.acts("bob", MakeAttack{Attacker: "bob", Target: "rog", Attack: "scimitar"}, 12 /* 17 against 15 */)
	p.answers("uncanny-dodge", 6)
	p.wantsHP("rog", 33-4) // 9 halved

	p.turnOf("ann")
	p.creature("bob").ReactionSpent = false
	p.acts("ann", MakeAttack{Attacker: "ann", Target: "bob", Attack: "longsword"}, 9) // 16 against 15
	p.answers("parry")
	p.wantsHP("bob", 52)
	if len(p.creature("bob").Effects) != 0 {
		t.Errorf("the parry lasts: %+v", p.creature("bob").Effects)
	}
}

// Counterspell: the caster saves, or the spell is gone and the slot kept.
func TestCounterspell(t *testing.T) {
	for _, tc := range []struct {
		save, hp, spent int
	}{{2, 44, 0}, {19, 44 - 15, 1}} {
		p := scuffle(t, RulesetSRD521, who{"wiz", "wizard", "heroes", Point{5, 5}}, who{"evil", "wizard", "foes", Point{9, 5}}, who{"ann", "fighter", "heroes", Point{9, 9}})
		p.turnOf("evil")
		p.acts("evil", Cast{Creature: "evil", Spell: "magic-missile", Targets: []string{"ann", "ann", "ann"}})
		if p.Window == nil || p.Window.Creature != "wiz" {
			t.Fatalf("window %+v", p.Window)
		}
		faces := []int{tc.save}
		if tc.save > 10 {
			faces = append(faces, 4)
		}
		p.answers("spell:counterspell", faces...)
		p.wantsHP("ann", tc.hp)
		if got := p.creature("evil").slotsSpent(1); got != tc.spent {
			t.Errorf("%d slots spent, want %d", got, tc.spent)
		}
	}
}

// Ready: the trigger comes, the reaction follows it.
func TestReady(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "fighter", "heroes", Point{5, 5}}, who{"bob", "goblin", "foes", Point{15, 5}}, who{"cat", "goblin", "foes", Point{25, 5}})
	p.acts("ann", Ready{Creature: "ann", Trigger: readyMove, Within: 30, Action: "longbow"})
	p.acts("ann", EndTurn{Creature: "ann"})
	p.acts("bob", Move{Creature: "bob", Path: []Point{{14, 5}, {13, 5}}})
	if p.Window != nil {
		t.Fatal("asked although bob is 40 feet away")
	}
	p.acts("bob", Move{Creature: "bob", Path: []Point{{12, 5}, {11, 5}}})
	if p.Window == nil || p.Window.Kind != AskReady {
		t.Fatalf("window %+v", p.Window)
	}
	p.answers("ready", 15, 8)
	p.wantsHP("bob", 1)
	if p.creature("ann").Ready != nil || !p.creature("ann").ReactionSpent {
		t.Error("ann still waits, or has her reaction")
	}
}

// Legendary actions after another's turn, legendary resistance, recharge.
func TestLegendary(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"rex", "dragon", "foes", Point{5, 5}}, who{"wiz", "wizard", "heroes", Point{9, 5}}, who{"ann", "fighter", "heroes", Point{20, 15}})
	p.acts("rex", UseAction{Creature: "rex", Action: "fire-breath", Point: &Point{9, 5}}, append(fill(17, 3), 20)...)
	p.wantsHP("wiz", 27-25)
	p.acts("rex", EndTurn{Creature: "rex"})
	p.acts("wiz", Cast{Creature: "wiz", Spell: "banishment", Targets: []string{"rex"}}, 1)
	if p.Window == nil || p.Window.Kind != AskResistance {
		t.Fatalf("window %+v", p.Window)
	}
	p.answers("resist")
	if c := p.creature("rex"); c.Resisted != 1 || c.removed() {
		t.Errorf("rex resisted %d times, banished: %v", c.Resisted, c.removed())
	}
	p.acts("wiz", EndTurn{Creature: "wiz"})
	if p.Window == nil || p.Window.Kind != AskLegendary || p.onTurn().ID != "wiz" {
		t.Fatalf("window %+v in the turn of %s", p.Window, p.onTurn().ID)
	}
	p.refused(gm, React{Window: p.Window.ID, Option: "pounce", Target: "ann"}, CodeOutOfRange)
	p.do(gm, React{Window: p.Window.ID, Option: "presence", Target: "ann"}, 2)
	p.wantsCondition("ann", content.Frightened, true)
	if p.creature("rex").LegendarySpent != 1 || p.onTurn().ID != "ann" {
		t.Errorf("%d legendary actions spent, turn of %s", p.creature("rex").LegendarySpent, p.onTurn().ID)
	}
	p.acts("ann", EndTurn{Creature: "ann"})
	if slices.Contains(p.Window.Options, "presence") {
		t.Error("presence is good once a round")
	}
	p.answers("", 4)                                   // the breath does not recharge on a 4
	p.wantsCondition("ann", content.Frightened, false) // until the end of her turn
	p.refused(gm, UseAction{Creature: "rex", Action: "fire-breath", Point: &Point{9, 5}}, CodeNotRecharged)
	if p.creature("rex").LegendarySpent != 0 {
		t.Error("legendary actions are not back")
	}
}

func fill(n, face int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = face
	}
	return list
}

// A fight that is handed over in the middle of a window goes on the same.
func TestWindowsSurviveTheStore(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"ann", "rogue", "heroes", Point{5, 5}}, who{"bob", "captain", "foes", Point{6, 5}})
	p.acts("ann", Move{Creature: "ann", Path: []Point{{4, 5}, {3, 5}}})
	var other State
	if err := json.Unmarshal(encode(t, p.State), &other); err != nil {
		t.Fatal(err)
	}
	answer := React{Window: p.Window.ID, Option: "scimitar"}
	one, _ := Decide(p.State, gm, answer, p.Dice())
	two, _ := Decide(&other, gm, answer, other.Dice())
	if mustJSON(one) != mustJSON(two) || len(one) == 0 {
		t.Errorf("decided %s\nand      %s", mustJSON(one), mustJSON(two))
	}
}
