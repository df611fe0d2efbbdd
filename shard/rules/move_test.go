// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// SRD 5.2.1, Playing on a Grid; Moving around Other Creatures.
func TestMove(t *testing.T) {
	// Aria stands at (2,2) with 30 feet, goblin-1 at (3,2), brom at (2,3);
	// (4,1) and (5,5) are blocked.
	tests := map[string]struct {
		path     []Point
		change   func(p *play)
		wantCost int
		wantCode Code
	}{
		"straight":                   {path: []Point{{2, 1}, {2, 0}}, wantCost: 10},
		"a diagonal is one square":   {path: []Point{{1, 1}, {0, 0}}, wantCost: 10},
		"all of the Speed":           {path: []Point{{1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}}, wantCost: 30},
		"one square too far":         {path: []Point{{1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {0, 7}}, wantCode: CodeNotEnoughMovement},
		"no squares":                 {path: []Point{}, wantCode: CodeInvalidPath},
		"far too many squares":       {path: make([]Point, MaxPath+1), wantCode: CodeInvalidPath},
		"a gap":                      {path: []Point{{2, 0}}, wantCode: CodeInvalidPath},
		"standing still":             {path: []Point{{2, 2}}, wantCode: CodeInvalidPath},
		"a round trip":               {path: []Point{{1, 1}, {2, 2}}, wantCode: CodeInvalidPath},
		"over the own square":        {path: []Point{{1, 2}, {2, 2}, {2, 1}}, wantCost: 15},
		"off the map":                {path: []Point{{1, 1}, {0, 0}, {-1, 0}}, wantCode: CodeInvalidPath},
		"into a blocked square":      {path: []Point{{3, 1}, {4, 1}}, wantCode: CodeSquareBlocked},
		"round a blocked corner":     {path: []Point{{3, 1}, {4, 0}}, wantCode: CodeSquareBlocked},
		"round it the long way":      {path: []Point{{3, 1}, {3, 0}, {4, 0}}, wantCost: 15},
		"through an enemy":           {path: []Point{{3, 2}, {4, 2}}, wantCode: CodeSquareOccupied},
		"between two creatures":      {path: []Point{{3, 3}}, wantCost: 5},
		"through an ally":            {path: []Point{{2, 3}, {2, 4}}, wantCost: 10},
		"to an ally's square":        {path: []Point{{2, 3}}, wantCode: CodeSquareOccupied},
		"through an unconscious foe": {path: []Point{{3, 2}, {4, 2}}, change: fallen("goblin-1", Unconscious), wantCost: 15},
		"through an unconscious ally": {
			path: []Point{{2, 3}, {2, 4}}, change: fallen("brom", Unconscious), wantCost: 10},
		"to an unconscious foe's square": {
			path: []Point{{3, 2}}, change: fallen("goblin-1", Unconscious), wantCode: CodeSquareOccupied},
		"the dead hold no space": {path: []Point{{3, 2}}, change: fallen("goblin-1", Dead), wantCost: 5},
		"SRD 5.1: an ally's space is difficult": {
			path: []Point{{2, 3}, {2, 4}}, change: edition51, wantCost: 15},
		"SRD 5.1: no way through an unconscious foe": {
			path: []Point{{3, 2}, {4, 2}}, wantCode: CodeSquareOccupied,
			change: func(p *play) { edition51(p); fallen("goblin-1", Unconscious)(p) }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			p := fight(t, nil)
			p.creature("goblin-1").ReactionSpent = true
			if tc.change != nil {
				tc.change(p)
			}
			move := Move{Creature: "aria", Path: tc.path}
			if tc.wantCode != "" {
				p.refused(p1, move, tc.wantCode)
				return
			}
			events := p.do(p1, move)
			want := []Event{Moved{Creature: "aria", From: Point{2, 2}, Path: tc.path, Cost: tc.wantCost}}
			if diff := cmp.Diff(want, events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got, want := p.creature("aria").Position, tc.path[len(tc.path)-1]; got != want {
				t.Errorf("stands at %v, want %v", got, want)
			}
			if got := p.movementLeft(p.creature("aria")); got != 30-tc.wantCost {
				t.Errorf("%d feet left, want %d", got, 30-tc.wantCost)
			}
		})
	}
}

// SRD 5.2.1, Your Turn: Breaking Up Your Move; Rules Glossary: Dash.
func TestMoveMayBeSplit(t *testing.T) {
	p := fight(t, nil)
	p.creature("goblin-1").ReactionSpent = true
	p.do(p1, Move{Creature: "aria", Path: []Point{{2, 1}}})
	p.do(p1, Dash{Creature: "aria"})
	p.do(p1, Move{Creature: "aria", Path: []Point{{2, 0}, {1, 0}}})
	if got := p.movementLeft(p.creature("aria")); got != 45 || p.Combat.Budget.Actions != 0 {
		t.Errorf("%d feet left of budget %+v, want 45", got, p.Combat.Budget)
	}
}

func TestRefusedPathNamesTheStep(t *testing.T) {
	p := fight(t, nil)
	refusal := p.refused(p1, Move{Creature: "aria", Path: []Point{{3, 1}, {4, 1}}}, CodeSquareBlocked)
	want := map[string]any{"step": 1, "square": Point{4, 1}}
	if diff := cmp.Diff(want, refusal.Details); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
}

func TestEventDoesNotShareTheCommandsPath(t *testing.T) {
	p := fight(t, nil)
	path := []Point{{2, 1}}
	events, _ := Decide(p.State, p1, Move{Creature: "aria", Path: path}, p.Dice())
	path[0] = Point{9, 9}
	if got := events[0].(Moved).Path; !slices.Equal(got, []Point{{2, 1}}) {
		t.Errorf("the event's path changed to %v", got)
	}
}

func fallen(id string, status Status) func(*play) {
	return func(p *play) { c := p.creature(id); c.HP, c.Status = 0, status }
}

func edition51(p *play) { p.Ruleset = RulesetSRD51 }
