// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// moved hands a session over to shard b at an epoch and returns it there.
func moved(t *testing.T, m *journal.Memory, log Log, from *Session, epoch uint64) *Session {
	t.Helper()
	const to = "b"
	assign(t, m, to, epoch, journal.ModeHandoff)
	cfg := testConfig(log)
	cfg.Shard = to
	b, err := NewStandby(t.Context(), cfg, owner(to, epoch), from.me.Shard, duelSpec())
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		s   *Session
		err error
	}
	done := make(chan result, 1)
	go func() {
		s, err := b.Run(t.Context())
		done <- result{s, err}
	}()
	<-b.Ready()
	if err := from.Handoff(t.Context(), to, epoch); err != nil {
		t.Fatal(err)
	}
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.s.Stop(); <-r.s.Done() })
	return r.s
}

func TestHandoffKeepsEverything(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	swing(t, gm, ann)

	for epoch := uint64(2); epoch < 6; epoch++ {
		next := moved(t, m, m, s, epoch)
		for _, c := range []*client{gm, ann} {
			if to, fenced := IsFenced(<-c.gone); !fenced || to.Epoch != epoch {
				t.Fatalf("detached for %+v, want epoch %d", to, epoch)
			}
			c.attach(next)
		}
		// A command that was answered before the move is not applied again.
		gm.command(1, "gm-1", `{"type":"start_combat"}`)
		var again wire.Ack
		gm.decode(gm.until(wire.TypeAck), &again)
		if !again.Repeated || again.Epoch != 1 {
			t.Errorf("the first command's answer after %d moves: %+v", epoch-1, again)
		}
		if first, _ := swing(t, gm, ann); first.Epoch != epoch {
			t.Errorf("acknowledged at epoch %d, want %d", first.Epoch, epoch)
		}
		s = next
	}
	if n := gm.doc.Position().Version; gm.doc.Hash() == "" || n < 12 {
		t.Errorf("the game master's document ends at version %d", n)
	}
	compareWithReplay(t, m, gm, ann)
}

// replayed folds the journal apart from any session, entry by entry.
func replayed(t *testing.T, m *journal.Memory, each func(*Replay, *Command)) *Replay {
	t.Helper()
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	r, err := NewReplay(testSession, loaded)
	if err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var c *Command
		if c, more, err = r.Next(); err != nil {
			t.Fatal(err)
		}
		each(r, c)
	}
	return r
}

// compareWithReplay compares what clients hold with the fold, wherever it passes
// their position.
func compareWithReplay(t *testing.T, m *journal.Memory, gm, ann *client) {
	t.Helper()
	seen := map[string]bool{}
	replayed(t, m, func(r *Replay, c *Command) {
		if c != nil && seen[c.ActionID] {
			t.Errorf("command %s stands in the journal twice", c.ActionID)
		}
		if c != nil {
			seen[c.ActionID] = true
		}
		for view, doc := range map[rules.View]*wire.Document{rules.ViewGM: gm.doc, rules.ViewTable: ann.doc} {
			if journal.Position(doc.Position()) == r.Position() && doc.Hash() != r.ViewHash(view) {
				t.Errorf("view %s at %s: the client has hash %s, the journal gives %s", view, r.Position(), doc.Hash(), r.ViewHash(view))
			}
		}
	})
}

func TestFreezeWithoutTakeoverThaws(t *testing.T) {
	m := journal.NewMemory()
	s := startedWith(t, m, impatient(m))
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	if err := s.Handoff(t.Context(), "b", 2); err != nil {
		t.Fatal(err)
	}
	// Sent while frozen: it waits, and is answered after the thaw.
	a := gm.acked(`{"type":"start_combat"}`)
	if a.Version != 4 || a.Epoch != 1 { // genesis, freeze, thaw
		t.Errorf("acknowledged at %s, want 1-4", a.Position)
	}
	gm.until(wire.TypeInitiativeRoll)
}

func TestTakeoverNeedsTheFreezeForItself(t *testing.T) {
	m := journal.NewMemory()
	s := startedWith(t, m, impatient(m))
	assign(t, m, "b", 2, journal.ModeHandoff)
	cfg := testConfig(m)
	b, err := NewStandby(t.Context(), cfg, owner("b", 2), "a", duelSpec())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.Run(ctx)
		ended <- err
	}()
	<-b.Ready()
	// A freeze for somebody else does not wake it.
	if err := s.Handoff(t.Context(), "c", 3); err != nil {
		t.Fatal(err)
	}
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.acked(`{"type":"start_combat"}`) // the source thawed
	if now, err := m.Owner(t.Context(), testSession); err != nil || now != owner("a", 1) {
		t.Errorf("owner %+v (%v), want a at epoch 1", now, err)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the standby ended with %v", err)
	}
}

func TestResumeOfEveryKind(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	away := newClient(t, "ann", auth.Player)
	away.attach(s)
	away.member.Leave()
	if _, err := s.Report(t.Context()); err != nil { // behind the leave
		t.Fatal(err)
	}
	swing(t, gm, ann)
	away.attach(s)
	for away.doc.Position() != ann.doc.Position() {
		away.next()
	}
	if away.doc.Hash() != ann.doc.Hash() {
		t.Errorf("after a resume: hash %s, want %s", away.doc.Hash(), ann.doc.Hash())
	}
	now := away.doc.Position()
	tests := map[string]struct {
		resume wire.Resume
		want   string
	}{
		"of another epoch":   {wire.Resume{Position: wire.Position{Epoch: now.Epoch - 1, Version: now.Version}}, wire.ReasonNotInHistory},
		"with another hash":  {wire.Resume{Position: now, Hash: "0000000000000000"}, wire.ReasonDiverged},
		"before the journal": {wire.Resume{}, wire.ReasonTooOld},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, "ann", auth.Player)
			if _, err := s.Attach(t.Context(), c.claims, c, &tt.resume); err != nil {
				t.Fatal(err)
			}
			var lost wire.HistoryLost
			c.decode(c.until(wire.TypeHistoryLost), &lost)
			if lost.Reason != tt.want {
				t.Errorf("history_lost for %s, want %s", lost.Reason, tt.want)
			}
			c.until(wire.TypeSyncResponse)
			if c.doc.Hash() != ann.doc.Hash() {
				t.Error("the sync after it does not show the view")
			}
		})
	}
}

// TestResumeAhead: who claims to have seen what has not happened is told that it
// is not in the history, and shown the view.
func TestResumeAhead(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	now := wire.Position{Epoch: 1, Version: 1}
	tests := map[string]struct {
		at   wire.Position
		want wire.Type
	}{
		"where it is":    {now, wire.TypeResumed},
		"next version":   {wire.Position{Epoch: now.Epoch, Version: now.Version + 1}, wire.TypeHistoryLost},
		"next epoch":     {wire.Position{Epoch: now.Epoch + 1, Version: now.Version}, wire.TypeHistoryLost},
		"far in future":  {wire.Position{Epoch: 1 << 60, Version: 1 << 60}, wire.TypeHistoryLost},
		"earlier, ahead": {wire.Position{Epoch: now.Epoch + 1}, wire.TypeHistoryLost},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, "ann", auth.Player)
			if _, err := s.Attach(t.Context(), c.claims, c, &wire.Resume{Position: tt.at}); err != nil {
				t.Fatal(err)
			}
			c.until(tt.want)
			if tt.want == wire.TypeHistoryLost {
				c.until(wire.TypeSyncResponse)
			}
		})
	}
}

// unconfirmed is a journal that was replaced: it takes writes, and no replica
// confirms them.
type unconfirmed struct{ *journal.Memory }

func (unconfirmed) Confirm(context.Context, string, journal.Owner) error {
	return journal.ErrNotReplicated
}

// TestOldOwnerDoesNotCallHistoryLost: a client that has followed a newer owner
// comes to an older one, which cannot know that it was replaced: its Redis is
// not the one of the others any more.
func TestOldOwnerDoesNotCallHistoryLost(t *testing.T) {
	log := unconfirmed{journal.NewMemory()}
	s := started(t, log.Memory, log)
	c := newClient(t, "ann", auth.Player)
	_, err := s.Attach(t.Context(), c.claims, c, &wire.Resume{Position: wire.Position{Epoch: 2, Version: 7}})
	if !errors.Is(err, ErrAhead) {
		t.Errorf("Attach = %v, want %v", err, ErrAhead)
	}
	if len(c.frames) > 0 {
		t.Errorf("the client was told %s", (<-c.frames).Type)
	}
	c.attach(s) // who does not say where it is gets what there is
}

// TestOldOwnerLearnsFromAClient: the same, but the journal can tell.
func TestOldOwnerLearnsFromAClient(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	assign(t, m, "b", 2, journal.ModeFailover)
	p, err := m.Takeover(t.Context(), testSession, owner("b", 2), journal.Takeover{Data: []byte("{}")})
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, "ann", auth.Player)
	if _, err := s.Attach(t.Context(), c.claims, c, &wire.Resume{Position: wire.Position(p)}); !errors.Is(err, ErrAhead) {
		t.Errorf("Attach = %v, want %v", err, ErrAhead)
	}
	<-s.Done()
	if by, fenced := IsFenced(s.Cause()); !fenced || by != owner("b", 2) {
		t.Errorf("the session ended with %v, want it fenced by b", s.Cause())
	}
}

func TestLongSessionIsLoadedFromASnapshot(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	deadline := time.Now().Add(time.Minute)
	stored := func() bool {
		loaded, err := m.Load(t.Context(), testSession)
		if err != nil {
			t.Fatal(err)
		}
		return loaded.Snapshot != nil && loaded.Snapshot.Position.Version > snapshotEvery
	}
	for !stored() {
		if gm.leaf("/combat/phase") == `"over"` {
			fight(t, gm, ann)
		}
		swing(t, gm, ann)
		if time.Now().After(deadline) {
			t.Fatal("no snapshot was stored")
		}
	}
	next := moved(t, m, m, s, 2)
	for _, c := range []*client{gm, ann} {
		if _, fenced := IsFenced(c.detached()); !fenced {
			t.Fatal("a client was let go for another reason than the move")
		}
	}
	gm.attach(next)
	ann.attach(next)
	if gm.doc.Position().Version < 2*snapshotEvery {
		t.Errorf("only %d versions", gm.doc.Position().Version)
	}
}

func TestStateSurvivesItsEncoding(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	swing(t, gm, ann)
	var state *State
	if err := s.call(t.Context(), func() { state = s.state }); err != nil {
		t.Fatal(err)
	}
	data, err := state.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read := &State{}
	if err := json.Unmarshal(data, read); err != nil {
		t.Fatal(err)
	}
	again, err := read.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(data) {
		t.Errorf("encoded again:\n%s\nwant\n%s", again, data)
	}
}
