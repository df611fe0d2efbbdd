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
				name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
				walk(v.Field(i), path+"."+name)
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

// revealing has a monster and a hero with something in every field.
func revealing() *State {
	everything := Combatant{
		Kind: Monster, AC: 15, MaxHP: 20, Speed: 30, Dexterity: 12, Group: "pack",
		Attacks: []Attack{{ID: "bite", Name: "Bite", Kind: Melee, AttackBonus: 4, Reach: 5, Range: 5, LongRange: 10,
			Damage: []DamageDice{{Dice: "1d6", Type: Piercing}}}},
		Immunities:        []DamageType{Poison},
		DamageAdjustments: []DamageAdjustment{{Source: "Aura", Type: Fire, Amount: -5}},
		Resistances:       []DamageType{Cold},
		Vulnerabilities:   []DamageType{Fire},
	}
	hero, wolf := everything.clone(), everything.clone()
	hero.ID, hero.Name, hero.Kind, hero.Side, hero.Controller = "hero", "Hero", Character, "heroes", "p1"
	wolf.ID, wolf.Name, wolf.Side, wolf.Controller = "wolf", "Wolf", "wild", GameMaster
	return &State{
		Ruleset: RulesetSRD521,
		Map:     Map{Width: 9, Height: 9, Blocked: []Point{{7, 7}}},
		Creatures: []Creature{
			{Sheet: hero, Position: Point{1, 1}, HP: 5, Status: Standing},
			{Sheet: wolf, Position: Point{2, 2}, HP: 5, Status: Standing},
		},
		Combat: Combat{Phase: Fighting, Fight: 1, Round: 1, Turn: 1, Budget: Budget{Actions: 1, Movement: 25},
			Order: []Placing{{"hero", 9}, {"wolf", 7}}},
	}
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

func TestWhatTheTableSeesOfTheState(t *testing.T) {
	s := revealing()
	// A bigger index of the turn would point past the order and ends the test's premise.
	got := influences(reflect.ValueOf(s).Elem(), func() string { return rendered(s, ViewTable) })
	want := []string{
		"combat.fight", "combat.order[0].count", "combat.order[0].creature", "combat.order[1].count", "combat.order[1].creature",
		"combat.phase", "combat.round", "combat.turn",
		"creatures[0].dodging", "creatures[0].hp", "creatures[0].position[0]", "creatures[0].position[1]",
		"creatures[0].sheet.ac", "creatures[0].sheet.attacks[0].attackBonus", "creatures[0].sheet.attacks[0].damage[0].dice",
		"creatures[0].sheet.attacks[0].damage[0].type", "creatures[0].sheet.attacks[0].id", "creatures[0].sheet.attacks[0].kind",
		"creatures[0].sheet.attacks[0].longRange", "creatures[0].sheet.attacks[0].name", "creatures[0].sheet.attacks[0].range",
		"creatures[0].sheet.attacks[0].reach", "creatures[0].sheet.controller", "creatures[0].sheet.damageAdjustments[0].amount",
		"creatures[0].sheet.damageAdjustments[0].source", "creatures[0].sheet.damageAdjustments[0].type",
		"creatures[0].sheet.dexterity", "creatures[0].sheet.group", "creatures[0].sheet.id", "creatures[0].sheet.immunities[0]",
		"creatures[0].sheet.kind", "creatures[0].sheet.maxHP", "creatures[0].sheet.name", "creatures[0].sheet.resistances[0]",
		"creatures[0].sheet.side", "creatures[0].sheet.speed", "creatures[0].sheet.vulnerabilities[0]", "creatures[0].status",
		"creatures[1].dodging", "creatures[1].position[0]", "creatures[1].position[1]", "creatures[1].sheet.controller",
		"creatures[1].sheet.id", "creatures[1].sheet.kind", "creatures[1].sheet.name", "creatures[1].sheet.side", "creatures[1].status",
		"map.blocked[0][0]", "map.blocked[0][1]", "map.height", "map.width",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what of the state the table sees (-want +got):\n%s", diff)
	}
}

func TestNobodySeesTheDice(t *testing.T) {
	s := revealing()
	for _, view := range Views() {
		for _, path := range influences(reflect.ValueOf(s).Elem(), func() string { return rendered(s, view) }) {
			if strings.HasPrefix(path, "seed") || path == "rolled" {
				t.Errorf("view %s shows %s", view, path)
			}
		}
	}
}

func TestTheGameMasterSeesAllButTheDice(t *testing.T) {
	s := revealing()
	got := influences(reflect.ValueOf(s).Elem(), func() string { return rendered(s, ViewGM) })
	all := influences(reflect.ValueOf(s).Elem(), func() string { raw, _ := json.Marshal(s); return string(raw) })
	var hidden []string
	for _, path := range all {
		if !slices.Contains(got, path) && !strings.HasPrefix(path, "seed") {
			hidden = append(hidden, path)
		}
	}
	// A spent action shows as false, so 2 actions look like 1; a sheet's
	// position is where the next fight starts; a winner is shown at the end.
	want := []string{"combat.budget.actions", "combat.winner", "creatures[0].sheet.position[0]", "creatures[0].sheet.position[1]",
		"creatures[1].sheet.position[0]", "creatures[1].sheet.position[1]", "rolled", "ruleset"}
	if diff := cmp.Diff(want, hidden); diff != "" {
		t.Errorf("hidden from the game master (-want +got):\n%s", diff)
	}
}

func TestWhatTheTableSeesOfEvents(t *testing.T) {
	roll := D20Roll{First: 3, Faces: []int{12, 7}, Natural: 12, Advantage: []string{"a"}, Disadvantage: []string{"d"},
		Modifiers: []Modifier{{Source: "m", Value: 2}}, Total: 14}
	attack := func(attacker, target string) Event {
		return &AttackRolled{Attacker: attacker, Target: target, Attack: "bite", Roll: roll, AC: 13, Outcome: Hit}
	}
	damage := func(attacker, target string) Event {
		return &DamageDealt{Attacker: attacker, Target: target, Attack: "bite",
			Rolls: []DamageRoll{{Dice: "1d6+1", Type: Cold, First: 5, Faces: []int{3}, Bonus: 1, Total: 4}},
			Parts: []DamagePart{{Type: Cold, Rolled: 4, Dealt: 2, Steps: []DamageStep{{Kind: StepResistance, Source: "s", From: 4, To: 2}}}},
			Dealt: 2, HPBefore: 7, HPAfter: 5}
	}
	rolled := paths("roll", "advantage[0]", "disadvantage[0]", "faces[0]", "faces[1]", "first", "modifiers[0].source", "modifiers[0].value", "natural", "total")
	damageRolled := paths("rolls[0]", "bonus", "dice", "faces[0]", "first", "total", "type")
	damageTaken := append(paths("parts[0]", "dealt", "rolled", "steps[0].from", "steps[0].kind", "steps[0].source", "steps[0].to", "type"),
		"dealt", "hpAfter", "hpBefore")
	attackIDs := []string{"attack", "attacker", "target"}
	tests := map[string]struct {
		event Event
		want  []string
	}{
		"hero attacks wolf":    {attack("hero", "wolf"), slices.Concat(attackIDs, []string{"outcome"}, rolled)},
		"wolf attacks hero":    {attack("wolf", "hero"), slices.Concat(attackIDs, []string{"ac", "outcome"})},
		"wolf attacks wolf":    {attack("wolf", "wolf"), slices.Concat(attackIDs, []string{"outcome"})},
		"hero attacks hero":    {attack("hero", "hero"), slices.Concat(attackIDs, []string{"ac", "outcome"}, rolled)},
		"hero hurts wolf":      {damage("hero", "wolf"), slices.Concat(attackIDs, damageRolled)},
		"wolf hurts hero":      {damage("wolf", "hero"), slices.Concat(attackIDs, damageTaken)},
		"wolf hurts wolf":      {damage("wolf", "wolf"), attackIDs},
		"hero hurts hero":      {damage("hero", "hero"), slices.Concat(attackIDs, damageRolled, damageTaken)},
		"turn of the hero":     {&TurnStarted{Creature: "hero", Round: 2, Budget: Budget{1, 30}}, []string{"budget.actions", "budget.movement", "creature", "place", "round"}},
		"turn of the wolf":     {&TurnStarted{Creature: "wolf", Round: 2, Budget: Budget{1, 30}}, []string{"creature", "place", "round"}},
		"the hero dashes":      {&Dashed{Creature: "hero", Movement: 30}, []string{"creature", "movement"}},
		"the wolf dashes":      {&Dashed{Creature: "wolf", Movement: 30}, []string{"creature"}},
		"the wolf dodges":      {&Dodged{Creature: "wolf"}, []string{"creature"}},
		"the wolf falls":       {&CreatureFell{Creature: "wolf", Status: Dead}, []string{"creature", "status"}},
		"the wolf moves":       {&Moved{Creature: "wolf", Path: []Point{{1, 2}}, Cost: 5}, []string{"cost", "creature", "from[0]", "from[1]", "path[0][0]", "path[0][1]"}},
		"the wolf's turn ends": {&TurnEnded{Creature: "wolf", By: "mira"}, []string{"by", "creature", "override"}},
		"a fight starts":       {&CombatStarted{Fight: 1, By: "mira"}, []string{"by", "fight"}},
		"a fight ends":         {&CombatEnded{Winner: "wild", Round: 2}, []string{"round", "winner"}},
		"initiative of the hero": {
			&InitiativeRolled{Rolls: []InitiativeRoll{{Creatures: []string{"hero"}, Roll: roll}}, Order: []Placing{{"hero", 14}}},
			append(paths("rolls[0].roll", "advantage[0]", "disadvantage[0]", "faces[0]", "faces[1]", "first", "modifiers[0].source", "modifiers[0].value", "natural", "total"),
				"order[0].count", "order[0].creature", "rolls[0].creatures[0]")},
		"initiative of the wolf": {
			&InitiativeRolled{Rolls: []InitiativeRoll{{Creatures: []string{"wolf", "wolf"}, Roll: roll}}, Order: []Placing{{"wolf", 14}}},
			[]string{"order[0].count", "order[0].creature"}},
	}
	covered := map[string]bool{}
	for name, tc := range tests {
		covered[tc.event.Kind()] = true
		t.Run(name, func(t *testing.T) {
			s := revealing()
			value := reflect.ValueOf(tc.event).Elem()
			got := influences(value, func() string {
				return string(bytes.Join(raws(s.Redact(ViewTable, []Event{value.Interface().(Event)})), nil))
			})
			slices.Sort(tc.want)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("what the table sees of it (-want +got):\n%s", diff)
			}
		})
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
			c := Creature{Sheet: Combatant{MaxHP: 21}, HP: tc.hp, Status: tc.status}
			if got := c.health(); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

// Leaves are sorted, belong to their entity, and are the canonical JSON of
// their value.
func TestLeavesAreCanonical(t *testing.T) {
	s := revealing()
	s.Creatures[0].Sheet.Name = `Hé "<&> \ ` + "名"
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

func TestRenderOfTheUnknown(t *testing.T) {
	s := revealing()
	for _, entity := range []string{"", "creatures/", "creatures/nobody", "creatures/nobody/sheet", "hero", "dice"} {
		if got := s.Render(ViewGM, entity); got != nil {
			t.Errorf("render of %q gave %v", entity, got)
		}
	}
}

func TestViewFor(t *testing.T) {
	for role, want := range map[Role]View{RoleGM: ViewGM, RolePlayer: ViewTable, RoleSpectator: ViewTable, "": ViewTable} {
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

func paths(prefix string, names ...string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = prefix + "." + name
	}
	return list
}

func raws(list []json.RawMessage) [][]byte {
	out := make([][]byte, len(list))
	for i, raw := range list {
		out[i] = raw
	}
	return out
}
