// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// covered says where each rule lives and what proves it: names of functions,
// methods or types of this package, and of its tests; ".txt" is a scene.
var covered = []struct{ rule, code, tests string }{
	{"Initiative, ties, groups, score", "initiative initiativeRoll order", "TestInitiative TestGroupStaysTogether"},
	{"Surprise", "initiativeRoll surprised", "TestManyFights"},
	{"Turns and rounds", "endOfTurn turnOver nextTurn beginTurn", "TestTurnsAndRounds TestEndTurn TestTheDownAreSkipped"},
	{"Action, bonus action, reaction, movement, object", "pay spending bonusPrice", "TestActionEconomy TestRefusals"},
	{"Dash, Disengage, Dodge, Help, Study, Utilize", "Dash Disengage Dodge Help Study Utilize", "TestMoveMayBeSplit TestDodgeEndsWithTheNextTurn TestManyFights"},
	{"Hide and Search", "Hide Search watcher hideDC", "TestRefusals TestManyFights"},
	{"Ready", "Ready offerReady release", "TestReady"},
	{"Advantage and disadvantage", "leaning test weigh", "TestAdvantageAndDisadvantage TestConditionsChangeRolls"},
	{"Attack rolls, 20 and 1, critical hits", "strike critsNear", "TestAttackRoll TestParalyzed"},
	{"Range, reach, close combat, unseen attackers and targets", "attackTarget attackSources sees", "TestAttackDisadvantage TestReach TestConditionsChangeRolls"},
	{"Cover", "armorClass coverAgainst coverFromArea", "TestRuledAttacks TestManyFights"},
	{"Two weapons, heavy weapons, masteries", "offPrice tooHeavy mastery cleave", "TestRefusals TestParalyzed TestManyFights"},
	{"Opportunity attacks", "opportunities meleeOptions", "TestOpportunityAttacks"},
	{"Damage: order, resistance, vulnerability, immunity, threshold", "resolveDamage partsByType adjust", "TestResolveDamage TestDamageExplainsItself damage.txt"},
	{"Temporary hit points, healing", "TempHPGained heal", "TestConcentration TestDeathTrack"},
	{"0 hit points, death saves, stable, first aid", "fall hurtDying deathSave FirstAid", "TestDroppingToZero TestDeathTrack"},
	{"Knocking out", "knockOut", "TestKnockOut"},
	{"Saving throws and checks", "save check", "TestParalyzed TestCounterspell"},
	{"Concentration", "cast keepConcentration endConcentration", "TestConcentration"},
	{"Durations and saves that end effects", "until clocks repeatSave savedAgain", "TestDurationsEndOnTime TestManyFights"},
	{"Conditions, implied conditions", "each has implies", "TestConditionsChangeRolls TestImpliedConditionsAreCounted"},
	{"Exhaustion", "exhaustionLevels", "TestExhaustion"},
	{"Movement, difficult terrain, crawling, passing", "Move stepCost passing Stand", "TestMove movement.txt movement-srd-5.1.txt"},
	{"Forced movement, teleport, dragging", "shoveAway teleport drag", "TestManyFights"},
	{"Grapple, shove, escape", "Grapple Shove Escape withstands", "TestRefusals TestManyFights"},
	{"Areas of effect", "placed aimedArea within", "BenchmarkFireball TestLegendary"},
	{"Spell slots, one spell a turn, components", "castPrice oneSpell canSpeak", "TestRefusals TestReactionsToHits"},
	{"Zones and auras", "addZone zoneStrikes inZone", "TestConcentration TestManyFights"},
	{"Reactions to hits and spells", "onHit offerOn negate", "TestReactionsToHits TestCounterspell"},
	{"Multiattack, uses, recharge", "opens usable recharge", "TestLegendary TestRefusals"},
	{"Legendary actions and resistance", "offerLegendary offerResistance", "TestLegendary"},
	{"Regeneration, fortitude, splitting", "regenerate enduresDeath split", "TestManyFights"},
	{"Waits and default answers", "Lapse Deadline", "TestWaitsLapse"},
	{"Overrides of a game master", "SetHP SetCondition Place Grant Reorder", "TestDeathTrack TestExhaustion TestManyFights"},
	{"Hidden information", "Redact Render", "TestWhatIsSeenOfTheState TestWhatIsSeenOfEvents"},
	{"Replay", "Apply ApplyAll", "TestManyFights TestRandomFights TestTakeoverRollsTheSameDice"},
}

// docs/rules-coverage.md is written from the table; -update writes it anew.
func TestCoverageOfTheRules(t *testing.T) {
	names := declared(t)
	var doc strings.Builder
	doc.WriteString("# Where each rule is, and what proves it\n\nWritten by `go test ./shard/rules -run TestCoverageOfTheRules -update`. Names are those of `shard/rules`.\n\n")
	doc.WriteString("| rule | code | tests |\n|---|---|---|\n")
	for _, c := range covered {
		for _, name := range strings.Fields(c.code + " " + c.tests) {
			_, err := os.Stat(filepath.Join("testdata", name))
			if file, known := names[name]; !known && err != nil {
				t.Errorf("%s: there is no %s", c.rule, name)
			} else if known && strings.HasSuffix(file, "_test.go") == strings.Contains(" "+c.code+" ", " "+name+" ") {
				t.Errorf("%s: %s is in %s", c.rule, name, file)
			}
		}
		fmt.Fprintf(&doc, "| %s | %s | %s |\n", c.rule, quotedNames(c.code), quotedNames(c.tests))
	}
	const file = "../../docs/rules-coverage.md"
	if *update {
		if err := os.WriteFile(file, []byte(doc.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(doc.String(), string(raw)); diff != "" {
		t.Errorf("docs/rules-coverage.md (-want +got), write it anew with -update:\n%s", diff)
	}
}

func quotedNames(list string) string {
	return "`" + strings.Join(strings.Fields(list), "`, `") + "`"
}

// declared gives the file of each function, method and type of the package.
func declared(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[d.Name.Name] = file
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if typ, is := spec.(*ast.TypeSpec); is {
						names[typ.Name.Name] = file
					}
				}
			}
		}
	}
	return names
}
