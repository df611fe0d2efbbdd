// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
)

var shardBinary string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "fleet")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		if shardBinary, err = Build(dir, true); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// TestMoveUnderPlay moves sessions between two shards while they are played, with
// clients that connect to either shard, and that follow or stay.
func TestMoveUnderPlay(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("stays", a)
	f.Create("follows", a)
	tables := map[string]*Table{
		"stays":   f.Play("stays", a, b, false),
		"follows": f.Play("follows", a, b, true),
	}
	for round := range 4 {
		to := []*Shard{b, a}[round%2]
		for id, table := range tables {
			table.AwaitProgress(10)
			f.Move(id, to)
			table.AwaitProgress(10)
		}
	}
	for id, table := range tables {
		table.Finish()
		closes := 0
		for _, n := range table.gm.Stats().Closes {
			closes += int(n)
		}
		if id == "stays" && closes > 0 {
			t.Errorf("a client that ignores moved saw %v", table.gm.Stats().Closes)
		}
	}
	if n := tables["follows"].gm.Stats().Followed; n == 0 {
		t.Error("the client that follows followed no move")
	}
	if n := a.Metric(t, "gamesession_state_mismatch_total", "") + b.Metric(t, "gamesession_state_mismatch_total", ""); n > 0 {
		t.Errorf("%v handoffs with different states", n)
	}
	f.Await("each session to be counted where it lives", func() bool {
		return a.Metric(t, "gamesession_sessions", "")+b.Metric(t, "gamesession_sessions", "") == float64(len(tables))
	})
}

// TestKilledShard is F1: SIGKILL under play, failover to the other shard.
func TestKilledShard(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("s", a)
	table := f.Play("s", b, b, false)
	table.AwaitProgress(50)
	a.Signal(t, syscall.SIGKILL)
	<-a.Exited()
	f.Assign("s", b, journal.ModeFailover)
	f.AwaitOwner("s", "b")
	table.AwaitProgress(50)
	table.Finish()
}

// TestZombieIsFenced is F8: a shard sleeps beyond its lease, its sessions move,
// and it wakes in the middle of what it was doing. There are many sessions: one
// of them alone could hear of its new owner before it tries to write.
func TestZombieIsFenced(t *testing.T) {
	const sessions = 6
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	tables := make([]*Table, sessions)
	for i := range tables {
		id := "s" + strconv.Itoa(i)
		f.Create(id, a)
		// These clients are held by the zombie itself: their commands reach
		// sessions that believe to be owned by it.
		tables[i] = f.Play(id, a, b, false)
	}
	for _, table := range tables {
		table.AwaitProgress(10)
	}
	a.Signal(t, syscall.SIGSTOP)
	for _, table := range tables {
		f.Assign(table.id, b, journal.ModeFailover)
	}
	for _, table := range tables {
		f.AwaitOwner(table.id, "b")
	}
	time.Sleep(2 * lease) // the fault itself: asleep beyond the lease
	a.Signal(t, syscall.SIGCONT)
	for _, table := range tables {
		table.AwaitProgress(10)
	}
	if n := a.Metric(t, "gamesession_journal_refused_total", `reason="stale"`); n == 0 {
		t.Error("the zombie never tried to write, so nothing was shown")
	}
	for _, table := range tables {
		table.Finish()
	}
}

// TestRedisAway is F4 and F6: Redis is killed under play, comes back with what
// it had acknowledged, and play goes on by itself.
func TestRedisAway(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("s", a)
	table := f.Play("s", a, b, false)
	table.AwaitProgress(50)
	f.Redis.Kill()
	f.Await("the shards to notice", func() bool { return !a.ready() && !b.ready() })
	if status, _, err := a.get("/livez"); err != nil || status != http.StatusOK {
		t.Errorf("/livez without Redis: %d %v, want 200", status, err)
	}
	if _, body, _ := a.get("/readyz"); !strings.Contains(body, "redis") {
		t.Errorf("/readyz does not say why: %s", body)
	}
	f.Await("a retryable answer", func() bool { return table.gm.Stats().Retried > 0 })
	frozen := table.Acked()
	time.Sleep(200 * time.Millisecond) // nothing may be acknowledged meanwhile
	if n := table.Acked(); n != frozen {
		t.Errorf("%d commands were acknowledged without Redis", n-frozen)
	}
	check(t, f.Redis.Restart())
	table.AwaitProgress(50)
	f.Await("the shards to be ready again", func() bool { return a.ready() && b.ready() })
	table.Finish()
	if o, err := f.Log.Owner(t.Context(), "s"); err != nil || o.Epoch != 1 {
		t.Errorf("owner after the outage: %+v %v, want epoch 1", o, err)
	}
}

// TestRedisAsleep is a Redis that keeps its connections and does not answer.
func TestRedisAsleep(t *testing.T) {
	f := New(t, shardBinary)
	a := f.Start("a")
	f.Create("s", a)
	table := f.Play("s", a, a, false)
	table.AwaitProgress(50)
	check(t, f.Redis.Pause())
	f.Await("a retryable answer", func() bool { return table.gm.Stats().Retried > 0 })
	check(t, f.Redis.Resume())
	table.AwaitProgress(50)
	table.Finish()
}

// TestDrain is F2: SIGTERM under play. The shard waits for its sessions to be
// moved, relays the clients that stay, and leaves.
func TestDrain(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("s", a)
	door := f.FrontDoor(a, b)
	table := f.Play("s", &door.Shard, &door.Shard, true)
	table.AwaitProgress(20)
	a.Signal(t, syscall.SIGTERM)
	f.Await("shard a to be draining", func() bool {
		beats, err := f.Registry.Shards(t.Context(), Pool, []string{"a"})
		return err == nil && len(beats) == 1 && beats[0].State == "draining"
	})
	if status, body, err := a.get("/readyz"); err != nil || status != http.StatusServiceUnavailable || !strings.Contains(body, "moved away") {
		t.Errorf("/readyz while draining: %d %s %v", status, body, err)
	}
	table.AwaitProgress(20) // nobody has moved it yet, so it plays on
	f.Move("s", b)
	select {
	case <-a.Exited():
	case <-time.After(patience):
		t.Fatal("the drained shard does not leave")
	}
	if code := a.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the drained shard exits with %d", code)
	}
	table.AwaitProgress(20)
	table.Finish()
}

// TestWrongUse is what a person at the command line sees.
func TestWrongUse(t *testing.T) {
	f := New(t, shardBinary)
	tests := map[string]struct {
		args []string
		code int
		want string
	}{
		"unknown flag": {[]string{"--nope"}, 2, "flag provided but not defined: -nope"},
		"no name":      {[]string{"--pool", Pool}, 2, "--name is missing"},
		"what to do":   {nil, 2, "see 'shard --help'"},
		"bad url":      {[]string{"--redis-url", "http://user:secret@x"}, 2, "--redis-url: must be redis://"},
		"bad CA":       {good(f, "--redis-url", "rediss://user:secret@x", "--redis-ca", "use_test.go"), 2, "there is no certificate in PEM"},
		"no keys":      {good(f, "--signing-keys", "/nonexistent"), 1, "loading signing keys"},
		"argument":     {[]string{"run"}, 2, `unexpected argument "run"`},
		"log format":   {[]string{"--log-format", "xml"}, 2, `--log-format: "xml" is not json or text`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, code := runShard(t, f, tt.args)
			if code != tt.code || !strings.Contains(out, tt.want) {
				t.Errorf("exit %d, says\n%s\nwant exit %d and %q", code, out, tt.code, tt.want)
			}
			if strings.Contains(out, "goroutine") || strings.Contains(out, "secret") {
				t.Errorf("shows what it must not:\n%s", out)
			}
		})
	}
}
