// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"syscall"
	"testing"

	"gamesession.dev/operator/shard/journal"
)

// behindGate starts two shards, the second one behind a gate, and plays a
// session on the first with clients on both.
func behindGate(t *testing.T, flags ...string) (f *Fleet, a, b *Shard, gate *Gate, table *Table) {
	t.Helper()
	f = New(t, shardBinary)
	gate = f.Gate()
	a = f.Start("a", flags...)
	b = f.Start("b", append(flags, "--advertise", gate.Address)...)
	gate.Lead(b)
	f.Create("s", a)
	table = f.Play("s", a, a, false)
	table.AwaitProgress(10)
	return f, a, b, gate, table
}

// epoch is the epoch at which the session is owned.
func (f *Fleet) epoch(id string) uint64 {
	f.t.Helper()
	o, err := f.Log.Owner(f.t.Context(), id)
	check(f.t, err)
	return o.Epoch
}

// awaitLast waits until an entry of some kind ends the journal.
func (f *Fleet) awaitLast(id string, kind journal.Kind) {
	f.t.Helper()
	f.Await("the journal of "+id+" to end with a "+string(kind), func() bool {
		loaded, err := f.Log.Load(f.t.Context(), id)
		check(f.t, err)
		n := len(loaded.Entries)
		return n > 0 && loaded.Entries[n-1].Kind == kind
	})
}

// TestTargetDiesBeforeTheTakeover is F24: at every step before the commit point
// the source plays on, and the next target gets the session.
func TestTargetDiesBeforeTheTakeover(t *testing.T) {
	for _, step := range []string{"before it hears", stepAsked, stepFollows, stepDialled} {
		t.Run(step, func(t *testing.T) {
			f, a, b, gate, table := behindGate(t)
			kill := func() { b.Signal(t, syscall.SIGKILL); <-b.Exited() }
			if step == "before it hears" {
				kill()
			} else {
				gate.At(step, kill)
			}
			f.Assign("s", b, journal.ModeHandoff)
			<-b.Exited()
			if step == stepFollows || step == stepDialled {
				f.Await("the source to thaw", func() bool { return a.Metric(t, "gamesession_handoff_steps_total", `"thaw"`) > 0 })
			}
			table.AwaitProgress(20)
			if e := f.epoch("s"); e != 1 {
				t.Errorf("owned at epoch %d, want 1: the source plays on", e)
			}
			c := f.Start("c")
			f.Move("s", c)
			table.AwaitProgress(20)
			table.Finish()
		})
	}
}

// TestSourceDiesFrozen: the freeze is in the journal, its author is dead. Either
// the target that it names takes over by itself, or any other by a failover.
func TestSourceDiesFrozen(t *testing.T) {
	for _, target := range []string{"takes over", "dies, too"} {
		t.Run("the target "+target, func(t *testing.T) {
			f, a, b, gate, _ := behindGate(t, "--thaw-after", "20s")
			table := f.Play("s", b, b, false)
			gate.At(stepFollows, func() { b.Signal(t, syscall.SIGSTOP) })
			f.Assign("s", b, journal.ModeHandoff)
			f.awaitLast("s", journal.KindFreeze)
			a.Signal(t, syscall.SIGKILL)
			<-a.Exited()
			if target == "takes over" {
				b.Signal(t, syscall.SIGCONT)
				f.AwaitOwner("s", "b")
				table.AwaitProgress(20)
				table.Finish()
				return
			}
			b.Signal(t, syscall.SIGKILL)
			<-b.Exited()
			c := f.Start("c")
			f.Assign("s", c, journal.ModeFailover)
			f.AwaitOwner("s", "c")
			late := f.Play("s", c, c, false)
			late.AwaitProgress(20)
			late.Finish()
		})
	}
}

// TestTargetSleepsThroughTheHandoff: SIGSTOP when it follows. The source plays
// on, and tries again until the target is awake.
func TestTargetSleepsThroughTheHandoff(t *testing.T) {
	f, a, b, gate, table := behindGate(t)
	gate.At(stepFollows, func() { b.Signal(t, syscall.SIGSTOP) })
	f.Assign("s", b, journal.ModeHandoff)
	f.Await("the source to thaw", func() bool { return a.Metric(t, "gamesession_handoff_steps_total", `"thaw"`) > 0 })
	table.AwaitProgress(20)
	b.Signal(t, syscall.SIGCONT)
	f.AwaitOwner("s", "b")
	table.AwaitProgress(20)
	table.Finish()
}

// TestRedisDiesDuringTheFreeze: whatever it ends in, there is one owner, and play
// goes on.
func TestRedisDiesDuringTheFreeze(t *testing.T) {
	f, _, b, gate, table := behindGate(t)
	gate.At(stepFollows, func() { b.Signal(t, syscall.SIGSTOP) })
	f.Assign("s", b, journal.ModeHandoff)
	f.awaitLast("s", journal.KindFreeze)
	f.Redis.Kill()
	b.Signal(t, syscall.SIGCONT)
	f.Await("a retryable answer", func() bool { return table.gm.Stats().Retried > 0 })
	check(t, f.Redis.Restart())
	table.AwaitProgress(20)
	f.AwaitOwner("s", "b") // driven again until it is done
	table.AwaitProgress(20)
	table.Finish()
}

// TestManyMovesAtOnce moves every session of a shard at the same time, under play.
func TestManyMovesAtOnce(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	tables := map[string]*Table{}
	id := func(i int) string { return fmt.Sprintf("s%d", i) }
	for i := range 20 {
		f.Create(id(i), a)
	}
	for i := range 20 {
		id := id(i)
		tables[id] = f.Play(id, []*Shard{a, b}[i%2], b, i%4 == 0)
	}
	for id := range tables {
		f.Assign(id, b, journal.ModeHandoff)
	}
	for id, table := range tables {
		f.AwaitOwner(id, "b")
		table.AwaitProgress(5)
		table.stop() // it has shown what it was to show
	}
	for _, table := range tables {
		table.Finish()
	}
	if n := b.Metric(t, "gamesession_state_mismatch_total", ""); n > 0 {
		t.Errorf("%v handoffs with different states", n)
	}
}
