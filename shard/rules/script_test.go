// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/dice"
)

var update = flag.Bool("update", false, "write the transcripts of testdata/*.txt anew")

// A script is a scene in plain text. Its head sets the scene:
//
//	ruleset srd-5.2.1
//	map 10 8
//	blocked 4,4 4,5
//	creature {"id":"aria",…}     a combatant as JSON
//
// Then each line is a command of a player, after it come the dice it may
// roll, all of which must be used; without them the session's own are rolled.
// The lines below it that begin with "|" are what happened.
//
//	p1: attack aria goblin sword = 15 6
//	gm: end_turn goblin
//	p1: {"type":"dash","creature":"aria"}
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := runScript(string(raw))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(raw), got); diff != "" {
				t.Errorf("transcript (-want +got), rewrite with -update:\n%s", diff)
			}
		})
	}
}

// scene is a script on its way.
type scene struct {
	ruleset  string
	scenario Scenario
	state    *State
	out      strings.Builder
}

// runScript plays a script and gives it back with its transcript.
func runScript(text string) (string, error) {
	s := &scene{ruleset: RulesetSRD521}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "|") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.line(line); err != nil {
			return "", fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return s.out.String(), nil
}

func (s *scene) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	if player, isCommand := strings.CutSuffix(word, ":"); isCommand {
		return s.command(player, rest)
	}
	switch word {
	case "ruleset":
		s.ruleset = rest
	case "map":
		_, err := fmt.Sscanf(rest, "%d %d", &s.scenario.Map.Width, &s.scenario.Map.Height)
		return err
	case "blocked":
		squares, err := points(strings.Fields(rest))
		s.scenario.Map.Blocked = squares
		return err
	case "creature":
		var c Combatant
		if err := strict([]byte(rest), &c); err != nil {
			return err
		}
		s.scenario.Combatants = append(s.scenario.Combatants, c)
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return nil
}

func (s *scene) command(player, text string) error {
	if s.state == nil {
		var err error
		if s.state, err = New(s.scenario, s.ruleset, [32]byte{42}); err != nil {
			return err
		}
	}
	text, listed, hasDice := strings.Cut(text, " = ")
	command, err := parseCommand(strings.Fields(text), text)
	if err != nil {
		return err
	}
	by := Actor{Player: player, Role: RolePlayer}
	switch player {
	case "gm":
		by.Role = RoleGM
	case "spectator":
		by.Role = RoleSpectator
	}
	source, list := s.state.Dice(), dice.NewListed()
	if hasDice {
		faces, err := numbers(strings.Fields(listed))
		if err != nil {
			return err
		}
		list = dice.NewListed(faces...)
		source = list
	}
	events, refusal := Decide(s.state, by, command, source)
	if left := list.Left(); len(left) > 0 {
		return fmt.Errorf("dice %v were not rolled", left)
	}
	if refusal != nil {
		fmt.Fprintf(&s.out, "| refused, %s: %s\n", refusal.Code, refusal.Message)
		return nil
	}
	for _, event := range events {
		fmt.Fprintf(&s.out, "| %s\n", inWords(event))
	}
	return s.state.ApplyAll(events)
}

// parseCommand reads the short form of a command, or its JSON form.
func parseCommand(words []string, text string) (Command, error) {
	switch {
	case strings.HasPrefix(text, "{"):
		command, refusal := DecodeCommand([]byte(text))
		if refusal != nil {
			return nil, errors.New(refusal.Message)
		}
		return command, nil
	case len(words) == 1 && words[0] == "start_combat":
		return StartCombat{}, nil
	case len(words) == 4 && words[0] == "attack":
		return MakeAttack{Attacker: words[1], Target: words[2], Attack: words[3]}, nil
	case len(words) > 2 && words[0] == "move":
		path, err := points(words[2:])
		return Move{Creature: words[1], Path: path}, err
	case len(words) == 2:
		raw, err := json.Marshal(map[string]string{"type": words[0], "creature": words[1]})
		if err != nil {
			return nil, err
		}
		return parseCommand(nil, string(raw))
	}
	return nil, fmt.Errorf("unknown command %q", text)
}

// inWords tells an event as a reader of the transcript wants it.
func inWords(e Event) string {
	switch e := e.(type) {
	case CombatStarted:
		return fmt.Sprintf("fight %d begins", e.Fight)
	case InitiativeRolled:
		var rolls, order []string
		for _, roll := range e.Rolls {
			rolls = append(rolls, fmt.Sprintf("%s %s", strings.Join(roll.Creatures, "+"), rollInWords(roll.Roll)))
		}
		for _, placing := range e.Order {
			order = append(order, fmt.Sprintf("%s (%d)", placing.Creature, placing.Count))
		}
		return "initiative: " + strings.Join(rolls, "; ") + "\n| order: " + strings.Join(order, ", ")
	case TurnStarted:
		return fmt.Sprintf("round %d, turn of %s: %d action, %d feet", e.Round, e.Creature, e.Budget.Actions, e.Budget.Movement)
	case TurnEnded:
		if e.Override {
			return fmt.Sprintf("turn of %s ended by %s (override)", e.Creature, e.By)
		}
		return fmt.Sprintf("turn of %s ended", e.Creature)
	case Moved:
		return fmt.Sprintf("%s moves %v -> %v for %d feet", e.Creature, e.From, e.Path, e.Cost)
	case AttackRolled:
		return fmt.Sprintf("%s attacks %s (%s): %s against AC %d: %s", e.Attacker, e.Target, e.Attack, rollInWords(e.Roll), e.AC, e.Outcome)
	case DamageDealt:
		return damageInWords(e)
	case CreatureFell:
		return fmt.Sprintf("%s is %s", e.Creature, e.Status)
	case CombatEnded:
		return fmt.Sprintf("the fight ends in round %d, %s stand", e.Round, e.Winner)
	case Dashed:
		return fmt.Sprintf("%s dashes: %d feet more", e.Creature, e.Movement)
	case Dodged:
		return fmt.Sprintf("%s dodges", e.Creature)
	default:
		return fmt.Sprintf("%s %+v", e.Kind(), e)
	}
}

func rollInWords(roll D20Roll) string {
	text := fmt.Sprintf("d20%v", roll.Faces)
	if len(roll.Advantage) > 0 {
		text += " advantage: " + strings.Join(roll.Advantage, ", ")
	}
	if len(roll.Disadvantage) > 0 {
		text += " disadvantage: " + strings.Join(roll.Disadvantage, ", ")
	}
	for _, modifier := range roll.Modifiers {
		text += fmt.Sprintf(" %+d %s", modifier.Value, modifier.Source)
	}
	return fmt.Sprintf("%s = %d", text, roll.Total)
}

func damageInWords(e DamageDealt) string {
	var parts []string
	for _, roll := range e.Rolls {
		parts = append(parts, fmt.Sprintf("%s%v = %d %s", roll.Dice, roll.Faces, roll.Total, roll.Type))
	}
	for _, part := range e.Parts {
		for _, step := range part.Steps {
			name := string(step.Kind)
			if step.Source != "" {
				name = step.Source
			}
			parts = append(parts, fmt.Sprintf("%s: %s %d -> %d", part.Type, name, step.From, step.To))
		}
	}
	return fmt.Sprintf("%s takes %d (%s): HP %d -> %d", e.Target, e.Dealt, strings.Join(parts, "; "), e.HPBefore, e.HPAfter)
}

func points(words []string) ([]Point, error) {
	list := make([]Point, len(words))
	for i, word := range words {
		if _, err := fmt.Sscanf(word, "%d,%d", &list[i][0], &list[i][1]); err != nil {
			return nil, fmt.Errorf("square %q: %w", word, err)
		}
	}
	return list, nil
}

func numbers(words []string) ([]int, error) {
	list := make([]int, len(words))
	for i, word := range words {
		var err error
		if list[i], err = strconv.Atoi(word); err != nil {
			return nil, err
		}
	}
	return list, nil
}
