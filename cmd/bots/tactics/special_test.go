// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules"
)

// Spells that want their target seen go to who is seen, and to nobody else: what
// the rules would refuse is not tried.
func TestSpellsThatWantSight(t *testing.T) {
	darts := Spell{ID: "darts", Level: 1, CastingTime: "action", Target: "creatures", Range: 120, Harms: true, Sight: true}
	ray := darts
	ray.ID, ray.Sight = "ray", false
	word := Spell{ID: "word", Level: 1, CastingTime: "bonus", Target: "creature", Range: 60, Heals: true, Sight: true}
	cast := func(spell, target string) rules.Command {
		return rules.Cast{Creature: "me", Spell: spell, Targets: []string{target}}
	}
	for name, tc := range map[string]struct {
		spell           Spell
		mine, its, pals []string // conditions
		dark            rules.Point
		pal             rules.Status
		want            rules.Command
	}{
		"seen":                           {spell: darts, want: cast("darts", "foe")},
		"blinded":                        {spell: darts, mine: []string{"blinded"}, want: rules.EndTurn{Creature: "me"}},
		"invisible":                      {spell: darts, its: []string{"invisible"}, want: rules.EndTurn{Creature: "me"}},
		"in fog":                         {spell: darts, dark: rules.Point{8, 0}, want: rules.EndTurn{Creature: "me"}},
		"behind fog":                     {spell: darts, dark: rules.Point{4, 0}, want: rules.EndTurn{Creature: "me"}},
		"invisible, but it is no matter": {spell: ray, its: []string{"invisible"}, want: cast("ray", "foe")},
		"a friend lies":                  {spell: word, pal: rules.Unconscious, want: cast("word", "pal")},
		"an invisible one does":          {spell: word, pal: rules.Unconscious, pals: []string{"invisible"}, want: rules.EndTurn{Creature: "me"}},
		"who heals is blinded":           {spell: word, pal: rules.Unconscious, mine: []string{"blinded"}, want: rules.EndTurn{Creature: "me"}},
	} {
		me := Creature{Spells: []Spell{tc.spell}, Slots: []int{1}, Conditions: tc.mine}
		foe := Creature{Position: rules.Point{8, 0}, Conditions: tc.its}
		pal := Creature{ID: "pal", Side: "heroes", Status: tc.pal, Position: rules.Point{0, 2}, Conditions: tc.pals}
		b := board(true, 0, me, foe, pal)
		b.Bonus, b.Dark = true, map[rules.Point]bool{tc.dark: tc.dark != rules.Point{}}
		if diff := cmp.Diff(tc.want, Next(b, "me")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
