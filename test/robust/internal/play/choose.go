// SPDX-License-Identifier: Apache-2.0

package play

import (
	"encoding/json"
	"slices"

	"gamesession.dev/operator/cmd/bots/tactics"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// choose picks what is likely to be allowed by what the client sees.
func (p *player) choose(c *client.Client) json.RawMessage {
	var command rules.Command
	c.View(func(d *wire.Document) {
		if p.table.fights {
			command = p.fight(d)
		} else {
			command = p.duel(d)
		}
	})
	action, err := rules.EncodeCommand(command)
	if err != nil {
		return json.RawMessage("{}") // it is refused
	}
	return action
}

// duel walks about.
func (p *player) duel(d *wire.Document) rules.Command {
	var phase, turn string
	var at rules.Point
	read := func(path string, into any) { _ = json.Unmarshal(d.Get(path), into) }
	read("/combat/phase", &phase)
	read("/combat/turn", &turn)
	read("/creatures/"+turn+"/position", &at)
	switch n := p.rng.IntN(100); {
	case phase != string(rules.Fighting) || turn == "":
		return rules.StartCombat{}
	case n < 3:
		return rules.EndTurn{Creature: turn}
	case n < 5:
		return rules.Dodge{Creature: turn}
	}
	to := rules.Point{at[0] + p.rng.IntN(3) - 1, at[1] + p.rng.IntN(3) - 1}
	return rules.Move{Creature: turn, Path: []rules.Point{to}}
}

// fight plays whichever creature is to act, or is asked whether it reacts: as a
// bot does for the most part, and sometimes not.
func (p *player) fight(d *wire.Document) rules.Command {
	turn, err := tactics.ReadTurn(d)
	if err != nil || turn.Phase != rules.Fighting || turn.Creature == "" {
		return rules.StartCombat{}
	}
	board, err := tactics.ReadBoard(d, turn.Creature)
	switch n := p.rng.IntN(100); {
	case turn.Window != nil && (n < 20 || err != nil):
		return rules.Decline{Window: turn.Window.ID}
	case turn.Window != nil:
		return tactics.Answer(board, turn.Window)
	case n < 5 || err != nil:
		return rules.EndTurn{Creature: turn.Creature}
	case n < 40 && board.Action:
		if command := p.concentrate(board, turn.Creature); command != nil {
			return command
		}
	}
	return tactics.Next(board, turn.Creature)
}

// concentrate casts a spell that its caster has to hold, if the creature has one,
// at whomever: the rules say whether it may.
func (p *player) concentrate(b *tactics.Board, creature string) rules.Command {
	i := slices.IndexFunc(b.Creatures, func(c tactics.Creature) bool { return c.ID == creature })
	if i < 0 {
		return nil
	}
	held := slices.DeleteFunc(slices.Clone(b.Creatures[i].Spells), func(s tactics.Spell) bool { return !s.Concentration })
	if len(held) == 0 {
		return nil
	}
	spell, target := held[p.rng.IntN(len(held))], b.Creatures[p.rng.IntN(len(b.Creatures))]
	cast := rules.Cast{Creature: creature, Spell: spell.ID}
	switch spell.Target {
	case "area":
		cast.Point = &target.Position
	case "creature", "creatures":
		cast.Targets = []string{target.ID}
	}
	return cast
}
