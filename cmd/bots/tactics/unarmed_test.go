// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules"
)

// A fighter knocks down whom a friend can hit too, an ogre holds who is smaller: both
// once, and nobody who does not stand on two legs.
func TestUnarmed(t *testing.T) {
	blow := rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "sword"}
	shove := rules.Shove{Creature: "me", Target: "foe", Prone: true}
	fighter := Creature{Kind: rules.Character, Type: "humanoid", Size: "medium", Attacks: []rules.Attack{sword},
		Actions: []Action{{ID: "extra-attack", Cost: "action", Multiattack: []Part{{Actions: []string{"sword"}, Count: 2}}}}}
	ogre := Creature{Kind: rules.Monster, Type: "giant", Size: "large", Attacks: []rules.Attack{sword}}
	foe := func(size, kind string, conditions ...string) Creature {
		return Creature{Position: rules.Point{1, 0}, Size: size, Type: kind, Conditions: conditions}
	}
	friend := func(x int) Creature {
		return Creature{ID: "pal", Side: "heroes", Status: rules.Standing, Position: rules.Point{x, 0}}
	}
	for name, tc := range map[string]struct {
		me, foe, pal Creature
		want         rules.Command
	}{
		"a friend is beside it": {fighter, foe("large", "giant"), friend(3), shove},
		"no friend is":          {fighter, foe("medium", "humanoid"), friend(5), blow},
		"it lies already":       {fighter, foe("medium", "humanoid", "prone"), friend(2), blow},
		"it is too big":         {fighter, foe("huge", "giant"), friend(4), blow},
		"it has no legs":        {fighter, foe("medium", "ooze"), friend(2), blow},
		"smaller than an ogre":  {ogre, foe("medium", "humanoid"), friend(5), rules.Grapple{Creature: "me", Target: "foe"}},
		"as big as an ogre":     {ogre, foe("large", "giant"), friend(5), blow},
		"held already":          {ogre, foe("small", "fey", "grappled"), friend(5), blow},
	} {
		if diff := cmp.Diff(tc.want, Next(board(true, 0, tc.me, tc.foe, tc.pal), "me")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	under := board(false, 0, fighter, foe("medium", "humanoid"), friend(2))
	under.Parts = []Part{{Actions: []string{"sword"}, Count: 1}}
	if diff := cmp.Diff(rules.Command(blow), Next(under, "me")); diff != "" {
		t.Errorf("the second attack (-want +got):\n%s", diff)
	}
}

// An archer who can hides before it shoots, where nobody sees it.
func TestHidesBeforeAShot(t *testing.T) {
	sneak := Creature{Traits: []string{"pack-tactics", "nimble-escape"}, Attacks: []rules.Attack{bow, sword}}
	lurks, plain, near := sneak, sneak, Creature{Position: rules.Point{1, 0}}
	lurks.Lurks, plain.Traits = true, nil
	away := Creature{Position: rules.Point{4, 0}}
	shot := rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "bow"}
	for name, tc := range map[string]struct {
		me, foe Creature
		dark    bool
		want    rules.Command
	}{
		"in the dark":      {sneak, away, true, rules.Hide{Creature: "me", Bonus: true}},
		"hidden already":   {lurks, away, true, shot},
		"in plain sight":   {sneak, away, false, shot},
		"not its way":      {plain, away, true, shot},
		"an enemy is near": {sneak, near, true, rules.MakeAttack{Attacker: "me", Target: "foe", Attack: "sword"}},
	} {
		b := board(true, 0, tc.me, tc.foe)
		b.Bonus, b.Dark = true, map[rules.Point]bool{{0, 0}: tc.dark}
		if diff := cmp.Diff(tc.want, Next(b, "me")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
