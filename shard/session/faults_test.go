// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// flaky is a journal whose appends can be made to fail in the ways a real one
// does.
type flaky struct {
	*journal.Memory
	mu   sync.Mutex
	fail func(write func() error) error // nil: nothing fails
	hits int
}

func (f *flaky) set(fail func(write func() error) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func (f *flaky) failing() func(func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail != nil {
		f.hits++
	}
	return f.fail
}

func (f *flaky) Append(ctx context.Context, id string, me journal.Owner, expect journal.Position, entries []journal.Entry) error {
	write := func() error { return f.Memory.Append(ctx, id, me, expect, entries) }
	if fail := f.failing(); fail != nil {
		return fail(write)
	}
	return write()
}

func (f *flaky) Owner(ctx context.Context, id string) (journal.Owner, error) {
	if f.failing() != nil {
		return journal.Owner{}, journal.ErrUnavailable
	}
	return f.Memory.Owner(ctx, id)
}

// once fails the first append only.
func (f *flaky) once(fail func(write func() error) error) {
	f.set(func(write func() error) error {
		f.set(nil)
		return fail(write)
	})
}

func TestAppendWithTroubleIsAppliedOnce(t *testing.T) {
	tests := map[string]func(write func() error) error{
		"written, reply lost": func(write func() error) error {
			if err := write(); err != nil {
				return err
			}
			return journal.ErrUnknown
		},
		"not written, reply lost": func(func() error) error { return journal.ErrUnknown },
		"refused":                 func(func() error) error { return journal.ErrUnavailable },
		"written, not replicated": func(write func() error) error {
			if err := write(); err != nil {
				return err
			}
			return journal.ErrNotReplicated
		},
	}
	for name, fail := range tests {
		t.Run(name, func(t *testing.T) {
			log := &flaky{Memory: journal.NewMemory()}
			s := started(t, log.Memory, log)
			gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
			gm.attach(s)
			ann.attach(s)
			log.once(fail)
			fight(t, gm, ann)
			_, acked := swing(t, gm, ann)
			if got, want := last(t, log.Memory), journal.Position(acked.Position); got != want {
				t.Errorf("the journal ends at %s, the last acknowledgement is %s", got, want)
			}
			// genesis, start_combat, attack, end_turn: nothing twice.
			if want := uint64(4); acked.Version != want {
				t.Errorf("last version %d, want %d", acked.Version, want)
			}
		})
	}
}

func TestJournalAwayIsAnsweredAndNothingIsLost(t *testing.T) {
	log := &flaky{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	before := last(t, log.Memory)
	log.set(func(func() error) error { return journal.ErrUnavailable })

	f := gm.do(`{"type":"start_combat"}`)
	var r wire.Refusal
	gm.decode(f, &r)
	if r.Code != wire.RefusalUnavailable || !r.Retry {
		t.Fatalf("answer while the journal is away: %s %s, want a retryable %s", f.Type, f.Data, wire.RefusalUnavailable)
	}
	// A sync is served meanwhile, and shows nothing that is not durable.
	gm.member.Sync(nil)
	gm.until(wire.TypeSyncResponse)
	if got := journal.Position(gm.doc.Position()); got != before {
		t.Errorf("a sync shows %s, durable is %s", got, before)
	}
	if phase := gm.leaf("/combat/phase"); phase != `"idle"` {
		t.Errorf("a sync shows the phase %s before it is durable", phase)
	}

	log.set(nil)
	gm.until(wire.TypeAck) // the entry was never given up
	gm.until(wire.TypeInitiativeRoll)
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	var again wire.Ack
	gm.decode(gm.until(wire.TypeAck), &again)
	if !again.Repeated {
		t.Errorf("the command that was refused as unavailable was applied anew: %+v", again)
	}
}

func TestFencedOwnerLosesWhatWasNotDurable(t *testing.T) {
	log := &flaky{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)

	// The owner sleeps; another shard takes over; the owner wakes and writes.
	assign(t, log.Memory, "b", 2, journal.ModeFailover)
	cfg := testConfig(log)
	cfg.Shard = "b"
	b, err := NewStandby(t.Context(), cfg, owner("b", 2), "a", duelSpec())
	if err != nil {
		t.Fatal(err)
	}
	successor, err := b.Seize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { successor.Stop(); <-successor.Done() })
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	select {
	case cause := <-gm.gone:
		to, fenced := IsFenced(cause)
		if !fenced || to != owner("b", 2) {
			t.Errorf("detached because of %v, want the fence of shard b at epoch 2", cause)
		}
	case <-time.After(soon):
		t.Fatal("the zombie was not fenced")
	}
	for len(gm.frames) > 0 {
		if f := gm.next(); f.Type == wire.TypeAck || f.Type.CarriesUpdate() {
			t.Errorf("the zombie showed %s", f.Type)
		}
	}
	// The same command on the new owner is decided there, once.
	gm.attach(successor)
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	var a wire.Ack
	gm.decode(gm.until(wire.TypeAck), &a)
	if a.Repeated || a.Epoch != 2 {
		t.Errorf("acknowledgement by the successor: %+v", a)
	}
}

func TestFailoverPauseCountsFromTheLastCommand(t *testing.T) {
	log := &flaky{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	gm.until(wire.TypeAck)
	s.Stop()
	<-s.Done()

	assign(t, log.Memory, "b", 2, journal.ModeFailover)
	cfg := testConfig(log)
	cfg.Shard = "b"
	cfg.Now = func() time.Time { return time.Now().Add(time.Minute) }
	b, err := NewStandby(t.Context(), cfg, owner("b", 2), "a", duelSpec())
	if err != nil {
		t.Fatal(err)
	}
	successor, err := b.Seize(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { successor.Stop(); <-successor.Done() })
	r, err := successor.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if pause := r.LastMove.PauseMillis; pause < time.Minute.Milliseconds() {
		t.Errorf("the pause of a failover a minute after the last command is %d ms", pause)
	}
}
