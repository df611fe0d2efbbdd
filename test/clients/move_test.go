// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/test/fleet"
)

// fought is what fight.mjs tells at its end.
type fought struct {
	Acked []struct {
		ActionID string `json:"actionId"`
		Epoch    uint64 `json:"epoch"`
		Version  uint64 `json:"version"`
	} `json:"acked"`
	Moved, Followed, Closed, Resyncs, Lost int
	Hash                                   string
}

// TestTypeScriptClientThroughMoves: a fight goes on while its session moves to
// another shard and back. Every acknowledged command is in the journal once, where
// it was acknowledged, and the client's view is what the journal gives.
func TestTypeScriptClientThroughMoves(t *testing.T) {
	f := fleet.New(t, binary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("s1", a)
	cmd := exec.Command(filepath.Join(os.Getenv("CLIENT_TOOLS"), "node_modules/.bin/node"), "fight.mjs",
		"http://"+a.Address, "s1", f.Token("s1", "gm", auth.GameMaster))
	in, err := cmd.StdinPipe()
	check(t, err)
	out, err := cmd.StdoutPipe()
	check(t, err)
	cmd.Stderr = t.Output()
	check(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 8<<20)
	says := func(want string) {
		t.Helper()
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("it says %q, want %q", lines.Text(), want)
		}
	}
	says("go")
	for _, to := range []*fleet.Shard{b, a} {
		f.Move("s1", to)
		says("followed")
	}
	check(t, in.Close())
	if !lines.Scan() {
		t.Fatal("it tells nothing at its end")
	}
	var got fought
	check(t, json.Unmarshal(lines.Bytes(), &got))
	check(t, cmd.Wait())
	judge(t, f, got)
}

func judge(t *testing.T, f *fleet.Fleet, got fought) {
	t.Helper()
	loaded, err := f.Log.Load(t.Context(), "s1")
	check(t, err)
	r, err := session.NewReplay("s1", loaded)
	check(t, err)
	first := r.Position()
	held := map[string][]journal.Position{}
	for more := true; more; {
		var c *session.Command
		c, more, err = r.Next()
		check(t, err)
		if c != nil {
			held[c.ActionID] = append(held[c.ActionID], c.Position)
		}
	}
	epochs := map[uint64]int{}
	for _, acked := range got.Acked {
		epochs[acked.Epoch]++
		at := held[acked.ActionID]
		if acked.Version > first.Version && (len(at) != 1 || at[0] != journal.Position{Epoch: acked.Epoch, Version: acked.Version}) {
			t.Errorf("command %s was acknowledged at %d-%d, the journal has it at %v", acked.ActionID, acked.Epoch, acked.Version, at)
		}
	}
	if got.Hash != r.ViewHash(rules.ViewGM) {
		t.Errorf("the client's view has hash %s, the journal gives %s", got.Hash, r.ViewHash(rules.ViewGM))
	}
	if epochs[1] == 0 || got.Followed != 2 || got.Closed+got.Resyncs+got.Lost != 0 {
		t.Errorf("acknowledged by epoch %v, followed %d moves; closed %d, asked again %d, lost %d", epochs, got.Followed, got.Closed, got.Resyncs, got.Lost)
	}
	t.Logf("%d commands acknowledged, by epoch %v; %d moves announced, %d followed", len(got.Acked), epochs, got.Moved, got.Followed)
}
