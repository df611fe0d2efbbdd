// SPDX-License-Identifier: Apache-2.0

package sessiontest

import (
	"encoding/json"

	"gamesession.dev/operator/shard/registry"
)

// duel is a fight that the game master and ann can keep going.
const duel = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14},
    {"id": "goblin", "name": "Goblin", "side": "goblins", "controller": "gm", "position": [2, 1], "ac": 13, "maxHP": 200, "speed": 30, "dexterity": 14}
  ]
}`

// Pool is the pool of every shelf.
const Pool = "ns.pool"

// Duel is a session of aria, whom ann plays, against the game master's goblin.
func Duel(id string, players ...string) registry.SessionSpec {
	return registry.SessionSpec{
		ID: id, Namespace: "ns", Name: "duel", Pool: Pool, Title: "Duel", Ruleset: "srd-5.2.1", MaxPlayers: 4,
		GameMasters: []string{"gm"}, Players: players, Lifecycle: registry.LifecycleRunning, Generation: 1,
		Scenario: json.RawMessage(duel),
	}
}
