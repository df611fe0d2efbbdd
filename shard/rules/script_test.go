// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/dice"
)

var update = flag.Bool("update", false, "write the transcripts of testdata/*.txt anew")

// A script is a scene in plain text. Its head sets the scene:
//
//	ruleset srd-5.2.1
//	map 10 8
//	blocked 4,4 4,5
//	creature {"id":"aria",…}     a combatant as JSON
//	who rolf fighter heroes 2,3  one with a stat block of testdata/bundle.json,
//	                             its id is its player; "hidden", "surprised" may follow
//	block {"id":"duelist",…}     a stat block that only this scene has
//	terrain {"difficult":[[1,2]]}
//	options {"lair":true}
//
// Then each line is a command of a player, after it come the dice it may
// roll, all of which must be used; without them the session's own are rolled.
// The lines below it that begin with "|" are what happened.
//
//	p1: attack aria goblin sword = 15 6
//	gm: end_turn goblin
//	p1: {"type":"dash","creature":"aria"}
//	p1: answer spell:shield      to the open window; "decline" says no
//	p1: answer pounce aria 4,2 5,2   with a target, with a way
//	table: lapse                 the wait is over
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
			got, err := runScript(string(raw), library(t))
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
	library  *content.Bundle
	state    *State
	out      strings.Builder
	show     func(c Command, events []Event, after *State)
}

// runScript plays a script and gives it back with its transcript.
func runScript(text string, library *content.Bundle) (string, error) {
	s := &scene{library: library}
	err := s.run(text)
	return s.out.String(), err
}

// playScenes plays all scripts and shows each command that was accepted, with the
// state after it.
func playScenes(t testing.TB, show func(c Command, events []Event, after *State)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := &scene{library: library(t), show: show}
		if err := s.run(string(raw)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// run plays a script.
func (s *scene) run(text string) error {
	s.ruleset = RulesetSRD521
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, "|") {
			continue
		}
		s.out.WriteString(line + "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := s.line(line); err != nil {
			return fmt.Errorf("line %d: %w, after\n%s", i+1, err, s.out.String()[max(0, s.out.Len()-800):])
		}
	}
	return nil
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
	case "who":
		words := strings.Fields(rest)
		at, err := points(words[3:4])
		if err != nil {
			return err
		}
		controller := words[0]
		if words[2] == "foes" {
			controller = GameMaster
		}
		s.scenario.Combatants = append(s.scenario.Combatants, Combatant{
			ID: words[0], Name: strings.ToUpper(words[0][:1]) + words[0][1:], StatBlock: words[1], Side: words[2], Controller: controller,
			Position: at[0], Hidden: slices.Contains(words, "hidden"), Surprised: slices.Contains(words, "surprised"),
		})
	case "block":
		var block content.Creature
		if err := strict([]byte(rest), &block); err != nil {
			return err
		}
		s.scenario.Content.Creatures = append(s.scenario.Content.Creatures, block)
	case "terrain":
		return json.Unmarshal([]byte(rest), &s.scenario.Map)
	case "options":
		return json.Unmarshal([]byte(rest), &s.scenario.Options)
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
		if s.scenario, err = Resolve(s.scenario, s.library); err != nil {
			return err
		}
		if s.state, err = New(s.scenario, s.ruleset, [32]byte{42}); err != nil {
			return err
		}
	}
	text, listed, hasDice := strings.Cut(text, " = ")
	command, err := s.parse(strings.Fields(text), text)
	if err != nil {
		return err
	}
	by := Actor{Player: player, Role: RolePlayer}
	switch player {
	case "gm":
		by.Role = RoleGM
	case "spectator":
		by.Role = RoleSpectator
	case "table":
		by.Role = RoleTable
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
	events, refusal, err := decideListed(s.state, by, command, source)
	if err != nil {
		return err
	}
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
	if err := s.state.ApplyAll(events); err != nil {
		return err
	}
	if s.show != nil {
		s.show(command, events, s.state)
	}
	return nil
}

// decideListed decides; a die that is not on the list is an error.
func decideListed(s *State, by Actor, c Command, d Dice) (events []Event, refusal *Refusal, err error) {
	defer func() {
		if missing := recover(); missing != nil {
			err = fmt.Errorf("%v", missing)
		}
	}()
	events, refusal = Decide(s, by, c, d)
	return events, refusal, nil
}

// parse reads a command; answers go to the open window.
func (s *scene) parse(words []string, text string) (Command, error) {
	window := 0
	if s.state.Window != nil {
		window = s.state.Window.ID
	}
	switch words[0] {
	case "answer":
		react := React{Window: window, Option: words[1]}
		rest := words[2:]
		if len(rest) > 0 && !strings.Contains(rest[0], ",") {
			react.Target, rest = rest[0], rest[1:]
		}
		var err error
		react.Path, err = points(rest)
		return react, err
	case "decline":
		return Decline{Window: window}, nil
	case "lapse":
		deadline, _ := s.state.Deadline()
		return Lapse{Deadline: deadline}, nil
	}
	return parseCommand(words, text)
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
	case len(words) > 2 && words[0] == "cast":
		return Cast{Creature: words[1], Spell: words[2], Targets: words[3:]}, nil
	case len(words) == 3 && words[0] == "act":
		return UseAction{Creature: words[1], Action: words[2]}, nil
	case len(words) == 3:
		raw, err := json.Marshal(map[string]string{"type": words[0], "creature": words[1], "target": words[2]})
		if err != nil {
			return nil, err
		}
		return parseCommand(nil, string(raw))
	case len(words) == 2:
		raw, err := json.Marshal(map[string]string{"type": words[0], "creature": words[1]})
		if err != nil {
			return nil, err
		}
		return parseCommand(nil, string(raw))
	}
	return nil, fmt.Errorf("unknown command %q", text)
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
