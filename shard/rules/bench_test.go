// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"fmt"
	"testing"

	"gamesession.dev/operator/shard/rules/dice"
)

// crowd is a fight of ten heroes and ten goblins, aria beside goblin-1.
func crowd(b testing.TB) *State {
	sc := ambush()
	for i := range 15 {
		extra := sc.Combatants[2+i%3]
		extra.ID, extra.Position = fmt.Sprintf("%s-x%d", extra.ID, i), Point{i % 14, 7}
		if i == 14 {
			extra.Position = Point{0, 6}
		}
		sc.Combatants = append(sc.Combatants, extra)
	}
	s, err := New(sc, RulesetSRD521, [32]byte{3})
	if err != nil {
		b.Fatal(err)
	}
	events, _ := Decide(s, gm, StartCombat{}, s.Dice())
	if err := s.ApplyAll(events); err != nil {
		b.Fatal(err)
	}
	for s.onTurn().ID != "aria" {
		events, _ := Decide(s, gm, EndTurn{Creature: s.onTurn().ID}, s.Dice())
		if err := s.ApplyAll(events); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

var attack = MakeAttack{Attacker: "aria", Target: "goblin-1", Attack: "sword"}

// BenchmarkAttack decides as a session does: on a draft that it keeps, with the dice
// of the session.
func BenchmarkAttack(b *testing.B) {
	s := crowd(b)
	target := s.creature("goblin-1")
	var draft Draft
	b.ReportAllocs()
	for b.Loop() {
		draft.Begin(s)
		events, refusal := draft.Decide(p1, attack, draft.Dice())
		if refusal != nil {
			b.Fatal(refusal.Message)
		}
		if err := s.ApplyAll(events); err != nil {
			b.Fatal(err)
		}
		s.Combat.Budget.Actions, target.HP, target.Status = 1, target.MaxHP(), Standing
		target.Effects, target.Harmed = nil, nil
	}
}

func BenchmarkDecodeCommand(b *testing.B) {
	raw, err := EncodeCommand(Move{Creature: "aria", Path: []Point{{1, 2}, {1, 3}, {1, 4}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, refusal := DecodeCommand(raw); refusal != nil {
			b.Fatal(refusal.Message)
		}
	}
}

func hit(b *testing.B, s *State) []Event {
	events, refusal := Decide(s, p1, attack, dice.NewListed(15, 4))
	if refusal != nil {
		b.Fatal(refusal.Message)
	}
	return events
}

func BenchmarkEncodeEvents(b *testing.B) {
	events := hit(b, crowd(b))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := EncodeEvents(events); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeEvents(b *testing.B) {
	raw, err := EncodeEvents(hit(b, crowd(b)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeEvents(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRenderTouched(b *testing.B) {
	s := crowd(b)
	events := hit(b, s)
	var leaves Leaves
	b.ReportAllocs()
	for b.Loop() {
		leaves.Reset()
		for _, entity := range s.Touched(events) {
			for _, view := range Views() {
				s.RenderTo(&leaves, view, entity)
			}
		}
	}
}

func BenchmarkRedact(b *testing.B) {
	s := crowd(b)
	events := hit(b, s)
	b.ReportAllocs()
	for b.Loop() {
		s.Redact(ViewTable, events)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	s := crowd(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(s); err != nil {
			b.Fatal(err)
		}
	}
}

// TestCostOfAnAttack bounds what a plain attack that hits allocates in a fight of
// twenty, with the dice of the session, and how big the state of such a fight is when
// stored.
func TestCostOfAnAttack(t *testing.T) {
	s := crowd(t)
	if raw, err := json.Marshal(s); err != nil || len(raw) > 32<<10 {
		t.Errorf("the state has %d bytes (%v), want at most 32 KiB", len(raw), err)
	}
	var draft Draft
	decided := func() []Event {
		draft.Begin(s)
		events, refusal := draft.Decide(p1, attack, draft.Dice())
		if refusal != nil {
			t.Fatal(refusal.Message)
		}
		return events
	}
	for len(decided()) < 2 { // a miss
		s.Rolled++
	}
	allocations := testing.AllocsPerRun(100, func() {
		events, other := decided(), s.Clone()
		if err := other.ApplyAll(events); err != nil {
			t.Fatal(err)
		}
	})
	const most = 20 + 2 // and the copy that is applied to
	if allocations > most {
		t.Errorf("Decide and Apply of an attack allocate %.0f times, want at most %d", allocations, most)
	}
	t.Logf("%.0f allocations, two of them for the copy", allocations)
}

// BenchmarkFireball casts a spell at nine creatures that all save.
func BenchmarkFireball(b *testing.B) {
	list := []who{{"wiz", "wizard", "heroes", Point{1, 1}}}
	for i := range 9 {
		list = append(list, who{fmt.Sprintf("troll-%d", i), "captain", "foes", Point{10 + i%3, 10 + i/3}})
	}
	p := scuffle(b, RulesetSRD521, list...)
	cast := Cast{Creature: "wiz", Spell: "fireball", Point: &Point{11, 11}}
	var draft Draft
	b.ReportAllocs()
	for b.Loop() {
		draft.Begin(p.State)
		events, refusal := draft.Decide(p1, cast, draft.Dice())
		if refusal != nil {
			b.Fatal(refusal.Message)
		}
		if err := p.Clone().ApplyAll(events); err != nil {
			b.Fatal(err)
		}
	}
}
