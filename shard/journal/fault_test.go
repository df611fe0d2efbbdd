// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/test/redistest"
)

// connect opens a client whose writes are soon given up, for a server that does not
// answer, and lets it make its connection while the server does.
func connect(t *testing.T, server *redistest.Server) (impatient *Redis) {
	t.Helper()
	impatient = open(t, server.Options(), Config{CommitTimeout: 500 * time.Millisecond, WaitTimeout: 500 * time.Millisecond}, embeddedScripts())
	eventually(t, func() error { return impatient.Barrier(t.Context(), "s") })
	return impatient
}

// start makes a session that ownerA owns and returns its position.
func start(t testing.TB, r *Redis, id string) Position {
	t.Helper()
	assign(t, r, id, ownerA, ModeCreate)
	p, err := r.Create(t.Context(), id, ownerA, nil)
	must(t, err)
	return p
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}

// last reads the newest position, waiting for a store that comes back.
func last(t *testing.T, r *Redis, id string) Position {
	t.Helper()
	var p Position
	eventually(t, func() error {
		l, err := r.Load(t.Context(), id)
		if err == nil {
			p = l.Last()
		}
		return err
	})
	return p
}

// eventually repeats try until it succeeds.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(15 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("it never succeeds: %v", err)
}

func TestLostReplyIsUnknownAndTheTailTellsIt(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr())
	opt := server.Options()
	opt.Addr = p.addr()
	r := open(t, opt, Config{}, embeddedScripts())
	direct := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")

	p.loseReplies.Store(true)
	wantErr(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrUnknown)
	if got := last(t, direct, "s"); got != at.Next(1) {
		t.Fatalf("the journal ends at %s, want the append whose reply was lost", got)
	}
	at = at.Next(1)

	p.loseRequests.Store(true)
	err := r.Append(t.Context(), "s", ownerA, at, one(at.Next(1)))
	if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got %v, want unknown or unavailable", err)
	}
	if got := last(t, direct, "s"); got != at {
		t.Fatalf("the journal ends at %s, want %s: the request was lost", got, at)
	}
	p.loseReplies.Store(false)
	p.loseRequests.Store(false)
	eventually(t, func() error { return r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))) })
	if got := last(t, r, "s"); got != at.Next(1) {
		t.Fatalf("the journal ends at %s, want %s: each append once", got, at.Next(1))
	}
}

func TestTakeoverWithLostReplyIsRepeated(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr())
	opt := server.Options()
	opt.Addr = p.addr()
	r := open(t, opt, Config{}, embeddedScripts())
	at := start(t, r, "s")
	assign(t, r, "s", ownerB, ModeFailover)
	p.loseReplies.Store(true)
	_, err := r.Takeover(t.Context(), "s", ownerB, Takeover{})
	wantErr(t, err, ErrUnknown)
	p.loseReplies.Store(false)
	eventually(t, func() error {
		got, err := r.Takeover(t.Context(), "s", ownerB, Takeover{})
		if err == nil && got != at.Next(2) {
			t.Fatalf("taken over at %s, want %s, once", got, at.Next(2))
		}
		return err
	})
	if got := last(t, r, "s"); got != at.Next(2) {
		t.Fatalf("the journal ends at %s, want %s", got, at.Next(2))
	}
}

func TestPausedServerIsUnknownAndMayWriteLater(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	impatient := connect(t, server)
	must(t, server.Pause())
	wantErr(t, impatient.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrUnknown)
	must(t, server.Resume())
	// The request was in the server's socket: it is carried out now.
	eventually(t, func() error {
		if got := last(t, r, "s"); got != at.Next(1) {
			return fmt.Errorf("the journal ends at %s", got)
		}
		return nil
	})
	// Sent again as it was, it does no harm.
	wantErr(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrGap)
}

func TestDeadServerIsUnavailableUntilItIsBack(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	server.Kill()
	// The first write finds a connection that broke under it, later ones none.
	err := r.Append(t.Context(), "s", ownerA, at, one(at.Next(1)))
	if !errors.Is(err, ErrUnknown) && !errors.Is(err, ErrUnavailable) {
		t.Fatalf("got %v, want unknown or unavailable", err)
	}
	wantErr(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrUnavailable)
	wantErr(t, r.Barrier(t.Context(), "s"), ErrUnavailable)
	_, err = r.Owner(t.Context(), "s")
	wantErr(t, err, ErrUnavailable)
	_, err = r.Follow(t.Context(), "s", at, time.Millisecond)
	wantErr(t, err, ErrUnavailable)
	_, err = r.Probe(t.Context())
	wantErr(t, err, ErrUnavailable)
	must(t, server.Restart()) // with no scripts loaded
	eventually(t, func() error { return r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))) })
}

func TestAcknowledgedSurvivesKill(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	for range 50 {
		must(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))))
		at = at.Next(1)
	}
	server.Kill()
	must(t, server.Restart())
	if got := last(t, r, "s"); got != at {
		t.Fatalf("the journal ends at %s after the kill, want %s", got, at)
	}
}

func TestForgottenScriptsAreLoadedAgain(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	flush := func() { must(t, client.ScriptFlush(t.Context()).Err()) }
	flush()
	must(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))))
	flush()
	must(t, r.SaveSnapshot(t.Context(), "s", ownerA, Snapshot{Position: at}, Position{}))
	flush()
	assign(t, r, "s", ownerB, ModeFailover)
	flush()
	p, err := r.Takeover(t.Context(), "s", ownerB, Takeover{})
	must(t, err)
	// Many sessions in one pipeline, some before and some after the flush.
	var all sync.WaitGroup
	for i := range 50 {
		id := fmt.Sprintf("s-%d", i)
		at := start(t, r, id)
		if i == 25 {
			flush()
		}
		all.Go(func() {
			if err := r.Append(t.Context(), id, ownerA, at, one(at.Next(1))); err != nil {
				t.Errorf("appending to %s: %v", id, err)
			}
		})
	}
	all.Wait()
	must(t, r.Append(t.Context(), "s", ownerB, p, one(p.Next(2))))
}

func TestOutOfMemoryIsUnavailableAndWritesNothing(t *testing.T) {
	server := redistest.Start(t, "--maxmemory-policy", "noeviction")
	client := server.Client(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	must(t, client.ConfigSet(t.Context(), "maxmemory", "1mb").Err())

	wantErr(t, r.Append(t.Context(), "s", ownerA, at, append(one(at.Next(1)), one(at.Next(1).Next(1))...)), ErrUnavailable)
	wantErr(t, r.SaveSnapshot(t.Context(), "s", ownerA, Snapshot{Position: at, Data: []byte("x")}, Position{}), ErrUnavailable)
	wantErr(t, r.Assign(t.Context(), Assignment{Session: "s", Epoch: 2, Shard: "shard-b", Pool: "p", Mode: ModeFailover}), ErrUnavailable)

	must(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	assign(t, r, "s", ownerB, ModeFailover)
	must(t, client.ConfigSet(t.Context(), "maxmemory", "1mb").Err())
	_, err := r.Takeover(t.Context(), "s", ownerB, Takeover{})
	wantErr(t, err, ErrUnavailable)
	owner, err := r.Owner(t.Context(), "s")
	must(t, err)
	if owner != ownerA {
		t.Errorf("the owner is %+v after a refused takeover, want %+v", owner, ownerA)
	}
	must(t, client.ConfigSet(t.Context(), "maxmemory", "0").Err())
	must(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))))
	loaded, err := r.Load(t.Context(), "s")
	must(t, err)
	if loaded.Snapshot != nil || len(loaded.Entries) != 2 {
		t.Errorf("%d entries and snapshot %v, want 2 and none", len(loaded.Entries), loaded.Snapshot)
	}
}

func TestReadOnlyServerIsUnavailable(t *testing.T) {
	primary := redistest.Start(t)
	r := open(t, primary.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	replica := redistest.StartReplica(t, primary)
	rr := open(t, replica.Options(), Config{}, embeddedScripts())
	for range 2 { // the second on a fresh connection
		wantErr(t, rr.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrUnavailable)
	}
	must(t, replica.Promote(t.Context()))
	must(t, rr.Append(t.Context(), "s", ownerA, at, one(at.Next(1))))
}

func TestCallerWhoLeavesTheQueueWritesNothing(t *testing.T) {
	server := redistest.Start(t)
	p := startProxy(t, server.Addr())
	opt := server.Options()
	opt.Addr = p.addr()
	r := open(t, opt, Config{QueueLength: 1}, embeddedScripts())
	at := start(t, r, "s")
	must(t, server.Pause())
	sent := p.bytesToServer.Load()
	inFlight := make(chan error, 1)
	go func() { inFlight <- r.Append(context.Background(), "s", ownerA, at, one(at.Next(1))) }()
	eventually(t, func() error { // until it is on its way
		if p.bytesToServer.Load() == sent {
			return errors.New("nothing was sent")
		}
		return nil
	})
	// The first of these waits in the queue, the second for room in it.
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err := r.Append(ctx, "s", ownerA, at.Next(1), one(at.Next(1).Next(1)))
		cancel()
		wantErr(t, err, context.DeadlineExceeded)
	}
	must(t, server.Resume())
	must(t, <-inFlight)
	if got := last(t, r, "s"); got != at.Next(1) {
		t.Fatalf("the journal ends at %s, want %s: who left the queue wrote nothing", got, at.Next(1))
	}
}

func TestCloseEndsEveryCall(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	must(t, r.Close())
	wantErr(t, r.Append(t.Context(), "s", ownerA, at, one(at.Next(1))), ErrUnavailable)
	_, err := r.Load(t.Context(), "s")
	wantErr(t, err, ErrUnavailable)
}

func TestFollowersAreBounded(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{MaxFollowers: 1}, embeddedScripts())
	at := start(t, r, "s")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := r.Follow(ctx, "s", at, time.Minute)
		for errors.Is(err, ErrBusy) { // the other one was there first
			_, err = r.Follow(ctx, "s", at, time.Minute)
		}
		ended <- err
	}()
	eventually(t, func() error {
		if _, err := r.Follow(t.Context(), "s", at, time.Millisecond); !errors.Is(err, ErrBusy) {
			return fmt.Errorf("got %w, want ErrBusy", err)
		}
		return nil
	})
	cancel()
	wantErr(t, <-ended, context.Canceled)
	_, err := r.Follow(t.Context(), "s", at, time.Millisecond)
	must(t, err)
}
