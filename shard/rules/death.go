// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/content"
)

// afterDamage draws what damage leads to: failed death saves or a fall,
// concentration, effects that it ends, traits and reactions that it wakes.
func (t *table) afterDamage(target *Creature, b *blow, dealt *DamageDealt, before int) {
	leftover := dealt.Dealt - dealt.Absorbed - before
	switch {
	case before == 0 && target.Status == Unconscious:
		t.hurtDying(target, b, dealt.Dealt)
	case target.HP == 0 && target.Status == Standing:
		t.fall(target, b, leftover, dealt)
	}
	if target.Status == Dead {
		return
	}
	t.keepConcentration(target, dealt.Dealt)
	t.endOn(target, content.EndOnDamage, "it took damage")
	if source := t.creature(b.source); source != nil {
		t.endHarmed(target, source)
		t.wakeTraits(target, source, b, dealt)
		t.offerDamaged(target, source, dealt)
	}
	for _, effect := range slices.Clone(target.Effects) {
		if ends := effect.Body.SaveEnds; ends != nil && ends.When == content.OnDamaged {
			t.push(Task{Do: stepRepeat, Target: target.ID, Effect: effect.ID, Swayed: 1})
		}
	}
}

// endHarmed ends effects of the source's side that end when it harms the
// bearer (Charmed).
func (t *table) endHarmed(target, source *Creature) {
	for _, effect := range slices.Clone(target.Effects) {
		by := t.creature(effect.Source)
		if by != nil && by.Side == source.Side && slices.Contains(effect.Body.EndsOn, content.EndOnSourceHit) {
			t.endEffect(target, effect.ID, "it was harmed")
		}
	}
}

// hurtDying is damage at 0 hit points: a failed death save, two for a critical
// hit, death if it is as much as the maximum (Damage at 0 Hit Points).
func (t *table) hurtDying(c *Creature, b *blow, damage int) {
	if damage >= c.MaxHP() {
		t.kill(c, b.name)
		return
	}
	failures := 1
	if b.crit {
		failures = 2
	}
	t.death(c, 0, failures)
}

// fall is what 0 hit points make of a creature: a monster dies; a character
// dies if the damage left over is at least its hit point maximum, else it is
// Unconscious (Dropping to 0 Hit Points: Monster Death, Instant Death, Falling
// Unconscious; Knocking Out a Creature).
func (t *table) fall(c *Creature, b *blow, leftover int, dealt *DamageDealt) {
	switch {
	case b.knocks && b.melee:
		t.knockOut(c, b)
	case t.enduresDeath(c, b, dealt):
	case c.Kind == Monster && !t.regenerates(c) || leftover >= c.MaxHP():
		t.kill(c, b.name)
	default:
		t.emit(CreatureFell{Creature: c.ID, Status: Unconscious})
		t.afterFall(c)
	}
}

// knockOut leaves a creature unconscious instead of dying.
func (t *table) knockOut(c *Creature, b *blow) {
	if t.rules.knockOutStable {
		t.emit(CreatureFell{Creature: c.ID, Status: Unconscious, Stable: true})
		t.afterFall(c)
		return
	}
	t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Knocked out"})
	t.addEffect(c, Effect{Name: "Knocked out", Source: b.source, Body: content.Effect{
		Conditions: []ConditionID{content.Unconscious}, EndsOn: []content.EndOn{content.EndOnHealed, content.EndOnShaken},
	}})
	t.checkEnd()
}

// enduresDeath lets a trait keep a creature at 1 hit point: with a save that
// gets harder with the damage, or once.
func (t *table) enduresDeath(c *Creature, b *blow, dealt *DamageDealt) bool {
	var fortitude, ward *content.Modifier
	var effect int
	t.each(c, func(m *content.Modifier, from origin) {
		switch m.Kind {
		case content.KindUndeadFortitude:
			fortitude = m
		case content.KindDeathWard:
			ward, effect = m, from.effect
		}
	})
	if ward != nil {
		t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Death ward"})
		t.endEffect(c, effect, "it was used")
		return true
	}
	if fortitude == nil || b.crit || slices.ContainsFunc(dealt.Parts, func(p DamagePart) bool {
		return p.Dealt > 0 && slices.Contains(fortitude.DamageTypes, p.Type)
	}) {
		return false
	}
	if !t.save(c, saving{ability: content.Constitution, dc: fortitude.Value + dealt.Dealt, why: "Fortitude"}) {
		return false
	}
	t.emit(HPSet{Target: c.ID, Before: 0, After: 1, Reason: "Fortitude"})
	return true
}

// regenerates tells whether a creature at 0 hit points comes back by itself.
func (s *State) regenerates(c *Creature) bool { return s.modified(c, content.KindRegeneration) }

// kill makes a creature dead.
func (t *table) kill(c *Creature, why string) {
	if c.Status == Dead {
		return
	}
	if c.HP > 0 {
		t.emit(HPSet{Target: c.ID, Before: c.HP, After: 0, Reason: why})
	}
	t.emit(CreatureFell{Creature: c.ID, Status: Dead})
	t.afterFall(c)
	for i := range c.block.Traits {
		if trait := &c.block.Traits[i]; trait.Trigger != nil && trait.Trigger.On == content.OnDeath {
			t.push(Task{Do: stepTrait, Actor: c.ID, Action: refTrait + trait.ID})
		}
	}
}

// afterFall is what ends with a creature that fell: its concentration, its
// grip, what it readied, and perhaps the fight.
func (t *table) afterFall(c *Creature) {
	if c.Concentration != nil {
		t.endConcentration(c, "it fell")
	}
	t.loseGrip(c)
	if c.Status == Unconscious {
		t.fallProne(c, c.ID)
	}
	t.checkEnd()
}

// checkEnd ends the fight when fewer than two sides still stand.
func (t *table) checkEnd() {
	if t.Combat.Phase != Fighting || len(t.Combat.Order) == 0 {
		return
	}
	if winner, fighting := t.standingSide(); !fighting {
		t.emit(CombatEnded{Winner: winner, Round: t.Combat.Round})
	}
}

// standingSide tells whether two sides or more still stand. If not, it gives
// the side that does, or "".
func (s *State) standingSide() (side string, fighting bool) {
	for i := range s.Creatures {
		c := &s.Creatures[i]
		comesBack := c.Status == Unconscious && c.Kind == Monster && s.regenerates(c)
		if (c.Status != Standing || c.knockedOut()) && !comesBack {
			continue
		}
		if side != "" && side != c.Side {
			return "", true
		}
		side = c.Side
	}
	return side, false
}

// knockedOut tells whether a creature lies unconscious with hit points left,
// until somebody heals or wakes it.
func (c *Creature) knockedOut() bool {
	for i := range c.Effects {
		e := &c.Effects[i]
		if e.Until == nil && e.Hold == 0 && slices.Contains(e.Body.Conditions, content.Unconscious) && e.Body.SaveEnds == nil {
			return true
		}
	}
	return false
}

// death counts death saves: three successes make stable, three failures kill
// (Death Saving Throws).
func (t *table) death(c *Creature, successes, failures int) {
	next := Death{Successes: c.Death.Successes + successes, Failures: min(c.Death.Failures+failures, 3)}
	if next.Successes >= 3 {
		next = Death{Stable: true}
	}
	t.emit(DeathCounted{Creature: c.ID, Death: next})
	if next.Failures >= 3 {
		t.kill(c, "three failed death saves")
	}
}

// deathSave is the save at the start of a dying character's turn: 10 or more
// succeeds, a natural 20 brings back 1 hit point, a natural 1 fails twice.
func (t *table) deathSave(task *Task) {
	c := t.creature(task.Actor)
	if c == nil || c.Status != Unconscious || c.Death.Stable {
		return
	}
	k := contest{roll: content.RollDeathSave, bearer: c}
	roll := t.test(&k, nil, nil)
	success := roll.Total >= 10
	t.emit(SaveRolled{Creature: c.ID, DC: 10, Roll: &roll, Success: success, Why: "Death save", Source: c.ID})
	switch {
	case roll.Natural == 20:
		t.heal(c, 1, nil, "Natural 20")
	case roll.Natural == 1:
		t.death(c, 0, 2)
	case success:
		t.death(c, 1, 0)
	default:
		t.death(c, 0, 1)
	}
}

// heal restores hit points, up to the maximum, and brings back who lies at 0
// (Healing).
func (t *table) heal(c *Creature, amount int, rolls []DamageRoll, source string) {
	if c.Status == Dead {
		return
	}
	blocked := false
	t.each(c, func(m *content.Modifier, _ origin) {
		blocked = blocked || m.Kind == content.KindCannot && slices.Contains(m.Deeds, "regain_hp")
	})
	if blocked || c.block.Swarm {
		amount = 0
	}
	after := max(min(c.HP+amount, c.MaxHP()), c.HP)
	t.emit(Healed{Target: c.ID, Amount: amount, Rolls: rolls, HPBefore: c.HP, HPAfter: after, Source: source})
	if amount > 0 {
		t.endOn(c, content.EndOnHealed, "it was healed")
	}
}

// revive brings back who died within so many rounds, with 1 hit point.
func (t *table) revive(c *Creature, rounds int) {
	if c.Status != Dead || t.Combat.Round-c.Death.Round > rounds || t.crowded(c, c.space()) || !t.ground.Fits(c.space()) {
		return
	}
	t.emit(Revived{Creature: c.ID, HP: 1})
}

// CreatureFell tells that a creature dropped to 0 hit points or died.
type CreatureFell struct {
	Creature string `json:"creature"`
	// Status is unconscious or dead.
	Status Status `json:"status"`
	Stable bool   `json:"stable,omitempty"`
}

// Kind names the event.
func (CreatureFell) Kind() string { return "creature_fell" }

func (e CreatureFell) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status == Dead || c.HP != 0 && e.Status != Dead {
		return fmt.Errorf("%.40q cannot fall", e.Creature)
	}
	switch e.Status {
	case Unconscious:
		if c.Status != Standing {
			return fmt.Errorf("%q lies already", e.Creature)
		}
		c.Death = Death{Stable: e.Stable}
	case Dead:
		c.HP, c.TempHP = 0, 0
		c.Death = Death{Round: s.Combat.Round}
	default:
		return fmt.Errorf("nobody falls %.40q", string(e.Status))
	}
	c.Status = e.Status
	c.Hiding, c.Ready = 0, nil
	return nil
}

func (e CreatureFell) touch(t *touched) {
	t.creature(e.Creature)
	t.combat()
}

func (e CreatureFell) redact(*State, View) any { return e }

// DeathCounted tells how far a dying character is.
type DeathCounted struct {
	Creature string `json:"creature"`
	Death    Death  `json:"death"`
}

// Kind names the event.
func (DeathCounted) Kind() string { return "death_counted" }

func (e DeathCounted) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status != Unconscious || !e.Death.valid() {
		return fmt.Errorf("%.40q is not dying", e.Creature)
	}
	c.Death = e.Death
	return nil
}

func (d Death) valid() bool {
	return d.Successes >= 0 && d.Successes <= 3 && d.Failures >= 0 && d.Failures <= 3 && d.Round >= 0 && d.Round <= maxCount
}

func (e DeathCounted) touch(t *touched) { t.creature(e.Creature) }

func (e DeathCounted) redact(*State, View) any { return e }

// Healed restores hit points.
type Healed struct {
	Target   string       `json:"target"`
	Amount   int          `json:"amount"`
	Rolls    []DamageRoll `json:"rolls,omitempty"`
	HPBefore int          `json:"hpBefore"`
	HPAfter  int          `json:"hpAfter"`
	Source   string       `json:"source"`
}

// Kind names the event.
func (Healed) Kind() string { return "healed" }

func (e Healed) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || c.Status == Dead || c.HP != e.HPBefore || e.HPAfter < e.HPBefore || e.HPAfter > max(c.MaxHP(), e.HPBefore) {
		return fmt.Errorf("%.40q cannot be healed from %d to %d", e.Target, e.HPBefore, e.HPAfter)
	}
	if err := s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) }); err != nil {
		return err
	}
	c.raise(e.HPAfter)
	return nil
}

// raise sets hit points and brings back who lay at 0.
func (c *Creature) raise(hp int) {
	c.HP = hp
	if hp > 0 && c.Status == Unconscious {
		c.Status, c.Death = Standing, Death{}
	}
}

func (e Healed) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

// healSeen is Healed without the numbers of a secret creature.
type healSeen struct {
	Target string `json:"target"`
	Source string `json:"source"`
	Health Health `json:"health"`
}

func (e Healed) redact(s *State, _ View) any {
	if c := s.creature(e.Target); c == nil || c.secret() {
		seen := healSeen{Target: e.Target, Source: e.Source}
		if c != nil {
			seen.Health = healthOf(e.HPAfter, c.block.HP.Max)
		}
		return seen
	}
	return e
}

// TempHPGained gives temporary hit points: the better of both counts
// (Temporary Hit Points).
type TempHPGained struct {
	Target string       `json:"target"`
	Amount int          `json:"amount"`
	Rolls  []DamageRoll `json:"rolls,omitempty"`
	Source string       `json:"source"`
}

// Kind names the event.
func (TempHPGained) Kind() string { return "temp_hp_gained" }

func (e TempHPGained) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || e.Amount < 0 || e.Amount > MaxHP {
		return fmt.Errorf("%.40q cannot gain %d temporary hit points", e.Target, e.Amount)
	}
	if err := s.rolled(func(k *rollCheck) error { return k.damage(e.Rolls) }); err != nil {
		return err
	}
	if c.Status != Dead {
		c.TempHP = max(c.TempHP, e.Amount)
	}
	return nil
}

func (e TempHPGained) touch(t *touched) { t.creature(e.Target) }

func (e TempHPGained) redact(s *State, _ View) any {
	if s.secretID(e.Target) {
		return struct {
			Target string `json:"target"`
			Source string `json:"source"`
		}{e.Target, e.Source}
	}
	return e
}

// HPSet sets hit points: by something that is neither damage nor healing, or
// by a game master (By), which is an override.
type HPSet struct {
	Target string `json:"target"`
	Before int    `json:"before"`
	After  int    `json:"after"`
	Reason string `json:"reason"`
	By     string `json:"by,omitempty"`
}

// Kind names the event.
func (HPSet) Kind() string { return "hp_set" }

func (e HPSet) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || c.HP != e.Before || c.Status == Dead || e.After < 0 || e.After > c.MaxHP() {
		return fmt.Errorf("%.40q cannot have %d hit points", e.Target, e.After)
	}
	c.raise(e.After)
	return nil
}

func (e HPSet) touch(t *touched) {
	t.creature(e.Target)
	t.combat()
}

func (e HPSet) redact(s *State, _ View) any {
	if s.secretID(e.Target) {
		return struct {
			Target string `json:"target"`
			Reason string `json:"reason"`
			By     string `json:"by,omitempty"`
		}{e.Target, e.Reason, e.By}
	}
	return e
}

// MaxDrained takes off a hit point maximum.
type MaxDrained struct {
	Target string `json:"target"`
	Amount int    `json:"amount"`
}

// Kind names the event.
func (MaxDrained) Kind() string { return "max_hp_drained" }

func (e MaxDrained) apply(s *State) error {
	c := s.creature(e.Target)
	if c == nil || e.Amount < 0 || e.Amount > MaxHP {
		return fmt.Errorf("%.40q cannot lose %d of its maximum", e.Target, e.Amount)
	}
	c.MaxLoss = min(c.MaxLoss+e.Amount, c.block.HP.Max)
	if most := c.MaxHP(); most > 0 {
		c.HP = min(c.HP, most)
	}
	return nil
}

func (e MaxDrained) touch(t *touched) { t.creature(e.Target) }

func (e MaxDrained) redact(s *State, _ View) any {
	if s.secretID(e.Target) {
		return struct {
			Target string `json:"target"`
		}{e.Target}
	}
	return e
}

// Revived brings back a dead creature.
type Revived struct {
	Creature string `json:"creature"`
	HP       int    `json:"hp"`
	By       string `json:"by,omitempty"`
}

// Kind names the event.
func (Revived) Kind() string { return "revived" }

func (e Revived) apply(s *State) error {
	c := s.creature(e.Creature)
	if c == nil || c.Status != Dead || e.HP < 1 || e.HP > c.MaxHP() || !s.ground.Fits(c.space()) {
		return fmt.Errorf("%.40q cannot be revived", e.Creature)
	}
	c.Status, c.HP, c.Death = Standing, e.HP, Death{}
	return nil
}

func (e Revived) touch(t *touched) {
	t.creature(e.Creature)
	t.combat()
}

func (e Revived) redact(s *State, _ View) any {
	if s.secretID(e.Creature) {
		e.HP = 0
	}
	return e
}
