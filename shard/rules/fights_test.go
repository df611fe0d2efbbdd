// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/srd"
)

var (
	fights = flag.Int("fights", 60, "how many random fights TestManyFights plays")
	seed   = flag.Uint64("seed", 1, "the first seed of TestManyFights")
)

// Random fights always come to their end, whatever is tried; every invariant
// holds after each command, and each fight replays to the same state. Every other
// one is of the creatures that are shipped.
func TestManyFights(t *testing.T) {
	own := library(t)
	shipped, err := srd.Load(srd.V1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d fights from seed %d", *fights, *seed)
	seen := newTally()
	for n := range uint64(*fights) {
		number := *seed + n
		content := own
		if number%2 == 0 {
			content = shipped
		}
		if problem := playFight(t, content, number, seen); problem != "" {
			t.Fatalf("the fight of seed %d, play it again with -seed %[1]d -fights 1: %s", number, problem)
		}
	}
	t.Log(seen)
	if *fights >= enoughFights {
		seen.wantWindows(t)
		seen.wantEvents(t)
	}
}

// enoughFights have everything in them: what is met least often, a lair that acts, is
// met in one of thirty.
const enoughFights = 500

// A random fight has so many commands at most; after the first ones the players stop
// playing around and are struck down, one after the other.
const (
	maxCommands   = 5_000
	playedCommand = 1_500
)

// playFight plays one, and tells what is wrong; empty if nothing is.
func playFight(t *testing.T, library *content.Bundle, number uint64, seen *tally) string {
	t.Helper()
	l := luck{rand.New(rand.NewPCG(number, 7))}
	sc, ruleset := randomFight(t, l, library)
	var dice [32]byte
	dice[0], dice[1], dice[2] = byte(number), byte(number>>8), byte(number>>16)
	s, err := New(sc, ruleset, dice)
	if err != nil {
		return err.Error()
	}
	f := &bout{State: s, heir: s.Clone(), seen: seen}
	for try := 0; f.Combat.Phase != Over; try++ {
		if try > maxCommands {
			return fmt.Sprintf("it does not end (%s): %s", f.refused, mustJSON(s))
		}
		by, command := randomCommand(l, s)
		if try > playedCommand && s.Window == nil {
			by, command = gm, closing(s)
		}
		if problem := f.try(by, command, try%8 == 0, try%32 == 0); problem != "" {
			return fmt.Sprintf("%s %s: %s", command.Kind(), mustJSON(command), problem)
		}
	}
	seen.fights++
	return f.replay(sc, ruleset, dice)
}

// closing strikes down the weakest creature still standing: an end of a fight
// that nobody else brings about.
func closing(s *State) Command {
	if s.Combat.Phase != Fighting {
		return StartCombat{}
	}
	for i := range s.Creatures {
		if c := &s.Creatures[i]; c.Side == "foes" && c.Status == Standing {
			return SetHP{Creature: c.ID}
		}
	}
	return EndCombat{}
}

// bout is a random fight on its way, played twice: by the one who has had it from its
// beginning, and by heirs who take it over in its stored form, one after the other, and
// decide as a session does, in memory that is used again.
type bout struct {
	*State
	heir    *State
	draft   Draft
	entries [][]byte
	refused string
	seen    *tally
}

// try gives a command to both. It tells what is wrong then; closely also whether
// deciding left the state alone and the heir has the same, and hands over to the next
// heir.
func (f *bout) try(by Actor, c Command, closely, views bool) string {
	before := ""
	if closely {
		before = mustJSON(f.State)
	}
	events, refusal := Decide(f.State, by, c, f.Dice())
	if closely && mustJSON(f.State) != before {
		return "deciding changed the state"
	}
	if refusal != nil && refusal.Code == CodeInternal {
		return refusal.Message
	}
	raw, err := EncodeEvents(events)
	if err != nil {
		return err.Error()
	}
	if bytes.Contains(raw, []byte(`":null`)) {
		return fmt.Sprintf("an event has nothing where a value belongs\n%s", raw)
	}
	if problem := f.inherit(by, c, raw, refusal); problem != "" {
		return problem
	}
	if refusal != nil {
		f.refused = fmt.Sprintf("%s %s: %s", c.Kind(), mustJSON(c), refusal.Message)
		return ""
	}
	f.entries = append(f.entries, raw)
	prior := f.Clone()
	if err := f.ApplyAll(events); err != nil {
		return fmt.Sprintf("%v\n%s", err, raw)
	}
	f.seen.count(c, events)
	problem := checkTable(f.State)
	if problem == "" {
		problem = checkDead(prior, f.State, events)
	}
	if problem == "" && views {
		problem = checkViews(prior, f.State, events)
	}
	if problem == "" && closely {
		problem = f.handOver()
	}
	if problem != "" {
		return fmt.Sprintf("%s\n%s", problem, raw)
	}
	return ""
}

// inherit wants the heir to decide the same, and has it apply what was decided.
func (f *bout) inherit(by Actor, c Command, want []byte, refused *Refusal) string {
	f.draft.Begin(f.heir)
	events, refusal := f.draft.Decide(by, c, f.draft.Dice())
	if is, was := mustJSON(refusal), mustJSON(refused); is != was {
		return fmt.Sprintf("who took over refuses with %s, not %s", is, was)
	}
	raw, err := EncodeEvents(events)
	if err != nil || !bytes.Equal(raw, want) {
		return fmt.Sprintf("who took over decides (%v)\n%s\nnot\n%s", err, raw, want)
	}
	if err := f.heir.ApplyAll(events); err != nil {
		return err.Error()
	}
	return ""
}

// handOver gives the fight to the next heir, in its stored form.
func (f *bout) handOver() string {
	raw, err := json.Marshal(f.heir)
	if err != nil {
		return err.Error()
	}
	if want := mustJSON(f.State); string(raw) != want {
		return fmt.Sprintf("who took over has the state\n%s\nnot\n%s", raw, want)
	}
	f.heir = new(State)
	if err := json.Unmarshal(raw, f.heir); err != nil {
		return "the stored state cannot be read: " + err.Error()
	}
	if mustJSON(f.heir) != string(raw) {
		return "the state changes when stored"
	}
	return ""
}

// replay folds the entries anew, and wants the same end.
func (f *bout) replay(sc Scenario, ruleset string, dice [32]byte) string {
	s, err := New(sc, ruleset, dice)
	if err != nil {
		return err.Error()
	}
	for _, raw := range f.entries {
		events, err := DecodeEvents(raw)
		if err != nil {
			return err.Error()
		}
		if err := s.ApplyAll(events); err != nil {
			return "the replay: " + err.Error()
		}
	}
	if is, want := mustJSON(s), mustJSON(f.State); is != want {
		return fmt.Sprintf("the replay ends in\n%s\nnot in\n%s", is, want)
	}
	return ""
}
