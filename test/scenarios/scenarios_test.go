// SPDX-License-Identifier: Apache-2.0

package scenarios

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/fleet"
)

// TestShippedScenarios plays each of them: a side wins, though the session moves in
// the middle of the fight, and every frame is as it is documented; then the session ends, a player exports it, and every die
// is rolled again. With one face changed that is refused, and says which.
func TestShippedScenarios(t *testing.T) {
	files, err := filepath.Glob("../../config/samples/scenarios/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("found %d scenarios, %v", len(files), err)
	}
	for _, shipped := range files {
		t.Run(strings.TrimSuffix(filepath.Base(shipped), ".yaml"), func(t *testing.T) {
			f := fleet.New(t, programs["shard"])
			a, b := f.Start("a", wholeJournal...), f.Start("b", wholeJournal...)
			doors := [2]*fleet.Shard{door(t, a), door(t, b)}
			raw, players := scenario(t, shipped)
			for try := range tries {
				s := &stage{Fleet: f, id: fmt.Sprintf("s-%d", try), a: a, b: b, doors: doors}
				f.CreateWith(s.id, a, raw, players...)
				s.sit(players)
				if s.fight(t, players) {
					s.verify(t, players[0])
					return
				}
			}
			t.Errorf("%d fights were over before their session had moved", tries)
		})
	}
}

// wholeJournal has a shard keep a journal from its beginning, for longer than any
// of these fights is.
var wholeJournal = []string{"--snapshot-every", "512"}

// stage is a session on two shards, with somebody who looks on in every view.
type stage struct {
	*fleet.Fleet
	id       string
	a, b     *fleet.Shard
	doors    [2]*fleet.Shard // to a and b
	watchers map[rules.View]*watcher
}

func (s *stage) sit(players []string) {
	s.watchers = map[rules.View]*watcher{
		rules.ViewGM:     watch(s.Fleet, s.id, "gm", auth.GameMaster, s.doors[1]),
		rules.ViewTable:  watch(s.Fleet, s.id, players[0], auth.Player, s.doors[0]),
		rules.ViewPublic: watch(s.Fleet, s.id, "eve", auth.Spectator, s.doors[1]),
	}
}

// tries bounds how often a fight is played that was over before the session moved.
const tries = 5

// fight has bots play until a side has won, and moves the session meanwhile. It
// tells whether the move was in the middle.
func (s *stage) fight(t *testing.T, players []string) (moved bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bots := exec.CommandContext(ctx, programs["bots"], "--url", "http://"+s.doors[0].Address, "--tokens", s.seats(t, players), "--once", "--rate", "0")
	var says bytes.Buffer
	bots.Stdout, bots.Stderr = &says, &says
	check(t, bots.Start())
	gm := s.watchers[rules.ViewGM]
	s.Await("the fight to be under way", func() bool { return gm.played(1) > 0 })
	check(t, bots.Process.Signal(syscall.SIGSTOP)) // so that it is not over first
	s.Move(s.id, s.b)
	check(t, bots.Process.Signal(syscall.SIGCONT))
	if err := bots.Wait(); err != nil {
		t.Fatalf("bots: %v\n%s", err, says.String())
	}
	s.Await("the end of the fight to be seen", func() bool { return gm.leaf("/combat/phase") == string(rules.Over) })
	winner := gm.leaf("/combat/winner")
	if winner == "" {
		t.Error("nobody has won")
	}
	t.Logf("won by %s; %d deeds before the move, %d after it", winner, gm.played(1), gm.played(2))
	return gm.played(2) > 0
}

// seats writes the file that tells bots where they sit.
func (s *stage) seats(t *testing.T, players []string) string {
	t.Helper()
	var list bytes.Buffer
	for i, player := range append([]string{"gm"}, players...) {
		role := auth.Player
		if i == 0 {
			role = auth.GameMaster
		}
		check(t, json.NewEncoder(&list).Encode(map[string]string{
			"session": s.id, "player": player, "role": string(role), "token": s.Token(s.id, player, role),
		}))
	}
	return file(t, "seats", list.Bytes())
}

// verify ends the session and has its dice rolled again, from what a player exports.
func (s *stage) verify(t *testing.T, player string) {
	t.Helper()
	request(t, "POST", s.a, s.id+"/end", s.Token(s.id, "gm", auth.GameMaster), "{}")
	for _, w := range s.watchers {
		s.Await("the end of the session to be seen", func() bool { return w.leaf("/session/lifecycle") == "Ended" })
	}
	export := request(t, "GET", s.a, s.id+"/export", s.Token(s.id, player, auth.Player), "")
	out, code := run(t, "kubectl-gamesession", "verify", file(t, "export.ndjson", export))
	if code != 0 || !strings.Contains(out, "session "+s.id) || strings.Contains(out, "begins at die") {
		t.Errorf("exit code %d: %s", code, out)
	}
	t.Log("\n" + out)
	for view, w := range s.watchers {
		w.View(func(d *wire.Document) {
			if saw := fmt.Sprintf("%-6s %s\n", view, d.Hash()); !strings.Contains(out, saw) {
				t.Errorf("a client saw %s at %s last", saw, d.Position())
			}
		})
		if s := w.Stats(); s.Holes+s.Diverged+s.HistoryLost > 0 || len(w.faults) > 0 {
			t.Errorf("view %s: %d holes, %d divergences, %d lost histories, %q", view, s.Holes, s.Diverged, s.HistoryLost, w.faults)
		}
	}
	s.forge(t, export)
}

// forge changes one byte of one die, as somebody would who wants another roll.
func (s *stage) forge(t *testing.T, export []byte) {
	t.Helper()
	lines := bytes.SplitAfter(export, []byte("\n"))
	seed := rand.Uint64()
	for _, at := range rand.New(rand.NewPCG(seed, 0)).Perm(len(lines)) {
		var line dice.Line
		if json.Unmarshal(lines[at], &line) != nil || len(line.Dice) == 0 {
			continue
		}
		die := line.Dice[0]
		face, ok := otherFace(die)
		if !ok {
			continue
		}
		lines[at] = bytes.Replace(lines[at], fmt.Appendf(nil, `"dice":[[%d,%d]`, die.Sides, die.Face), fmt.Appendf(nil, `"dice":[[%d,%d]`, die.Sides, face), 1)
		out, code := run(t, "kubectl-gamesession", "verify", file(t, "forged.ndjson", bytes.Join(lines, nil)))
		if code != 1 || !strings.Contains(out, fmt.Sprintf("line %d:", at+1)) || !strings.Contains(out, fmt.Sprintf("die %d", line.First)) {
			t.Errorf("seed %d: exit code %d: %s; want line %d and die %d", seed, code, out, at+1, line.First)
		}
		t.Log(strings.TrimSpace(out))
		return
	}
	t.Error("the export has no dice")
}

// otherFace is another one of a die that differs in one byte.
func otherFace(d dice.Rolled) (face int, ok bool) {
	was := strconv.Itoa(d.Face)
	for face = 1; face <= d.Sides; face++ {
		differ := 0
		is := strconv.Itoa(face)
		for i := range min(len(is), len(was)) {
			if is[i] != was[i] {
				differ++
			}
		}
		if len(is) == len(was) && differ == 1 {
			return face, true
		}
	}
	return 0, false
}
