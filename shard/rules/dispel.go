// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// dispel ends the spells on a target, its auras among them: those of a low level at
// once, the others by a check each.
func (t *table) dispel(actor, target *Creature, d *deed) {
	for _, effect := range slices.Clone(target.Effects) {
		if effect.Level > 0 && target.effect(effect.ID) != nil && t.dispels(actor, d, effect.Level) {
			t.endEffect(target, effect.ID, d.name)
		}
	}
	for _, zone := range slices.Clone(t.Zones) {
		if zone.Owner == target.ID && zone.Reach > 0 {
			t.dispelZone(actor, zone.ID, d)
		}
	}
}

// dispelZone ends the spell that a zone is of.
func (t *table) dispelZone(actor *Creature, id int, d *deed) {
	if zone := t.zone(id); zone != nil && zone.Level > 0 && t.dispels(actor, d, zone.Level) {
		t.unravel(*zone, d.name)
	}
}

// dispels tells whether a spell of a level is ended.
func (t *table) dispels(actor *Creature, d *deed, level int) bool {
	if level <= max(d.act.Dispel, d.level) {
		return true
	}
	k := contest{roll: content.RollCheck, bearer: actor}
	roll := t.test(&k, nil, nil, Modifier{Source: "Spellcasting", Value: d.mod})
	ends := roll.Total >= 10+level
	t.emit(CheckRolled{Creature: actor.ID, Skill: "arcana", DC: 10 + level, Roll: roll, Success: ends, Why: d.name})
	return ends
}

// unravel ends the spell of a zone: the zone, what it laid on creatures, and the
// concentration of who held it.
func (t *table) unravel(zone Zone, reason string) {
	t.emit(ZoneEnded{Zone: zone.ID, Name: zone.Name, Reason: reason})
	laid := func(e Effect) bool { return e.Source == zone.Owner && e.Origin == zone.Origin && e.Hold == zone.Hold }
	for i := range t.Creatures {
		c := &t.Creatures[i]
		for at := slices.IndexFunc(c.Effects, laid); at >= 0; at = slices.IndexFunc(c.Effects, laid) {
			t.endEffect(c, c.Effects[at].ID, reason)
		}
	}
	t.dropHold(zone.Hold)
}

// aimedZone refuses a zone that is no spell, out of range or behind total cover. An
// aura is as near as its border.
func (t *table) aimedZone(actor *Creature, d *deed, a aim) *Refusal {
	zone := t.zone(a.zone)
	switch {
	case len(a.targets) > 0:
		return refuse(CodeWrongCount, "%s takes a creature or a zone, not both.", d.name)
	case zone == nil:
		return refuse(CodeInvalidTarget, "There is no zone %d.", a.zone)
	case d.act.Dispel == 0:
		return refuse(CodeWrongTarget, "%s does nothing to %s.", d.name, zone.Name)
	case zone.Level == 0:
		return refuse(CodeWrongTarget, "%s ends spells, and %s is none.", d.name, zone.Name)
	}
	limit := d.act.Target.Range
	away, clear := t.zoneAway(actor, zone, limit)
	switch {
	case away > limit:
		return refuse(CodeOutOfRange, "%s is %d feet away; %s carries %d.", zone.Name, away, d.name, limit).
			with("distance", away).with("limit", limit)
	case !clear:
		return refuse(CodeNoLine, "%s is behind total cover.", zone.Name)
	}
	return nil
}

// zoneAway gives how far a zone is from a creature, and whether a clear path leads to
// any of it within a limit.
func (t *table) zoneAway(c *Creature, zone *Zone, limit int) (away int, clear bool) {
	if owner := t.creature(zone.Owner); zone.Reach > 0 {
		away = max(distance(c, owner)-zone.Reach, 0)
		return away, t.inZone(zone, c) || t.ground.Cover(c.space(), owner.space(), nil) != grid.TotalCover
	}
	away = MaxSquares
	for _, at := range zone.Squares {
		square := grid.Space{At: grid.Point(at), Side: 1}
		far := grid.Distance(c.space(), square)
		away = min(away, far)
		clear = clear || far <= limit && t.ground.Cover(c.space(), square, nil) != grid.TotalCover
	}
	return away, clear
}
