// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strconv"

	"gamesession.dev/operator/shard/rules/content"
)

// attackLeaf is Attack with sorted keys.
type attackLeaf struct {
	AttackBonus int          `json:"attackBonus"`
	Damage      []DamageDice `json:"damage"`
	ID          string       `json:"id"`
	Kind        AttackKind   `json:"kind"`
	LongRange   int          `json:"longRange,omitempty"`
	Name        string       `json:"name"`
	Range       int          `json:"range,omitempty"`
	Reach       int          `json:"reach,omitempty"`
	Weapon      string       `json:"weapon,omitempty"`
}

// attackLeaves lists the attacks that an action is taken for.
func attackLeaves(list []content.Action) []attackLeaf {
	out := make([]attackLeaf, 0, len(list))
	for i := range list {
		a := &list[i]
		if a.Attack == nil || a.Cost != content.CostAction {
			continue
		}
		leaf := attackLeaf{
			AttackBonus: a.Attack.Bonus, ID: a.ID, Kind: a.Attack.Kind,
			LongRange: a.Attack.LongRange, Name: a.Name, Range: a.Attack.Range, Reach: a.Attack.Reach, Weapon: a.Attack.Weapon,
		}
		for _, d := range a.Damage {
			leaf.Damage = append(leaf.Damage, DamageDice{Dice: d.Dice, Type: d.Type})
		}
		out = append(out, leaf)
	}
	return out
}

// actionLeaf is what a player needs to know of an action to take it: MoveUpTo are
// the feet of the move that it allows, -1 half the Speed. Keys are sorted, as in
// all leaves.
type actionLeaf struct {
	Affects     content.Affects    `json:"affects,omitempty"`
	Area        *areaLeaf          `json:"area,omitempty"`
	Attack      bool               `json:"attack,omitempty"`
	Cost        content.Cost       `json:"cost"`
	Heals       bool               `json:"heals,omitempty"`
	ID          string             `json:"id"`
	MoveUpTo    int                `json:"moveUpTo,omitempty"`
	Multiattack []partLeaf         `json:"multiattack,omitempty"`
	Name        string             `json:"name"`
	PerDay      int                `json:"perDay,omitempty"`
	Range       int                `json:"range,omitempty"`
	Reach       int                `json:"reach,omitempty"`
	Recharge    int                `json:"recharge,omitempty"`
	Target      content.TargetKind `json:"target,omitempty"`
}

func actionLeaves(list []content.Action) []actionLeaf {
	out := make([]actionLeaf, len(list))
	for i := range list {
		a := &list[i]
		out[i] = actionLeaf{
			Affects: a.Target.Affects, Area: areaLeafOf(a.Target.Area), Attack: a.Attack != nil, Cost: a.Cost, Heals: a.Heal != nil, ID: a.ID,
			MoveUpTo: a.MoveUpTo, Multiattack: partLeaves(a.Multiattack), Name: a.Name, PerDay: a.Uses.PerDay, Range: a.Target.Range,
			Recharge: a.Uses.Recharge, Target: a.Target.Kind,
		}
		if a.Attack != nil {
			out[i].Reach = a.Attack.Reach
		}
	}
	return out
}

type areaLeaf struct {
	Shape content.Shape `json:"shape"`
	Size  int           `json:"size"`
}

func areaLeafOf(a *content.Area) *areaLeaf {
	if a == nil {
		return nil
	}
	return &areaLeaf{Shape: a.Shape, Size: a.Size}
}

// partLeaf is one part of several attacks.
type partLeaf struct {
	Actions []string `json:"actions"`
	Count   int      `json:"count"`
}

func partLeaves(list []content.Multiattack) []partLeaf {
	var out []partLeaf
	for _, part := range list {
		out = append(out, partLeaf(part))
	}
	return out
}

// listed gives a list of a state as its leaf has it.
func listed[T, L any](list []T, leaf func(T) L) []L {
	out := make([]L, len(list))
	for i, item := range list {
		out[i] = leaf(item)
	}
	return out
}

type abilityLeaf struct {
	Cha int `json:"cha"`
	Con int `json:"con"`
	Dex int `json:"dex"`
	Int int `json:"int"`
	Str int `json:"str"`
	Wis int `json:"wis"`
}

func abilityLeafOf(a content.Abilities) abilityLeaf {
	return abilityLeaf{Cha: a.Cha, Con: a.Con, Dex: a.Dex, Int: a.Int, Str: a.Str, Wis: a.Wis}
}

type traitLeaf struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type deathLeaf struct {
	Failures  int  `json:"failures"`
	Stable    bool `json:"stable"`
	Successes int  `json:"successes"`
}

type doorLeaf struct {
	At   Point `json:"at"`
	Open bool  `json:"open"`
}

type riseLeaf struct {
	At   Point `json:"at"`
	Feet int   `json:"feet"`
}

type lyingLeaf struct {
	Item string `json:"item"`
	At   Point  `json:"at"`
}

type useLeaf struct {
	ID    string `json:"id"`
	Spent int    `json:"spent"`
}

// effectLeaf is what is seen of an effect; what it grants only by who plays
// its bearer.
type effectLeaf struct {
	Conditions []ConditionID `json:"conditions,omitempty"`
	Escape     bool          `json:"escape,omitempty"`
	Grants     []grantLeaf   `json:"grants,omitempty"`
	ID         int           `json:"id"`
	Name       string        `json:"name"`
	Source     string        `json:"source,omitempty"`
	Turns      int           `json:"turns,omitempty"`
}

type grantLeaf struct {
	Action string       `json:"action"`
	Attack bool         `json:"attack,omitempty"`
	Cost   content.Cost `json:"cost"`
	Range  int          `json:"range,omitempty"`
}

func effectLeaves(c *Creature, open bool) []effectLeaf {
	out := make([]effectLeaf, len(c.Effects))
	for i := range c.Effects {
		e := &c.Effects[i]
		out[i] = effectLeaf{Conditions: e.Body.Conditions, Escape: e.Body.Escape != nil, ID: e.ID, Name: e.Name, Source: e.Source}
		if !open {
			continue
		}
		if e.Until != nil {
			out[i].Turns = e.Until.Turns
		}
		for j := range e.Body.Grants {
			g := &e.Body.Grants[j]
			leaf := grantLeaf{Action: refGrant + strconv.Itoa(e.ID) + ":" + g.ID, Attack: g.Attack != nil, Cost: g.Cost, Range: g.Target.Range}
			if g.Attack != nil {
				leaf.Range = max(g.Attack.Range, g.Attack.Reach, g.Target.Range)
			}
			out[i].Grants = append(out[i].Grants, leaf)
		}
	}
	return out
}

type windowLeaf struct {
	Ally     string     `json:"ally,omitempty"`
	By       string     `json:"by,omitempty"`
	Creature string     `json:"creature,omitempty"`
	ID       int        `json:"id"`
	Kind     WindowKind `json:"kind,omitempty"`
	Options  []string   `json:"options,omitempty"`
	Seconds  int        `json:"seconds,omitempty"`
	Why      string     `json:"why,omitempty"`
}

func windowLeafOf(w *Window, open bool) windowLeaf {
	seen := w.seen(open)
	return windowLeaf{Ally: seen.Ally, By: seen.By, Creature: seen.Creature, ID: seen.ID, Kind: seen.Kind, Options: seen.Options, Seconds: seen.Seconds, Why: seen.Why}
}

type zoneLeaf struct {
	Difficult bool    `json:"difficult,omitempty"`
	Name      string  `json:"name"`
	Obscured  bool    `json:"obscured,omitempty"`
	Owner     string  `json:"owner"`
	Reach     int     `json:"reach,omitempty"`
	Silent    bool    `json:"silent,omitempty"`
	Squares   []Point `json:"squares,omitempty"`
}

func zoneLeafOf(z *Zone) zoneLeaf {
	return zoneLeaf{Difficult: z.Body.Difficult, Name: z.Name, Obscured: z.Body.Obscured, Owner: z.Owner, Reach: z.Reach, Silent: z.Body.Silent, Squares: z.Squares}
}

func zoneName(id int) string { return strconv.Itoa(id) }

// adjustmentLeaf is DamageAdjustment with sorted keys.
type adjustmentLeaf struct {
	Amount int        `json:"amount"`
	Source string     `json:"source"`
	Type   DamageType `json:"type,omitempty"`
}

func adjustmentLeaves(list []DamageAdjustment) []adjustmentLeaf {
	out := make([]adjustmentLeaf, len(list))
	for i, a := range list {
		out[i] = adjustmentLeaf{Amount: a.Amount, Source: a.Source, Type: a.Type}
	}
	return out
}
