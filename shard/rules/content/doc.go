// SPDX-License-Identifier: Apache-2.0

// Package content is the data that the combat engine reads: creatures, spells,
// weapons and armor, what the conditions do, and the closed set of mechanics they
// are made of. It knows no creature and no spell; it only says what one can be.
//
// A [Bundle] holds content. What a fight needs of it is pinned in the session
// that plays it, so a live fight never changes with another build.
//
// An [Activity] is the heart of everything that can be done, whether it is an
// action of a creature, a spell or the burst of a dying one. It resolves in
// this order:
//
//  1. Target says who or what is chosen, from how far.
//  2. With Attack each target is attacked; on a miss nothing more happens to it
//     (but see MissDamage). With Save each target saves. With neither it just
//     happens. With both the save follows the hit and decides the effects, and
//     the damage that says onSave.
//  3. Damage is rolled once for all targets of one activity (once for each
//     attack) and dealt; Heal, TempHP, Push, Teleport and the like follow.
//  4. Effects are put on the targets (or, with on "self", on the actor).
//
// Examples. A claw that can paralyze:
//
//	{"id": "claw", "name": "Claw", "cost": "action",
//	 "target": {"kind": "creature"},
//	 "attack": {"kind": "melee", "bonus": 4, "reach": 5},
//	 "damage": [{"dice": "2d4+2", "type": "slashing"}],
//	 "save": {"ability": "con", "dc": 10},
//	 "effects": [{"conditions": ["paralyzed"],
//	   "duration": {"kind": "rounds", "rounds": 10},
//	   "saveEnds": {"when": "end_of_turn"}}]}
//
// A breath weapon:
//
//	{"id": "fire-breath", "name": "Fire Breath", "cost": "action",
//	 "uses": {"recharge": 5},
//	 "target": {"kind": "area", "area": {"shape": "cone", "size": 60}},
//	 "save": {"ability": "dex", "dc": 21},
//	 "damage": [{"dice": "17d6", "type": "fire", "onSave": "half"}]}
//
// A ball of fire, one die more for each level above the third:
//
//	{"id": "fireball", "name": "Fireball", "level": 3, "school": "evocation",
//	 "castingTime": "action", "components": ["v", "s", "m"],
//	 "target": {"kind": "area", "range": 150, "area": {"shape": "sphere", "size": 20}},
//	 "save": {"ability": "dex"},
//	 "damage": [{"dice": "8d6", "type": "fire", "onSave": "half", "perSlot": "1d6"}]}
//
// A blessing that needs concentration:
//
//	{"id": "bless", "name": "Bless", "level": 1, "castingTime": "action",
//	 "concentration": true, "components": ["v", "s", "m"],
//	 "target": {"kind": "creatures", "range": 30, "count": 3, "countPerSlot": 1},
//	 "effects": [{"duration": {"kind": "rounds", "rounds": 10},
//	   "modifiers": [{"kind": "bonus", "on": ["attack", "save"], "dice": "1d4"}]}]}
//
// An aura that moves with its caster is a zone:
//
//	"zone": {"area": {"shape": "emanation", "size": 15}, "follows": true,
//	  "affects": "enemies", "speedHalf": true, "triggers": ["enter", "end_of_turn"],
//	  "save": {"ability": "wis"},
//	  "damage": [{"dice": "3d8", "type": "radiant", "onSave": "half", "perSlot": "1d8"}]}
//
// A reaction names its trigger. Parry and Shield:
//
//	{"id": "parry", "name": "Parry", "cost": "reaction", "trigger": {"on": "hit", "melee": true},
//	 "target": {"kind": "self"},
//	 "effects": [{"on": "self", "duration": {"kind": "triggering_attack"},
//	   "modifiers": [{"kind": "bonus", "on": ["ac"], "value": 2}]}]}
//	{"id": "shield", "level": 1, "castingTime": "reaction", "trigger": {"on": "hit", "spells": ["magic-missile"]},
//	 "target": {"kind": "self"},
//	 "effects": [{"on": "self", "duration": {"kind": "start_of_turn", "of": "source"},
//	   "modifiers": [{"kind": "bonus", "on": ["ac"], "value": 5},
//	                 {"kind": "spell_immunity", "spells": ["magic-missile"]}]}]}
//
// A trait is modifiers that always hold, or an activity with a trigger:
//
//	{"id": "pack-tactics", "name": "Pack Tactics",
//	 "modifiers": [{"kind": "advantage", "on": ["attack"], "when": ["ally_near_target"]}]}
//	{"id": "regeneration", "name": "Regeneration",
//	 "modifiers": [{"kind": "regeneration", "value": 15, "damageTypes": ["acid", "fire"]}]}
//	{"id": "fire-aura", "name": "Fire Aura", "trigger": {"on": "hit_by_melee", "within": 5},
//	 "activity": {"target": {"kind": "creature"}, "damage": [{"dice": "1d8", "type": "fire"}]}}
//
// Several attacks for one action:
//
//	{"id": "multiattack", "name": "Multiattack", "cost": "action",
//	 "multiattack": [{"actions": ["rend"], "count": 3}]}
//
// Weapon attacks may name a weapon of the bundle and leave out what it says:
//
//	"attack": {"weapon": "longsword", "bonus": 7}, "damage": [{"dice": "1d8+4", "type": "slashing"}]
//
// All numbers are whole, all distances feet. Values of this package are plain
// data: treat them as read-only once an engine has them.
package content
