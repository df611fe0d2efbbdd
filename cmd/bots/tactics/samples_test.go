// SPDX-License-Identifier: Apache-2.0

package tactics

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/srd"
	"gamesession.dev/operator/test/scene"
)

// shows are commands, and windows that are taken, for which a scenario is shipped.
var shows = map[string][]string{
	"tavern-brawl":      {"grapple", "shove", "stand"},
	"forest-ambush":     {"hide"},
	"crypt":             {"cast"},
	"duel-of-reactions": {string(rules.AskReaction)},
	"dragon-lair":       {"act"},
	"dragon-throne":     {string(rules.AskLegendary), string(rules.AskResistance)},
	"swamp-chase":       {"dash"},
}

// Every scenario that is shipped can be played by bots from its start to its
// end, under either ruleset, and has what it is shipped for.
func TestSamplesAreFoughtToTheEnd(t *testing.T) {
	files, err := filepath.Glob("../../../config/samples/scenarios/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		for _, ruleset := range []string{rules.RulesetSRD521, rules.RulesetSRD51} {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml")+"/"+ruleset, func(t *testing.T) {
				seen := map[string]int{}
				for seed := range byte(5) {
					playSample(t, sample(t, file), ruleset, seed, seen)
				}
				for _, what := range shows[strings.TrimSuffix(filepath.Base(file), ".yaml")] {
					if seen[what] == 0 {
						t.Errorf("there was no %s: %v", what, seen)
					}
				}
				t.Log(seen)
			})
		}
	}
}

// The fight of the demo has what creatures of the data do, and comes to its end.
func TestTheDemoIsFoughtToTheEnd(t *testing.T) {
	text, err := json.Marshal(scene.Ambush())
	if err != nil {
		t.Fatal(err)
	}
	var sc rules.Scenario
	if err := json.Unmarshal(text, &sc); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for seed := range byte(5) {
		playSample(t, resolved(t, sc), rules.RulesetSRD521, seed, seen)
	}
	for _, what := range []string{"attack", "grapple", "hide", "shove", "stand"} {
		if seen[what] == 0 {
			t.Errorf("there was no %s: %v", what, seen)
		}
	}
	t.Log(seen)
}

// sample reads a scenario as a session would.
func sample(t *testing.T, file string) rules.Scenario {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var configMap corev1.ConfigMap
	if err := yaml.UnmarshalStrict(raw, &configMap); err != nil {
		t.Fatal(err)
	}
	var sc rules.Scenario
	if err := yaml.UnmarshalStrict([]byte(configMap.Data["scenario.yaml"]), &sc); err != nil {
		t.Fatal(err)
	}
	return resolved(t, sc)
}

// resolved gives a scenario with the shipped data that it names.
func resolved(t *testing.T, sc rules.Scenario) rules.Scenario {
	t.Helper()
	library, err := srd.Load(srd.V1)
	if err != nil {
		t.Fatal(err)
	}
	if sc, err = rules.Resolve(sc, library); err != nil {
		t.Fatal(err)
	}
	return sc
}

// A legendary creature pounces on who is out of its reach.
func TestLegendaryActionsMove(t *testing.T) {
	sc := rules.Scenario{Map: rules.Map{Width: 40, Height: 20}, Combatants: []rules.Combatant{
		{ID: "dragon", Name: "Dragon", Side: "foes", Controller: rules.GameMaster, StatBlock: "adult-red-dragon", Position: rules.Point{30, 8}},
	}}
	for i, at := range []rules.Point{{12, 1}, {14, 18}, {20, 1}, {18, 16}, {24, 18}} {
		id := fmt.Sprintf("rolf-%d", i)
		sc.Combatants = append(sc.Combatants, rules.Combatant{ID: id, Name: id, Side: "heroes", Controller: "ann", StatBlock: "fighter", Position: at})
	}
	pounced := 0
	for seed := range byte(5) {
		pounced += playSample(t, resolved(t, sc), rules.RulesetSRD521, seed, map[string]int{})
	}
	if pounced == 0 {
		t.Error("the dragon never moved between turns")
	}
}

// playSample plays a fight as bots do: a command that is refused twice in a row
// ends the turn, or declines. It tells how often somebody moved as an answer, and
// counts the commands and the windows that were taken.
func playSample(t *testing.T, sc rules.Scenario, ruleset string, seed byte, seen map[string]int) (moved int) {
	t.Helper()
	state, err := rules.New(sc, ruleset, [32]byte{seed})
	if err != nil {
		t.Fatal(err)
	}
	act(t, state, rules.Actor{Player: "gm", Role: rules.RoleGM}, rules.StartCombat{})
	refused, stuck := map[rules.Code]int{}, 0
	commands := 0
	for ; state.Combat.Phase != rules.Over && commands < 5000; commands++ {
		turn, by, b := seat(t, state)
		var command rules.Command
		switch {
		case turn.Window != nil && stuck > 1:
			command = rules.Decline{Window: turn.Window.ID}
		case turn.Window != nil:
			command = Answer(b, turn.Window)
		case stuck > 2:
			command = rules.EndTurn{Creature: turn.Creature}
		default:
			command = Next(b, turn.Creature)
		}
		events, refusal := rules.Decide(state, by, command, state.Dice())
		if refusal != nil {
			refused[refusal.Code]++
			if stuck++; stuck > 5 {
				t.Fatalf("seed %d: stuck with %#v: %s", seed, command, refusal.Message)
			}
			continue
		}
		stuck = 0
		seen[command.Kind()]++
		if _, taken := command.(rules.React); taken {
			seen[string(turn.Window.Kind)]++
		}
		if answer, is := command.(rules.React); is && len(answer.Path) > 0 {
			moved++
		}
		if err := state.ApplyAll(events); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d: %s after %d rounds and %d commands, refused %v", seed, state.Combat.Winner, state.Combat.Round, commands, refused)
	if state.Combat.Phase != rules.Over {
		t.Errorf("seed %d: no end after %d commands", seed, commands)
	}
	return moved
}
