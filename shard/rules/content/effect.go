// SPDX-License-Identifier: Apache-2.0

package content

// Effect is something that lasts on a creature: conditions, modifiers, things
// that recur.
type Effect struct {
	// Name is shown; empty is the name of the action or spell.
	Name string `json:"name,omitempty"`
	// On is whom it is put on; empty is the target on a hit, a failed save, or
	// at once.
	On         Outcome       `json:"on,omitempty"`
	Conditions []ConditionID `json:"conditions,omitempty"`
	// Exhaustion levels to add, or below 0 to take away.
	Exhaustion int        `json:"exhaustion,omitempty"`
	Modifiers  []Modifier `json:"modifiers,omitempty"`
	Duration   Duration   `json:"duration,omitzero"`
	// SaveEnds repeats the save of the activity; a success ends the effect.
	SaveEnds *SaveEnds `json:"saveEnds,omitempty"`
	// EndsOn lists what else ends it.
	EndsOn []EndOn `json:"endsOn,omitempty"`
	// Escape lets it be ended by an action: a check against a DC.
	Escape *Escape `json:"escape,omitempty"`
	// MaxSize of creatures that it works on; empty is any.
	MaxSize Size `json:"maxSize,omitempty"`
	// Recurs happens on its bearer's turns.
	Recurs *Recurs `json:"recurs,omitempty"`
	// Worsens replaces it when the repeated save fails: restrained becomes
	// petrified.
	Worsens *Effect `json:"worsens,omitempty"`
	// Leaves is put on the bearer when it ends, however it ends.
	Leaves *Effect `json:"leaves,omitempty"`
	// Grants gives the bearer actions while it lasts.
	Grants []Action `json:"grants,omitempty"`
	// Inside: the bearer is inside its source. It moves along and fills no
	// space; when the effect ends it comes out beside the source.
	Inside bool `json:"inside,omitempty"`
	// FailBy: only if the save failed by this much or more.
	FailBy int `json:"failBy,omitempty"`
}

// Outcome is on whom and when an effect comes.
type Outcome string

// The outcomes. Empty means hit, failed save, or at once.
const (
	OnSuccess Outcome = "success" // the target that saved
	OnAny     Outcome = "any"     // the target, whatever came out
	OnSelf    Outcome = "self"    // the actor
	OnCrit    Outcome = "crit"    // the target of a critical hit
)

// DurationKind is how an effect's end is counted.
type DurationKind string

// The kinds of durations. Empty lasts until it is ended by something else.
const (
	// DurationRounds ends after so many rounds, at the end of the turn of Of
	// (empty: the start of the source's turn, as a count of rounds is).
	DurationRounds DurationKind = "rounds"
	// DurationStart and DurationEnd end at the start or end of the next turn
	// of Of.
	DurationStart DurationKind = "start_of_turn"
	DurationEnd   DurationKind = "end_of_turn"
	// DurationTrigger ends with the attack that triggered a reaction.
	DurationTrigger DurationKind = "triggering_attack"
	// DurationInstant puts a condition on and lets it be: prone.
	DurationInstant DurationKind = "instant"
)

// Anchor is whose turn counts.
type Anchor string

// The anchors.
const (
	OfSource Anchor = "source"
	OfTarget Anchor = "target"
)

// Duration of an effect. A minute is 10 rounds. A spell with concentration
// ends with it anyway.
type Duration struct {
	Kind   DurationKind `json:"kind,omitempty"`
	Of     Anchor       `json:"of,omitempty"`
	Rounds int          `json:"rounds,omitempty"`
}

// SaveEnds repeats a save.
type SaveEnds struct {
	When Moment `json:"when"` // start_of_turn, end_of_turn or damaged
	// Ability where it is not that of the activity.
	Ability Ability `json:"ability,omitempty"`
	// Successes that are needed; 0 is 1. Failures that make it worsen; 0 is 1.
	Successes int `json:"successes,omitempty"`
	Failures  int `json:"failures,omitempty"`
	// AdvantageOnDamage: a save forced by damage has advantage.
	AdvantageOnDamage bool `json:"advantageOnDamage,omitempty"`
	// OutOfSight: only while the source is not in line of sight.
	OutOfSight bool `json:"outOfSight,omitempty"`
}

// EndOn is something that ends an effect early.
type EndOn string

// What ends an effect.
const (
	EndOnDamage    EndOn = "damaged"        // the bearer takes damage
	EndOnAttack    EndOn = "attacks"        // the bearer makes an attack roll, deals damage or casts
	EndOnAttacked  EndOn = "attacked"       // the next attack roll against the bearer was made
	EndOnOwnRoll   EndOn = "own_roll"       // the bearer's next roll that it changes was made
	EndOnShaken    EndOn = "shaken"         // a creature beside spends an action to wake it
	EndOnSourceHit EndOn = "source_attacks" // the source or an ally of it harms the bearer
	EndOnMove      EndOn = "moves"          // the bearer moves
	EndOnDistance  EndOn = "too_far"        // source and bearer are out of reach (grapples)
	EndOnSourceOut EndOn = "source_out"     // the source is incapacitated
	EndOnHealed    EndOn = "healed"         // the bearer regains hit points
	EndOnStand     EndOn = "stands"         // the bearer stands up
)

// Escape is a check that ends an effect, for an action.
type Escape struct {
	// DC 0 is that of the save or 8 + the source's Strength and proficiency.
	DC     int     `json:"dc,omitempty"`
	Skills []Skill `json:"skills,omitempty"` // the best counts; empty: Abilities
	// Ability of a plain check.
	Ability Ability `json:"ability,omitempty"`
}

// Recurs is what an effect does on each turn of its bearer, or of its source.
type Recurs struct {
	When   Moment   `json:"when"` // start_of_turn or end_of_turn
	Of     Anchor   `json:"of,omitempty"`
	Save   *Save    `json:"save,omitempty"`
	Damage []Damage `json:"damage,omitempty"`
	Heal   string   `json:"heal,omitempty"`
}

// Zone is an area that stays.
type Zone struct {
	// Area; nil is that of the target.
	Area *Area `json:"area,omitempty"`
	// Follows the actor.
	Follows bool `json:"follows,omitempty"`
	// Affects is whom it concerns; empty is everybody.
	Affects Affects `json:"affects,omitempty"`
	// Difficult terrain; Obscured heavily; SpeedHalf for whom it concerns.
	Difficult bool `json:"difficult,omitempty"`
	Obscured  bool `json:"obscured,omitempty"`
	SpeedHalf bool `json:"speedHalf,omitempty"`
	// Silent: who is wholly inside neither speaks nor hears, and thunder does nothing
	// to it.
	Silent bool `json:"silent,omitempty"`
	// Triggers: "enter", "start_of_turn", "end_of_turn"; each creature at
	// most once a turn.
	Triggers []ZoneTrigger `json:"triggers,omitempty"`
	Save     *Save         `json:"save,omitempty"`
	Damage   []Damage      `json:"damage,omitempty"`
	Effects  []Effect      `json:"effects,omitempty"`
	// Rounds it lasts; 0 with concentration lasts as long.
	Rounds int `json:"rounds,omitempty"`
	// Now: it also strikes when it appears.
	Now bool `json:"now,omitempty"`
}

// ZoneTrigger is when a zone strikes a creature.
type ZoneTrigger string

// The triggers of a zone.
const (
	ZoneEnter ZoneTrigger = "enter"
	ZoneStart ZoneTrigger = "start_of_turn"
	ZoneEnd   ZoneTrigger = "end_of_turn"
)
