// SPDX-License-Identifier: Apache-2.0

package content

// Cost is what an action takes of a turn.
type Cost string

// The costs.
const (
	CostAction    Cost = "action"
	CostBonus     Cost = "bonus"
	CostReaction  Cost = "reaction"
	CostLegendary Cost = "legendary"
	CostLair      Cost = "lair" // SRD 5.1: at initiative count 20
	CostFree      Cost = "free"
)

// Action is something a creature can do.
type Action struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Cost Cost   `json:"cost"`
	Uses Uses   `json:"uses,omitzero"`
	// Trigger of a reaction; nil otherwise.
	Trigger *Trigger `json:"trigger,omitempty"`
	// Multiattack makes this action several others; it then has no activity.
	Multiattack []Multiattack `json:"multiattack,omitempty"`
	// Spell casts a spell of the bundle without a slot, at SpellLevel or its own
	// level.
	Spell      string `json:"spell,omitempty"`
	SpellLevel int    `json:"spellLevel,omitempty"`
	Activity
}

// Uses bounds how often something can be done. All zero is no bound.
type Uses struct {
	PerDay int `json:"perDay,omitempty"`
	// Recharge is the lowest face of a d6 at the start of a turn that brings
	// it back: 5 is "Recharge 5-6", 6 is "Recharge 6".
	Recharge int `json:"recharge,omitempty"`
	// LegendaryCost of a legendary action; 0 is 1.
	LegendaryCost int `json:"legendaryCost,omitempty"`
	// OncePerTurn: of a legendary action, not again before its own next turn.
	OncePerTurn bool `json:"oncePerTurn,omitempty"`
}

// Multiattack is one part of several attacks: so many of the actions named,
// in any mix. Spells may be named as "spell:<id>".
type Multiattack struct {
	Actions []string `json:"actions"`
	Count   int      `json:"count"`
}

// Moment is what a reaction or a trait waits for.
type Moment string

// The moments.
const (
	OnHit        Moment = "hit"          // an attack roll hits it (or a named spell targets it)
	OnSpellCast  Moment = "spell_cast"   // a creature it sees casts a spell
	OnDamaged    Moment = "damaged"      // it takes damage from a creature it sees
	OnHitByMelee Moment = "hit_by_melee" // a melee attack hits it
	OnMiss       Moment = "miss"         // an attack misses it
	OnAllyHit    Moment = "ally_hit"     // an attack hits an ally of it, which is Within
	OnDeath      Moment = "death"        // it dies
	OnTurnStart  Moment = "start_of_turn"
	OnTurnEnd    Moment = "end_of_turn"
	OnLookedAt   Moment = "seen"         // a creature that can see it starts its turn within
	OnEnterReach Moment = "enters_reach" // an enemy it sees comes Within (0: 5 feet) by moving
	OnBloodied   Moment = "bloodied"     // damage makes it bloodied
	OnSplit      Moment = "split"        // it takes damage of DamageTypes and splits
	OnTouched    Moment = "touched"      // a creature touches it or hits it with a melee attack within 5 feet
)

// Trigger is a moment with its limits.
type Trigger struct {
	On Moment `json:"on"`
	// Within: whoever causes it is so near, in feet. 0 is no limit.
	Within int `json:"within,omitempty"`
	// Melee: only a melee attack.
	Melee bool `json:"melee,omitempty"`
	// Spells that also are a moment of "hit".
	Spells      []string     `json:"spells,omitempty"`
	DamageTypes []DamageType `json:"damageTypes,omitempty"`
}

// Named gives the spells that a trigger, or none, names.
func (t *Trigger) Named() []string {
	if t == nil {
		return nil
	}
	return t.Spells
}

// Activity is what happens. See the package comment for the order.
type Activity struct {
	Target Target  `json:"target,omitzero"`
	Attack *Attack `json:"attack,omitempty"`
	Save   *Save   `json:"save,omitempty"`
	// Damage on a hit, by the save, or at once.
	Damage []Damage `json:"damage,omitempty"`
	Heal   *Heal    `json:"heal,omitempty"`
	// TempHP gives temporary hit points, in dice notation.
	TempHP  string   `json:"tempHP,omitempty"`
	Effects []Effect `json:"effects,omitempty"`
	// Push moves targets so many feet away from the actor, negative towards
	// it: on a hit, a failed save, or at once.
	Push int `json:"push,omitempty"`
	// Teleport moves the actor to a free square within so many feet.
	Teleport int `json:"teleport,omitempty"`
	// Zone stays on the map.
	Zone *Zone `json:"zone,omitempty"`
	// Negates ends the spell that triggered it, on a failed save or at once.
	Negates bool `json:"negates,omitempty"`
	// Dispel ends spells of at most this level on the target; others by a
	// check of the spellcasting ability, DC 10 plus their level. Cast with a
	// higher slot it is the slot's level.
	Dispel int `json:"dispel,omitempty"`
	// Revive brings back who died within so many rounds, with 1 hit point.
	Revive int `json:"revive,omitempty"`
	// Slays: targets with at most so many hit points die; the others take the
	// damage.
	Slays int `json:"slays,omitempty"`
	// HalvesDamage halves the damage of the triggering attack to the actor.
	HalvesDamage bool `json:"halvesDamage,omitempty"`
	// DrainMax takes the damage dealt off the target's hit point maximum, on
	// a failed save if there is one.
	DrainMax bool `json:"drainMax,omitempty"`
	// HealsActor gives the actor the damage dealt.
	HealsActor bool `json:"healsActor,omitempty"`
	// GrantActions gives the actor more actions this turn.
	GrantActions int `json:"grantActions,omitempty"`
	// Deeds does standard actions as part of it, such as disengage.
	Deeds []Deed `json:"deeds,omitempty"`
	// MoveUpTo lets the actor move so many feet, -1 is half its Speed, without
	// opportunity attacks if Safe: in its turn at any time after, by a legendary
	// or a lair action before what else that does.
	MoveUpTo int  `json:"moveUpTo,omitempty"`
	Safe     bool `json:"safe,omitempty"`
	// Splits makes two of the actor, each with half its hit points, if it has
	// at least so many and is bigger than Small.
	Splits int `json:"splits,omitempty"`
	// Engulf moves the actor into the space of who fails the save, and holds
	// them inside until they escape.
	Engulf bool `json:"engulf,omitempty"`
}

// Deed is a standard action (Playing the Game: Actions).
type Deed string

// The standard actions that data can name.
const (
	DeedDash      Deed = "dash"
	DeedDisengage Deed = "disengage"
	DeedDodge     Deed = "dodge"
	DeedHide      Deed = "hide"
)

// TargetKind is how targets are chosen.
type TargetKind string

// The kinds of targets.
const (
	TargetSelf      TargetKind = "self"
	TargetCreature  TargetKind = "creature"
	TargetCreatures TargetKind = "creatures"
	TargetArea      TargetKind = "area"
	TargetPoint     TargetKind = "point" // a square, of a zone or a teleport
)

// Target says what is chosen. Who attacks needs a target in reach or range of
// the attack instead of Range.
type Target struct {
	Kind TargetKind `json:"kind,omitempty"`
	// Range in feet to a creature or the origin of an area; 0 is from the
	// actor itself (touch is 5).
	Range int `json:"range,omitempty"`
	// Count of creatures at most, and how many more for each slot level above
	// the spell's own.
	Count        int `json:"count,omitempty"`
	CountPerSlot int `json:"countPerSlot,omitempty"`
	// Repeat lets the same creature be chosen more than once (darts).
	Repeat bool `json:"repeat,omitempty"`
	// Spread: no two targets more than so many feet apart.
	Spread int `json:"spread,omitempty"`
	// Sight: the actor has to see them; with a Spread only the first one, from
	// which it leaps to the others. An attack roll asks for no sight.
	Sight bool  `json:"sight,omitempty"`
	Area  *Area `json:"area,omitempty"`
	// Types of creatures that it works on; empty is all. NotTypes are those
	// it never works on.
	Types    []string `json:"types,omitempty"`
	NotTypes []string `json:"notTypes,omitempty"`
	// MaxSize of targets; empty is any.
	MaxSize Size `json:"maxSize,omitempty"`
	// Affects is who in an area is affected.
	Affects Affects `json:"affects,omitempty"`
	// Conditions: only creatures under one of these (bite a grappled one).
	Conditions []ConditionID `json:"conditions,omitempty"`
	// Dead: only the dead.
	Dead bool `json:"dead,omitempty"`
}

// Affects is whom an area or a zone concerns; empty is everybody.
type Affects string

// Whom an area concerns.
const (
	AffectsAll     Affects = "all"
	AffectsEnemies Affects = "enemies"
	AffectsAllies  Affects = "allies"
	// AffectsChosen: the actor names whom it spares.
	AffectsChosen Affects = "chosen"
)

// Shape is the shape of an area.
type Shape string

// The shapes (Rules Glossary: Area of Effect). SRD 5.1 has no emanation.
const (
	Cone      Shape = "cone"
	Cube      Shape = "cube"
	Cylinder  Shape = "cylinder"
	Emanation Shape = "emanation"
	Line      Shape = "line"
	Sphere    Shape = "sphere"
)

// Area is an area of effect. Size is the radius of a sphere, a cylinder or an
// emanation, the length of a cone or a line, the side of a cube.
type Area struct {
	Shape Shape `json:"shape"`
	Size  int   `json:"size"`
	Width int   `json:"width,omitempty"` // of a line; 0 is 5
}

// AttackKind is "melee" or "ranged".
type AttackKind string

// The kinds of attacks.
const (
	Melee  AttackKind = "melee"
	Ranged AttackKind = "ranged"
)

// Attack is an attack roll.
type Attack struct {
	// Kind may be left out with a Weapon.
	Kind AttackKind `json:"kind,omitempty"`
	// Bonus is added to the d20. For a spell it is left out: the caster's
	// spell attack bonus is taken.
	Bonus int `json:"bonus,omitempty"`
	// Spell: it is a spell attack.
	Spell bool `json:"spell,omitempty"`
	// Reach in feet of a melee attack; 0 with a weapon is 5, or 10 for Reach.
	Reach int `json:"reach,omitempty"`
	// Range and LongRange in feet, of a ranged attack or of a melee weapon
	// that can be thrown. LongRange 0: nothing beyond Range.
	Range     int `json:"range,omitempty"`
	LongRange int `json:"longRange,omitempty"`
	// Weapon names one of the bundle; what it says need not be repeated.
	Weapon     string     `json:"weapon,omitempty"`
	Properties []Property `json:"properties,omitempty"`
	Mastery    Mastery    `json:"mastery,omitempty"`
	// Versatile are the first dice of damage with both hands on the weapon.
	Versatile string `json:"versatile,omitempty"`
	// Ability the bonus is made of, for the modifier that graze and the
	// second of two weapons ask for; empty is Strength, Dexterity when ranged.
	Ability Ability `json:"ability,omitempty"`
	// CritOn is the lowest natural roll that is a critical hit; 0 is 20.
	CritOn int `json:"critOn,omitempty"`
	// MissDamage is dealt on a miss: "half" or "".
	MissDamage OnSave `json:"missDamage,omitempty"`
}

// Save is a saving throw. DC 0 is the actor's spell save DC.
type Save struct {
	Ability Ability `json:"ability"`
	DC      int     `json:"dc,omitempty"`
	// AllyDisadvantage etc. are modifiers' business; Magic marks the effect
	// as magical for those who resist magic. Spells always are.
	Magic bool `json:"magic,omitempty"`
}

// OnSave is what a successful save leaves of damage.
type OnSave string

// What a save can leave. Empty is none for a save alone, full for the save
// behind a hit.
const (
	SaveNone OnSave = "none"
	SaveHalf OnSave = "half"
	SaveFull OnSave = "full"
)

// Damage is dice of one type.
type Damage struct {
	Dice string     `json:"dice"`
	Type DamageType `json:"type"`
	// OnSave is what a successful save leaves.
	OnSave OnSave `json:"onSave,omitempty"`
	// PerSlot is added for each slot level above the spell's own.
	PerSlot string `json:"perSlot,omitempty"`
	// AddAbility adds the spellcasting modifier.
	AddAbility bool `json:"addAbility,omitempty"`
	// Cantrip: the dice count twice, three and four times from caster levels
	// 5, 11 and 17.
	Cantrip bool `json:"cantrip,omitempty"`
	// When: only if these hold (extra damage while bloodied, with advantage).
	When []Predicate `json:"when,omitempty"`
}

// Heal restores hit points.
type Heal struct {
	Dice    string `json:"dice"`
	PerSlot string `json:"perSlot,omitempty"`
	// AddAbility adds the spellcasting modifier.
	AddAbility bool `json:"addAbility,omitempty"`
}
