// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// TestAttachThatIsGivenUpLeavesNobody: the caller leaves while the session is
// busy; it must not become a member that nobody will ever take out.
func TestAttachThatIsGivenUpLeavesNobody(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	busy, free := make(chan struct{}), make(chan struct{})
	s.post(func() { close(busy); <-free })
	<-busy
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ann := newClient(t, "ann", auth.Player)
	if _, err := s.Attach(ctx, ann.claims, ann, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("attaching: %v, want %v", err, context.Canceled)
	}
	close(free)
	r, err := s.Report(t.Context())
	if err != nil || len(r.Players) > 0 {
		t.Errorf("players %v (%v), want none", r.Players, err)
	}
}

func TestWhoLeavesTheRosterIsLetGo(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	spec := duelSpec()
	spec.Players = []string{"bob"}
	s.SetSpec(spec)
	if cause := <-ann.gone; !errors.Is(cause, ErrNotMember) {
		t.Errorf("detached because of %v, want %v", cause, ErrNotMember)
	}
	gm.acked(`{"type":"start_combat"}`)
	select {
	case cause := <-gm.gone:
		t.Errorf("the game master was detached because of %v", cause)
	default:
	}
}

// TestSlowSubscriberIsLetGoAlone: one client's queue is full; the others get
// everything.
func TestSlowSubscriberIsLetGoAlone(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	slow := &full{client: newClient(t, "ann", auth.Player)}
	if _, err := s.Attach(t.Context(), slow.claims, slow, nil); err != nil {
		t.Fatal(err)
	}
	slow.full.Store(true)
	gm.acked(`{"type":"start_combat"}`)
	gm.until(wire.TypeInitiativeRoll)
	if cause := <-slow.gone; !errors.Is(cause, ErrOverflow) {
		t.Errorf("detached because of %v, want %v", cause, ErrOverflow)
	}
}

type full struct {
	*client
	full atomic.Bool
}

func (f *full) Deliver(m Message) bool { return !f.full.Load() && f.client.Deliver(m) }

// TestSnapshotsAreStoredWithoutAPause: commands come so fast that something is
// always under way, and still the journal is trimmed.
func TestSnapshotsAreStoredWithoutAPause(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.acked(`{"type":"start_combat"}`)
	gm.until(wire.TypeInitiativeRoll)
	creatures := []string{"aria", "goblin"}
	if gm.leaf("/combat/turn") == `"goblin"` {
		creatures = []string{"goblin", "aria"}
	}
	const window = 32
	sent, answered := 1, 1
	for answered < 4*snapshotEvery {
		for sent < answered+window {
			sent++
			action := fmt.Sprintf(`{"type":"end_turn","creature":%q}`, creatures[sent%2])
			if !gm.member.Command(wire.ActionDeclare{N: uint64(sent), ActionID: fmt.Sprint("gm-", sent), Action: json.RawMessage(action)}) {
				t.Fatal("the inbox is full")
			}
		}
		if f := gm.until(wire.TypeAck, wire.TypeRefusal); f.Type == wire.TypeRefusal {
			t.Fatalf("refused: %s", f.Data)
		}
		answered++
	}
	await(t, "a snapshot", func() bool {
		loaded, err := m.Load(t.Context(), testSession)
		return err == nil && loaded.Snapshot != nil && loaded.Snapshot.Position.Version > snapshotEvery
	})
	if _, err := m.Read(t.Context(), testSession, journal.Position{}, 1); err == nil {
		entries, _ := m.Read(t.Context(), testSession, journal.Position{}, 1)
		if entries[0].Position.Version == 1 {
			t.Error("the journal was never trimmed")
		}
	}
}

// TestEndWaitsForItsLastWrite: what was on its way when a session ended has
// arrived or never will, so that the same shard can load the session again.
func TestEndWaitsForItsLastWrite(t *testing.T) {
	log := &flaky{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	writing, release := make(chan struct{}), make(chan struct{})
	log.once(func(write func() error) error {
		close(writing)
		<-release
		return write()
	})
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	<-writing
	s.Stop()
	if cause := <-gm.gone; !errors.Is(cause, ErrStopped) {
		t.Errorf("detached because of %v, want %v", cause, ErrStopped)
	}
	if s.ended() {
		t.Error("the session has ended while its append is on its way")
	}
	close(release)
	<-s.Done()
}
