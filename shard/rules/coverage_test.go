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
	{"Surprise", "initiativeRoll surprised", "surprise.txt surprise-srd-5.1.txt"},
	{"Turns and rounds", "endOfTurn turnOver nextTurn beginTurn", "TestTurnsAndRounds TestEndTurn TestTheDownAreSkipped"},
	{"Action, bonus action, reaction, movement, object", "pay spending bonusPrice", "TestActionEconomy TestRefusals"},
	{"Dash, Disengage, Dodge, Help, Study, Utilize", "Dash Disengage Dodge Help Study Utilize", "TestMoveMayBeSplit TestDodgeEndsWithTheNextTurn actions.txt retreat.txt"},
	{"Influence, who is charmed", "Influence", "influence.txt influence-srd-5.1.txt"},
	{"Hide, Search, unseen attackers", "Hide Search watcher hideDC reveal", "hide.txt hide-srd-5.1.txt sight.txt"},
	{"Ready, readied spells, readied moves", "Ready offerReady release holdReady readiedMove", "TestReady moments.txt readied.txt readied-move.txt"},
	{"Advantage and disadvantage", "leaning test weigh", "TestAdvantageAndDisadvantage TestConditionsChangeRolls"},
	{"Attack rolls, 20 and 1, critical hits", "strike critsNear", "TestAttackRoll TestParalyzed"},
	{"Range, reach, close combat, unseen attackers and targets", "attackTarget attackSources sees", "TestAttackDisadvantage TestReach TestConditionsChangeRolls hide.txt"},
	{"Cover", "armorClass coverAgainst coverFromArea", "TestRuledAttacks TestReach"},
	{"Two weapons, heavy weapons, masteries", "offPrice tooHeavy mastery cleave", "mastery.txt TestRuledAttacks"},
	{"Hands: drawing, stowing, dropping, versatile and thrown weapons, shields", "Draw Stow arm reach throws dropAll inBothHands", "hands.txt hands-srd-5.1.txt"},
	{"Loading", "loads attackPrice", "loading.txt"},
	{"Opportunity attacks", "provoked meleeOptions", "TestOpportunityAttacks retreat.txt"},
	{"Damage: order, resistance, vulnerability, immunity, threshold", "resolveDamage partsByType adjust", "TestResolveDamage TestDamageExplainsItself damage.txt"},
	{"Temporary hit points, healing", "TempHPGained heal", "TestConcentration TestDeathTrack"},
	{"Hit point maximum taken off", "MaxDrained MaxHP", "drain.txt TestManyFights"},
	{"0 hit points, death saves, stable, first aid", "fall hurtDying deathSave FirstAid", "TestDroppingToZero TestDeathTrack saves.txt"},
	{"Knocking out", "knockOut", "TestKnockOut"},
	{"Saving throws and checks", "save check saveThen", "TestParalyzed TestCounterspell resistance.txt saves.txt"},
	{"Concentration", "cast keepConcentration endConcentration dropHold", "TestConcentration haste.txt zones.txt dispel.txt own-hold.txt"},
	{"Durations and saves that end effects", "until clocks repeatSave savedAgain", "TestDurationsEndOnTime haste.txt"},
	{"Dispelling creatures and zones, what an effect leaves", "dispel dispelZone unravel leave", "dispel.txt dispel-zones.txt haste.txt"},
	{"Conditions, implied conditions", "each has implies", "drain.txt TestConditionsChangeRolls TestImpliedConditionsAreCounted"},
	{"Exhaustion", "exhaustionLevels", "TestExhaustion exhaustion.txt exhaustion-srd-5.1.txt"},
	{"Movement, difficult terrain, crawling, passing", "Move stepCost passing Stand", "TestMove movement.txt movement-srd-5.1.txt shove.txt"},
	{"Tiny creatures in one square, ending in another's space", "occupant haveRoom passage stumble", "tiny.txt tiny-srd-5.1.txt TestTinyOnesBeginInOneSquare TestManyFights"},
	{"Heights, flying, falling", "Fly climb gravity plunge", "falling.txt retreat.txt"},
	{"Forced movement, teleport, dragging", "shoveAway teleport drag burdened crossed", "hazard.txt grapple.txt drag.txt retreat.txt"},
	{"Where one sees, teleports there", "seesInto aimedTeleport", "sight.txt TestRefusals"},
	{"Targets that have to be seen", "sees aimedCreatures", "sight-targets.txt TestRefusals"},
	{"Grapple, shove, escape", "Grapple Shove Escape seize checkGrips", "grapple.txt grapple-srd-5.1.txt shove.txt"},
	{"Engulfing", "engulf carry", "engulf.txt"},
	{"Areas of effect", "placed aimedArea within", "BenchmarkFireball TestLegendary"},
	{"Spell slots, one spell a turn, components", "castPrice oneSpell canSpeak gestures handsBound reactionPrice", "TestRefusals TestReactionsToHits windows.txt spell-actions.txt hands.txt"},
	{"Silence", "silenceOver canSpeak", "silence.txt"},
	{"Zones and auras", "addZone zoneStrikes inZone crossed sweeps", "TestConcentration zones.txt hazard.txt"},
	{"Reactions to hits and spells", "onHit onTargeted offerOn negate", "TestReactionsToHits TestCounterspell windows.txt"},
	{"Reactions to misses, hits on allies, who comes near, being bloodied", "offerMissed comesNear offerHurt", "moments.txt"},
	{"Multiattack, uses, recharge", "opens usable recharge", "TestLegendary TestRefusals mastery.txt"},
	{"Legendary actions and resistance", "offerLegendary movesThen arrived offerResistance", "TestLegendary pounce.txt horn.txt resistance.txt lair.txt"},
	{"Lair actions", "offerLair lairIsNext", "lair-srd-5.1.txt"},
	{"Regeneration, fortitude", "regenerate enduresDeath", "mastery.txt traits.txt"},
	{"Splitting", "split offerHurt", "jelly.txt jelly-corner.txt"},
	{"Waits and default answers", "Lapse Deadline", "TestWaitsLapse windows.txt"},
	{"Overrides of a game master", "SetHP SetCondition Place Grant Reorder EndCombat", "drain.txt TestDeathTrack TestExhaustion exhaustion.txt falling.txt moments.txt"},
	{"Creatures that come and go", "AddCreature RemoveCreature detach", "roster.txt"},
	{"Going back", "BackTo", "TestBackTo"},
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
