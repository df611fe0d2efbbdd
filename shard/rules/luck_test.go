// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// luck decides what random players do. It is no part of the rules.
type luck struct{ *rand.Rand }

func (l luck) of(n int) int { return l.IntN(n) }

func pick[T any](l luck, list []T) T { return list[l.of(len(list))] }

// randomFight makes a scenario of creatures of the library, two sides on a map
// with walls and difficult ground.
func randomFight(t testing.TB, l luck, library *content.Bundle) (Scenario, string) {
	t.Helper()
	sc := Scenario{Map: Map{Width: 12 + l.of(10), Height: 10 + l.of(8)}}
	taken := map[Point]bool{}
	place := func(size content.Size) (Point, bool) {
		wide := side(size)
		for range 200 {
			at := Point{l.of(sc.Map.Width - wide + 1), l.of(sc.Map.Height - wide + 1)}
			free := true
			for i := range wide * wide {
				free = free && !taken[Point{at[0] + i%wide, at[1] + i/wide}]
			}
			if free {
				for i := range wide * wide {
					taken[Point{at[0] + i%wide, at[1] + i/wide}] = true
				}
				return at, true
			}
		}
		return Point{}, false
	}
	var heroes, foes []string
	for i := range library.Creatures {
		if block := &library.Creatures[i]; block.Level > 0 {
			heroes = append(heroes, block.ID)
		} else {
			foes = append(foes, block.ID)
		}
	}
	add := func(id, block, sideName string) {
		at, found := place(library.Creature(block).Size)
		if !found {
			return
		}
		controller := "p1"
		if sideName == "foes" {
			controller = GameMaster
		}
		sc.Combatants = append(sc.Combatants, Combatant{ID: id, Name: id, Side: sideName, Controller: controller, StatBlock: block, Position: at,
			Surprised: l.of(6) == 0, Hidden: l.of(6) == 0})
	}
	for i := range 2 + l.of(3) {
		add(string(rune('a'+i))+"-hero", pick(l, heroes), "heroes")
	}
	for i := range 2 + l.of(4) {
		add(string(rune('a'+i))+"-foe", pick(l, foes), "foes")
	}
	for range l.of(12) {
		at := Point{l.of(sc.Map.Width), l.of(sc.Map.Height)}
		if !taken[at] {
			taken[at] = true
			kind := pick(l, []*[]Point{&sc.Map.Blocked, &sc.Map.Difficult, &sc.Map.Obscured, &sc.Map.Low, &sc.Map.Water})
			*kind = append(*kind, at)
		}
	}
	if at := (Point{l.of(sc.Map.Width), l.of(sc.Map.Height)}); !taken[at] {
		sc.Map.Doors = []Door{{At: at, Open: l.of(2) == 0}}
	}
	if l.of(3) == 0 {
		for i := range 3 + l.of(9) {
			sc.Map.Raised = append(sc.Map.Raised, Rise{At: Point{2 + i%6, 3 + i/6}, Feet: 5 * (1 + l.of(6))})
		}
	}
	if l.of(10) == 0 {
		flock(l, &sc, library)
	}
	sc.Options.Lair = l.of(4) > 0
	sc.Options.Coverage = pick(l, []string{"", "half", "any"})
	resolved, err := Resolve(sc, library)
	if err != nil {
		t.Fatal(err)
	}
	return resolved, pick(l, []string{RulesetSRD521, RulesetSRD51})
}

// flock leaves only Tiny creatures, a crowd on few squares.
func flock(l luck, sc *Scenario, library *content.Bundle) {
	*sc = Scenario{Map: Map{Width: 2 + l.of(2), Height: 3}}
	for i := range 4 * sc.Map.Width {
		block := &library.Creatures[l.of(len(library.Creatures))]
		for block.Size != content.Tiny {
			block = &library.Creatures[l.of(len(library.Creatures))]
		}
		who := Combatant{ID: fmt.Sprintf("tiny-%02d", i), Name: "Tiny", Side: "foes", Controller: GameMaster, StatBlock: block.ID, Position: Point{i / 4, 2}}
		if i < 4 {
			who.Side, who.Controller = "heroes", "p1"
		}
		sc.Combatants = append(sc.Combatants, who)
	}
}

// randomCommand draws something that a player might try, often legal.
func randomCommand(l luck, s *State) (Actor, Command) {
	if w := s.Window; w != nil {
		by := player(s, w.Creature)
		switch l.of(8) {
		case 0:
			return Actor{Role: RoleTable}, lapse(s)
		case 1, 2:
			return by, Decline{Window: w.ID}
		}
		r := React{Window: w.ID, Option: pick(l, w.Options)}
		if w.Kind == AskLegendary || w.Kind == AskLair {
			r.Target = anybody(l, s)
		}
		if c := s.creature(w.Creature); r.Option == refMove || r.Target != "" && l.of(2) == 0 {
			move := randomMove(l, c, enemyOf(l, s, c))
			r.Path, r.Drag = move.Path, move.Drag
			r.Target = pick(l, []string{"", r.Target, enemyOf(l, s, c).ID})
		}
		return by, r
	}
	c := s.onTurn()
	if c == nil {
		return gm, StartCombat{}
	}
	if l.of(40) == 0 {
		return gm, randomOverride(l, s)
	}
	return player(s, c.ID), randomDeed(l, s, c)
}

func player(s *State, id string) Actor {
	if c := s.creature(id); c != nil && c.Controller != GameMaster {
		return Actor{Player: c.Controller, Role: RolePlayer}
	}
	return gm
}

func lapse(s *State) Command {
	deadline, _ := s.Deadline()
	return Lapse{Deadline: deadline}
}

func anybody(l luck, s *State) string { return s.Creatures[l.of(len(s.Creatures))].ID }

// enemyOf gives a living enemy, mostly a near one.
func enemyOf(l luck, s *State, c *Creature) *Creature {
	var best *Creature
	for i := range s.Creatures {
		other := &s.Creatures[i]
		if enemies(c, other) && other.Status == Standing && (best == nil || distance(c, other) < distance(c, best) && l.of(4) > 0) {
			best = other
		}
	}
	if best == nil {
		return c
	}
	return best
}

func randomOverride(l luck, s *State) Command {
	id := anybody(l, s)
	switch l.of(8) {
	case 6:
		return RemoveCreature{Creature: id}
	case 7:
		c := s.creature(id)
		who := Combatant{ID: "late-" + id, Name: "Late", Side: c.Side, Controller: c.Controller, StatBlock: c.Block,
			Position: Point{l.of(s.Map.Width), l.of(s.Map.Height)}, Hidden: l.of(2) == 0}
		if strings.HasPrefix(id, "late-") {
			who.ID, who.StatBlock, who.AC, who.MaxHP, who.Speed, who.Dexterity = "later", "", 12, 9, 30, 14
		}
		return AddCreature{Combatant: who}
	case 0:
		return SetHP{Creature: id, HP: l.of(20)}
	case 1:
		return SetCondition{Creature: id, Condition: pick(l, content.ConditionIDs), Off: l.of(2) == 0, Rounds: l.of(3)}
	case 2:
		return Place{Creature: id, At: Point{l.of(s.Map.Width), l.of(s.Map.Height)}}
	case 3:
		return Grant{Creature: id, Actions: l.of(2), Reaction: l.of(2) == 0}
	case 4:
		return GiveOrders{Creature: id, Orders: pick(l, []Orders{"", OrdersAsk, OrdersTake, OrdersLeave})}
	default:
		var order []string
		for _, placing := range s.Combat.Order {
			order = append(order, placing.Creature)
		}
		l.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		return Reorder{Order: order}
	}
}

func randomDeed(l luck, s *State, c *Creature) Command {
	foe := enemyOf(l, s, c)
	id, target := c.ID, foe.ID
	switch l.of(30) {
	case 0:
		return EndTurn{Creature: id}
	case 1:
		return pick(l, []Command{Fly{Creature: id, Altitude: 5 * l.of(9)}, Dash{Creature: id}, Dodge{Creature: id}, Disengage{Creature: id, Bonus: true}, Hide{Creature: id}, Search{Creature: id}, Study{Creature: id}})
	case 2:
		return pick(l, []Command{Stand{Creature: id}, Escape{Creature: id}, DropProne{Creature: id}, EndConcentration{Creature: id}, Release{Creature: id, Target: target}})
	case 3:
		return pick(l, []Command{Grapple{Creature: id, Target: target}, Shove{Creature: id, Target: target, Prone: true}, Shove{Creature: id, Target: target}})
	case 4:
		return pick(l, []Command{Help{Creature: id, Enemy: target}, Influence{Creature: id, Target: target, Skill: pick(l, urging)}, FirstAid{Creature: id, Target: anybody(l, s)}, Wake{Creature: id, Target: anybody(l, s)}})
	case 5:
		ref := "shortbow"
		if len(c.block.Actions) > 0 {
			ref = c.block.Actions[l.of(len(c.block.Actions))].ID
		}
		return Ready{Creature: id, Trigger: pick(l, readyTriggers), Within: 30, Action: pick(l, []string{ref, refMove})}
	case 6, 7, 8, 9:
		return randomMove(l, c, foe)
	case 10, 11, 12, 13, 14, 15:
		if casting := c.block.Spellcasting; casting != nil && len(casting.Spells) > 0 {
			spell := pick(l, casting.Spells).ID
			at := foe.Position
			cast := Cast{Creature: id, Spell: spell, Point: &at, Targets: []string{pick(l, []string{target, anybody(l, s), id})}}
			if l.of(3) == 0 {
				cast.Level = l.of(5)
			}
			if len(s.Zones) > 0 && s.spell(spell).Dispel > 0 {
				cast.Targets, cast.Zone = nil, pick(l, s.Zones).ID
			}
			return cast
		}
	case 18, 19:
		if c.handed() {
			return randomHand(l, c)
		}
	case 16, 17:
		for _, ref := range c.grants() {
			return MakeAttack{Attacker: id, Target: target, Attack: ref}
		}
		if len(s.Map.Doors) > 0 {
			return Utilize{Creature: id, Door: s.Map.Doors[0].At}
		}
	}
	if len(c.block.Actions) == 0 {
		return EndTurn{Creature: id}
	}
	action := &c.block.Actions[l.of(len(c.block.Actions))]
	if action.Attack != nil {
		return MakeAttack{Attacker: id, Target: target, Attack: action.ID, Off: l.of(5) == 0, KnockOut: l.of(8) == 0}
	}
	at := foe.Position
	return UseAction{Creature: id, Action: action.ID, Point: &at, Targets: []string{target}}
}

// randomHand draws or stows something that a creature has.
func randomHand(l luck, c *Creature) Command {
	var items []string
	if shield := c.block.Hands.Shield; shield != nil {
		items = append(items, shield.ID)
	}
	for i := range c.block.Actions {
		if a := c.block.Actions[i].Attack; a != nil && a.Weapon != "" {
			items = append(items, a.Weapon)
		}
	}
	item := pick(l, items)
	if c.holds(item) {
		return Stow{Creature: c.ID, Item: item, Drop: l.of(2) == 0}
	}
	return Draw{Creature: c.ID, Item: item}
}

// randomMove goes some steps, mostly towards an enemy.
func randomMove(l luck, c, foe *Creature) Move {
	at := c.Position
	var path []Point
	for range 1 + l.of(6) {
		step := Point{sign(foe.Position[0] - at[0]), sign(foe.Position[1] - at[1])}
		if l.of(3) == 0 {
			step = Point{l.of(3) - 1, l.of(3) - 1}
		}
		next := Point{at[0] + step[0], at[1] + step[1]}
		if next == at {
			continue
		}
		path = append(path, next)
		at = next
	}
	return Move{Creature: c.ID, Path: path, Drag: l.of(2) == 0}
}

func sign(n int) int { return max(-1, min(n, 1)) }
