// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
)

// influences mutates each plain value inside a struct, one at a time, and
// lists the JSON paths of those that change what look gives. It is the proof
// that what is not listed cannot be seen.
func influences(root reflect.Value, look func() string) []string {
	before := look()
	var seen []string
	var walk func(v reflect.Value, path string)
	try := func(path string, mutate, restore func()) {
		mutate()
		if look() != before {
			seen = append(seen, strings.TrimPrefix(path, "."))
		}
		restore()
	}
	walk = func(v reflect.Value, path string) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				field := v.Type().Field(i)
				if !field.IsExported() {
					continue // found again from the rest, see State.link
				}
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if name == "ruleset" || name == "block" && field.Type.Kind() == reflect.String {
					continue // a reference: another one is another state
				}
				walk(v.Field(i), path+"."+name)
			}
		case reflect.Pointer:
			if !v.IsNil() {
				walk(v.Elem(), path)
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				old := v.MapIndex(key)
				try(path+"."+key.String(), func() { v.SetMapIndex(key, reflect.ValueOf(int(old.Int()+1)).Convert(v.Type().Elem())) },
					func() { v.SetMapIndex(key, old) })
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			}
		case reflect.String:
			old := v.String()
			try(path, func() { v.SetString(old + "x") }, func() { v.SetString(old) })
		case reflect.Bool:
			old := v.Bool()
			try(path, func() { v.SetBool(!old) }, func() { v.SetBool(old) })
		case reflect.Int:
			old := v.Int()
			try(path, func() { v.SetInt(old + 1) }, func() { v.SetInt(old) })
		case reflect.Uint64, reflect.Uint8:
			old := v.Uint()
			try(path, func() { v.SetUint(old + 1) }, func() { v.SetUint(old) })
		default:
			panic("a kind of field this test does not know: " + v.Kind().String())
		}
	}
	walk(root, "")
	slices.Sort(seen)
	return slices.Compact(seen)
}

// revealing has a hero and a hidden monster, creatures 0 and 1, with something
// in every field that can be filled, in the monster's turn, with a window open
// for the monster.
func revealing(t testing.TB) *State {
	t.Helper()
	sc := scenarioOf(t, who{"hero", "wizard", "heroes", Point{1, 1}}, who{"wolf", "dragon", "foes", Point{5, 5}})
	sc.Map.Blocked, sc.Map.Difficult, sc.Map.Doors = []Point{{20, 7}}, []Point{{9, 9}}, []Door{{At: Point{11, 11}}}
	s, err := New(sc, RulesetSRD521, [32]byte{5})
	if err != nil {
		t.Fatal(err)
	}
	dragon := &s.Blocks[slices.IndexFunc(s.Blocks, func(b content.Creature) bool { return b.ID == "dragon" })]
	dragon.Resistances, dragon.Vulnerabilities = []DamageType{Acid}, []DamageType{Cold}
	dragon.DamageAdjustments = []DamageAdjustment{{Source: "Aura", Type: Fire, Amount: -5}}
	dragon.Traits = []content.Trait{{ID: "tough", Name: "Tough", Modifiers: []content.Modifier{{Kind: content.KindBonus, On: []content.RollKind{content.RollSave}, Value: 1}}}}
	dragon.ConditionImmunities = []ConditionID{content.Charmed}
	s.Serial = 9
	for i, id := range []string{"hero", "wolf"} {
		c := s.creature(id)
		c.HP, c.MaxLoss, c.TempHP, c.Exhaustion = 5, 1, 3, 1
		c.Effects = []Effect{{ID: 1 + i, Name: "Bane", Source: "wolf", Origin: "bite", Level: 1, DC: 13, Ability: content.Wisdom, Attack: 5,
			Until: &Until{Of: "wolf", At: content.OnTurnEnd, Turns: 3}, Body: content.Effect{Conditions: []ConditionID{content.Prone},
				Modifiers: []content.Modifier{{Kind: content.KindBonus, On: []content.RollKind{content.RollSave}, Value: -1}}}}}
		c.Concentration = &Concentration{ID: 5, Spell: "web", Name: "Web", Level: 2}
		c.Used = []Use{{ID: "fire-breath", Spent: 1}}
		c.Harmed = []DamageType{Fire}
		c.Ready = &Readied{Trigger: readyMove, Within: 20, Action: "rend"}
		c.Orders = OrdersAsk
		c.LegendarySpent, c.Resisted = 1, 1
	}
	s.creature("hero").SlotsSpent = []int{1, 1, 0, 0}
	s.creature("wolf").Hiding = 17
	s.Zones = []Zone{{ID: 7, Name: "Web", Owner: "wolf", Origin: "x", DC: 14, Squares: []Point{{12, 12}}, Struck: []string{"hero"},
		Body: content.Zone{Area: &content.Area{Shape: content.Cube, Size: 20}, Difficult: true}}}
	s.Combat = Combat{Phase: Fighting, Fight: 1, Round: 1, Turn: 1, Budget: Budget{Actions: 1, Bonus: 1, Objects: 1, Moved: 5,
		Attacks: []content.Multiattack{{Actions: []string{"rend"}, Count: 2}}, Once: []string{"x"}},
		Order: []Placing{{"hero", 9}, {"wolf", 7}}}
	s.Window = &Window{ID: 8, Creature: "wolf", Kind: AskReaction, By: "hero", Why: "hit", Options: []string{"parry"}, Seconds: 30,
		Tasks: []Task{{Do: stepLand, Actor: "hero", Target: "wolf", Natural: 12, Total: 19, AC: 17}}}
	return s
}

func rendered(s *State, v View) string {
	var all strings.Builder
	for _, entity := range s.Entities() {
		for _, leaf := range s.Render(v, entity) {
			fmt.Fprintf(&all, "%s %s\n", leaf.Path, leaf.Value)
		}
	}
	return all.String()
}

// hiddenFrom gives the state of revealing with a monster that a view must not see
// through: players not that of a game master, the public nobody's.
func hiddenFrom(t testing.TB, view View) *State {
	t.Helper()
	s := revealing(t)
	if view == ViewPublic {
		s.creature("wolf").Controller = "p1"
	}
	return s
}

func TestWhatIsSeenOfTheState(t *testing.T) {
	for _, view := range []View{ViewTable, ViewPublic} {
		t.Run(string(view), func(t *testing.T) { seenOfTheState(t, hiddenFrom(t, view), view) })
	}
}

func seenOfTheState(t *testing.T, s *State, view View) {
	wolf := slices.IndexFunc(s.Blocks, func(b content.Creature) bool { return b.ID == "dragon" })
	got := influences(reflect.ValueOf(s).Elem(), func() string { return rendered(s, view) })
	var secret []string
	for _, path := range got {
		for _, hidden := range []string{"creatures[1].", fmt.Sprintf("blocks[%d].", wolf), "window.", "combat.budget", "zones", "seed", "rolled", "options"} {
			if strings.HasPrefix(path, hidden) {
				secret = append(secret, path)
			}
		}
	}
	// Nothing of a hidden monster but that it is there, who it belongs to and
	// how it looks; not where it is. Of a window for it: that play waits.
	want := []string{
		fmt.Sprintf("blocks[%d].size", wolf), fmt.Sprintf("blocks[%d].type", wolf),
		"creatures[1].concentration.name", "creatures[1].controller", "creatures[1].effects[0].body.conditions[0]",
		"creatures[1].effects[0].id", "creatures[1].effects[0].name", "creatures[1].effects[0].source",
		"creatures[1].exhaustion", "creatures[1].id", "creatures[1].kind", "creatures[1].name", "creatures[1].shrunk", "creatures[1].side", "creatures[1].status",
		"window.id", "window.seconds",
		"zones[0].body.difficult", "zones[0].body.obscured", "zones[0].body.silent", "zones[0].id", "zones[0].name", "zones[0].owner", "zones[0].reach",
		"zones[0].squares[0][0]", "zones[0].squares[0][1]",
	}
	if diff := cmp.Diff(want, secret); diff != "" {
		t.Errorf("what is seen of what is secret (-want +got):\n%s", diff)
	}
	for _, open := range []string{"creatures[0].position[0]", "combat.round", "map.difficult[0][0]"} {
		if !slices.Contains(got, open) {
			t.Errorf("%s is not seen", open)
		}
	}
	for _, own := range []string{"creatures[0].hp", "creatures[0].tempHP", "creatures[0].slotsSpent[0]", "creatures[0].maxLoss", "creatures[0].orders"} {
		if slices.Contains(got, own) != (view == ViewTable) {
			t.Errorf("%s is seen: %v", own, view != ViewTable)
		}
	}
}

func TestNobodySeesTheDice(t *testing.T) {
	s := revealing(t)
	for _, view := range Views() {
		for _, path := range influences(reflect.ValueOf(s).Elem(), func() string { return rendered(s, view) }) {
			if strings.HasPrefix(path, "seed") || path == "rolled" {
				t.Errorf("view %s shows %s", view, path)
			}
		}
	}
}

// A monster's event tells the table no number of the monster, and a hidden
// monster's doings are not told at all; to the public all creatures are such.
func TestWhatIsSeenOfEvents(t *testing.T) {
	roll := D20Roll{First: 3, Faces: []int{12, 7}, Natural: 12, Advantage: []string{"a"}, Disadvantage: []string{"d"},
		Modifiers: []Modifier{{Source: "m", Value: 2}}, Total: 14}
	dice := []DamageRoll{{Dice: "1d6+1", Type: Cold, First: 5, Faces: []int{3}, Bonus: 1, Total: 4}}
	parts := []DamagePart{{Type: Cold, Rolled: 4, Dealt: 2, Steps: []DamageStep{{Kind: StepResistance, Source: "s", From: 4, To: 2}}}}
	price := Price{Actions: 1, Use: "x", Slot: 1}
	effect := Effect{ID: 3, Name: "Bane", Source: "wolf", Origin: "x", DC: 13, Body: content.Effect{Conditions: []ConditionID{content.Prone}},
		Until: &Until{Of: "wolf", At: content.OnTurnEnd, Turns: 2}}
	tests := map[string]struct {
		event Event
		want  []string // what of it is seen
	}{
		"attack":       {&AttackRolled{Attacker: "wolf", Target: "wolf", Attack: "bite", Roll: roll, AC: 13, Outcome: Hit, Cover: 2, Price: price}, []string{"attack", "attacker", "outcome", "target"}},
		"turned":       {&AttackTurned{Attacker: "hero", Target: "wolf", AC: 17}, []string{"attacker", "target"}},
		"acted":        {&Acted{Creature: "wolf", Action: "x", Name: "X", Level: 2, Targets: []string{"hero"}, Price: price}, []string{"action", "by", "creature", "name", "secret", "targets[0]", "zone"}},
		"hands":        {&HandsChanged{Creature: "wolf", Held: []string{"x"}, Dropped: []Lying{{Item: "y"}}, Price: price}, []string{"creature", "held[0]"}},
		"save":         {&SaveRolled{Creature: "wolf", Ability: content.Wisdom, DC: 15, Roll: &roll, Why: "w", Source: "wolf"}, []string{"ability", "auto", "creature", "source", "success", "why"}},
		"check":        {&CheckRolled{Creature: "wolf", Skill: content.Stealth, DC: 15, Roll: roll, Why: "w"}, nil},
		"dice":         {&DamageRolled{Source: "wolf", Name: "n", Rolls: dice}, nil},
		"damage":       {&DamageDealt{Attacker: "wolf", Target: "wolf", Attack: "bite", Rolls: dice, Parts: parts, Dealt: 2, HPBefore: 7, HPAfter: 5}, []string{"attack", "attacker", "target"}},
		"healed":       {&Healed{Target: "wolf", Amount: 3, Rolls: dice, HPBefore: 1, HPAfter: 4, Source: "s"}, []string{"source", "target"}},
		"temporary":    {&TempHPGained{Target: "wolf", Amount: 3, Rolls: dice, Source: "s"}, []string{"source", "target"}},
		"hp set":       {&HPSet{Target: "wolf", Before: 1, After: 2, Reason: "r", By: "b"}, []string{"by", "reason", "target"}},
		"drained":      {&MaxDrained{Target: "wolf", Amount: 3}, []string{"target"}},
		"fell":         {&CreatureFell{Creature: "wolf", Status: Dead}, []string{"creature", "stable", "status"}},
		"dying":        {&DeathCounted{Creature: "wolf", Death: Death{Failures: 1}}, nil},
		"revived":      {&Revived{Creature: "wolf", HP: 1, By: "b"}, []string{"by", "creature"}},
		"effect":       {&EffectAdded{Target: "hero", Effect: effect, By: "b"}, []string{"by", "effect.body.conditions[0]", "effect.id", "effect.name", "effect.source", "target"}},
		"counted":      {&EffectChanged{Target: "hero", Effect: 3, Turns: 1}, nil},
		"effect ends":  {&EffectEnded{Target: "wolf", Effect: 3, Name: "n", Reason: "r"}, []string{"by", "effect", "name", "reason", "target"}},
		"begins":       {&ConcentrationBegun{Creature: "wolf", Concentration: Concentration{ID: 1, Spell: "web", Name: "Web"}}, []string{"concentration.id", "concentration.level", "concentration.name", "concentration.spell", "creature"}},
		"ends":         {&ConcentrationEnded{Creature: "wolf", Spell: "web", Name: "Web", Reason: "r"}, []string{"creature", "name", "reason", "spell"}},
		"zone":         {&ZoneAdded{Zone: Zone{ID: 1, Name: "Web", Owner: "wolf", Origin: "o", DC: 13}}, []string{"zone.body.difficult", "zone.body.obscured", "zone.body.silent", "zone.id", "zone.name", "zone.owner", "zone.reach"}},
		"zone strikes": {&ZoneStruck{Zone: 1, Creature: "wolf"}, []string{"creature", "zone"}},
		"zone counts":  {&ZoneClocked{Zone: 1, Turns: 2}, nil},
		"zone ends":    {&ZoneEnded{Zone: 1, Name: "Web", Reason: "r"}, []string{"name", "reason", "zone"}},
		"window":       {&WindowOpened{Window: Window{ID: 3, Creature: "wolf", Kind: AskReaction, By: "hero", Why: "w", Options: []string{"parry"}, Seconds: 3, Tasks: []Task{{Do: stepLand, AC: 17}}}}, []string{"window.id", "window.seconds"}},
		"answer":       {&WindowClosed{Window: 3, Creature: "wolf", Answer: "parry", By: "b"}, []string{"lapsed", "window"}},
		"orders":       {&OrdersGiven{Creature: "wolf", Orders: OrdersAsk}, nil},
		"ready":        {&ReadySet{Creature: "wolf", Ready: &Readied{Trigger: readyMove, Action: "rend"}}, nil},
		"hidden":       {&Hidden{Creature: "wolf", Total: 17}, []string{"creature"}},
		"revealed":     {&Revealed{Creature: "wolf", Reason: "r"}, []string{"at[0]", "at[1]", "by", "creature", "reason"}},
		"resisted":     {&Resisted{Creature: "wolf"}, []string{"creature"}},
		"stopped":      {&SpellStopped{Creature: "wolf", Spell: "s", By: "hero", SlotBack: 3}, []string{"by", "creature", "spell"}},
		"recharged":    {&Recharged{Creature: "wolf", Action: "fire-breath", Back: true}, nil},
		"forgotten":    {&HarmForgotten{Creature: "wolf"}, nil},
		"granted":      {&Granted{Creature: "wolf", Actions: 1}, []string{"by"}},
		"favoured":     {&Granted{Creature: "wolf", Actions: 1, By: "b"}, []string{"by", "creature"}},
		"door":         {&DoorMoved{At: Point{1, 1}}, []string{"at[0]", "at[1]", "open"}},
		"spawned":      {&Spawned{From: "wolf", ID: "x", HP: 7}, []string{"at[0]", "at[1]", "from", "id"}},
		"order":        {&OrderSet{Order: []Placing{{"wolf", 3}}, By: "b"}, []string{"by", "order[0].count", "order[0].creature", "turn"}},
		"height":       {&HeightChanged{Creature: "wolf", Altitude: 30, Unseen: true}, []string{"unseen"}},
		"added":        {&CreatureAdded{Combatant: Combatant{ID: "x", Name: "X", Side: "foes", Controller: GameMaster}, Roll: &roll, Count: 14, By: "b"}, []string{"by", "combatant.id", "combatant.name", "combatant.side", "count", "place"}},
		"removed":      {&CreatureRemoved{Creature: "wolf", By: "b"}, []string{"by", "creature"}},
		"turn":         {&TurnStarted{Creature: "wolf", Round: 2, Budget: Budget{Actions: 1}, Movement: 30}, []string{"creature", "place", "round"}},
		"turn ends":    {&TurnEnded{Creature: "wolf", By: "mira"}, []string{"by", "creature", "lapsed", "override"}},
		"sneaks":       {&Moved{Creature: "wolf", Path: []Point{{1, 2}}, Cost: 5, Unseen: true}, []string{"unseen"}},
		"moves":        {&Moved{Creature: "wolf", Path: []Point{{1, 2}}, Cost: 5}, []string{"by", "cost", "creature", "from[0]", "from[1]", "how", "path[0][0]", "path[0][1]", "unseen"}},
		"starts":       {&CombatStarted{Fight: 1, By: "mira"}, []string{"by", "fight"}},
		"is over":      {&CombatEnded{Winner: "foes", Round: 2}, []string{"by", "round", "winner"}},
		"initiative": {&InitiativeRolled{Rolls: []InitiativeRoll{{Creatures: []string{"wolf", "wolf"}, Roll: roll}}, Order: []Placing{{"wolf", 14}}},
			[]string{"order[0].count", "order[0].creature"}},
	}
	covered := map[string]bool{}
	for name, tc := range tests {
		covered[tc.event.Kind()] = true
		for _, view := range []View{ViewTable, ViewPublic} {
			t.Run(name+"/"+string(view), func(t *testing.T) {
				s := hiddenFrom(t, view)
				value := reflect.ValueOf(tc.event).Elem()
				got := influences(value, func() string {
					return string(bytes.Join(raws(s.Redact(view, []Event{value.Interface().(Event)})), nil))
				})
				// A changed name of a creature makes it an unknown one, which may
				// show or hide more: only what is seen of the monster counts.
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("what is seen of it (-want +got):\n%s", diff)
				}
			})
		}
	}
	for kind := range events {
		if !covered[kind] {
			t.Errorf("no case for event %s", kind)
		}
	}
}

func TestHealthInsteadOfHitPoints(t *testing.T) {
	tests := map[string]struct {
		hp     int
		status Status
		want   Health
	}{
		"all":            {hp: 21, status: Standing, want: Unhurt},
		"one off":        {hp: 20, status: Standing, want: Hurt},
		"just over half": {hp: 11, status: Standing, want: Hurt},
		"under half":     {hp: 10, status: Standing, want: Bloodied},
		"unconscious":    {status: Unconscious, want: HealthUnconscious},
		"dead":           {status: Dead, want: HealthDead},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := Creature{block: &content.Creature{HP: content.HitPoints{Max: 21}}, HP: tc.hp, Status: tc.status}
			if got := c.health(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Leaves are sorted, belong to their entity, and are the canonical JSON of
// their value.
func TestLeavesAreCanonical(t *testing.T) {
	s := revealing(t)
	s.Creatures[0].Name = `Hé "<&> \ ` + "名"
	seen := map[string]bool{}
	for _, view := range Views() {
		clear(seen)
		for _, entity := range s.Entities() {
			list := s.Render(view, entity)
			if !slices.IsSortedFunc(list, func(a, b Leaf) int { return strings.Compare(a.Path, b.Path) }) {
				t.Errorf("leaves of %s are not sorted: %v", entity, list)
			}
			for _, leaf := range list {
				if seen[leaf.Path] {
					t.Errorf("%s is rendered twice", leaf.Path)
				}
				seen[leaf.Path] = true
				if want := canonical(t, leaf.Value); want != string(leaf.Value) {
					t.Errorf("%s = %s, canonical is %s", leaf.Path, leaf.Value, want)
				}
			}
		}
	}
}

func TestSheetNamesRituals(t *testing.T) {
	p := scuffle(t, RulesetSRD521, who{"cid", "cleric", "heroes", Point{5, 5}}, who{"bob", "troll", "foes", Point{6, 5}})
	for _, leaf := range p.Render(ViewTable, "creatures/cid/sheet") {
		if !strings.HasSuffix(leaf.Path, "/spells") {
			continue
		}
		var spells []spellLeaf
		if err := json.Unmarshal(leaf.Value, &spells); err != nil {
			t.Fatal(err)
		}
		for _, spell := range spells {
			if spell.Ritual != (spell.ID == "silence") {
				t.Errorf("%s: ritual %v", spell.ID, spell.Ritual)
			}
		}
		return
	}
	t.Error("the sheet has no spells")
}

func TestRenderOfTheUnknown(t *testing.T) {
	s := revealing(t)
	for _, entity := range []string{"", "creatures/", "creatures/nobody", "creatures/nobody/sheet", "hero", "dice"} {
		if got := s.Render(ViewGM, entity); got != nil {
			t.Errorf("render of %q gave %v", entity, got)
		}
	}
}

func TestViewFor(t *testing.T) {
	for role, want := range map[Role]View{RoleGM: ViewGM, RolePlayer: ViewTable, RoleSpectator: ViewPublic, "": ViewPublic} {
		if got := ViewFor(Actor{Player: "x", Role: role}); got != want || !slices.Contains(Views(), got) {
			t.Errorf("role %q sees %q, want %q", role, got, want)
		}
	}
}

// canonical encodes a JSON value anew: compact, sorted keys, no needless escapes.
func canonical(t *testing.T, raw []byte) string {
	t.Helper()
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func raws(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}
