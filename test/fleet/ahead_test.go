// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"syscall"
	"testing"

	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

var connectsAhead = client.Options{PreConnect: true, FollowMoves: true}

// TestConnectAheadOfManyMoves moves sessions to and fro between three shards
// under play. All clients come through one front door, which gives each
// connection to another shard than the last one, and connect ahead.
func TestConnectAheadOfManyMoves(t *testing.T) {
	f := New(t, shardBinary)
	shards := []*Shard{f.Start("a"), f.Start("b"), f.Start("c")}
	door := f.FrontDoor(shards...)
	var tables []*Table
	for i := range 3 {
		id := fmt.Sprintf("s%d", i)
		f.Create(id, shards[0])
		tables = append(tables, f.PlayAs(id, &door.Shard, &door.Shard, connectsAhead))
	}
	const rounds = 8
	for round := range rounds {
		for _, table := range tables {
			table.AwaitProgress(5)
			f.Move(table.id, shards[(round+1)%3])
			table.AwaitProgress(5)
		}
	}
	ahead := uint64(0)
	for _, table := range tables {
		table.Finish()
		for _, c := range []*client.Client{table.gm, table.ann} {
			s := c.Stats()
			ahead += s.Preconnected
			if s.Reconnects > 0 {
				t.Errorf("session %s: a client had to come back %d times: %v", table.id, s.Reconnects, s.Closes)
			}
		}
	}
	if ahead == 0 {
		t.Error("no client went on where it had waited")
	}
	t.Logf("%d of %d moves of a client ended where it had waited", ahead, 2*rounds*len(tables))
}

// TestAheadOfAMoveThatFails: the target sleeps from when it follows, so that
// clients are asked to where nobody answers and the source thaws; then the
// session goes elsewhere. Nobody misses anything.
func TestAheadOfAMoveThatFails(t *testing.T) {
	f := New(t, shardBinary)
	gate := f.Gate()
	a := f.Start("a")
	b := f.Start("b", "--advertise", gate.Address)
	gate.Lead(b)
	c := f.Start("c")
	f.Create("s", a)
	table := f.PlayAs("s", a, c, connectsAhead)
	table.AwaitProgress(10)
	gate.At(stepFollows, func() { b.Signal(t, syscall.SIGSTOP) })
	f.Assign("s", b, journal.ModeHandoff)
	f.Await("the source to thaw", func() bool { return a.Metric(t, "gamesession_handoff_steps_total", `"thaw"`) > 0 })
	table.AwaitProgress(10)
	f.Move("s", c)
	table.AwaitProgress(10)
	b.Signal(t, syscall.SIGCONT)
	table.AwaitProgress(10)
	table.Finish()
	for who, cl := range map[string]*client.Client{"gm": table.gm, "ann": table.ann} {
		closes := cl.Stats().Closes
		delete(closes, wire.CloseMoveOff)
		if len(closes) > 0 {
			t.Errorf("%s saw %v", who, closes)
		}
	}
}
