// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// awaitOwner polls until the journal names an owner.
func awaitOwner(t *testing.T, m *journal.Memory, want journal.Owner) {
	t.Helper()
	await(t, "the owner "+want.Shard, func() bool {
		now, err := m.Owner(t.Context(), testSession)
		return err == nil && now == want
	})
}

// await polls until done holds.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// TestIdleOwnerRestoresItsOwnership: Redis fails over and loses a takeover while
// nobody plays. The owner hears of it from a look at Redis alone.
func TestIdleOwnerRestoresItsOwnership(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.acked(`{"type":"start_combat"}`)
	gm.until(wire.TypeInitiativeRoll)
	next := moved(t, m, m, s, 2)
	if _, fenced := IsFenced(gm.detached()); !fenced {
		t.Fatal("the client was let go for another reason than the move")
	}
	whole := last(t, m)

	m.Rewind(testSession, journal.Position{Epoch: 1, Version: 2}, owner("a", 1))
	next.Observe(owner("a", 1))
	awaitOwner(t, m, owner("b", 2))
	if got := last(t, m); got != whole {
		t.Errorf("the journal ends at %s after the repair, want %s", got, whole)
	}
	gm.attach(next)
	turn := gm.leaf("/combat/turn")
	if turn == `"aria"` {
		gm.acked(`{"type":"end_turn","creature":"aria"}`)
	} else {
		gm.acked(`{"type":"end_turn","creature":"goblin"}`)
	}
}

// TestOldNewsOfTheOwnerChangesNothing: what a host read before a takeover reaches
// the session after it.
func TestOldNewsOfTheOwnerChangesNothing(t *testing.T) {
	m := journal.NewMemory()
	s := moved(t, m, m, started(t, m, m), 2)
	before := last(t, m)
	s.Observe(owner("a", 1))
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	if a := gm.acked(`{"type":"start_combat"}`); a.Version != before.Version+1 {
		t.Errorf("acknowledged at %s, want the entry behind %s", a.Position, before)
	}
}

// TestLongTailIsRepaired: Redis loses more entries than one step can write.
func TestLongTailIsRepaired(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	for last(t, m).Version < journal.MaxBatchEntries+100 {
		if gm.leaf("/combat/phase") == `"over"` {
			fight(t, gm, ann)
		}
		swing(t, gm, ann)
	}
	kept := journal.Position{Epoch: 1, Version: 3}
	before := last(t, m)
	m.Rewind(testSession, kept, owner("a", 1))
	if gm.leaf("/combat/phase") == `"over"` {
		fight(t, gm, ann)
	}
	if first, _ := swing(t, gm, ann); first.Version <= before.Version {
		t.Errorf("acknowledged at %s, the journal had reached %s before", first.Position, before)
	}
	compareWithReplay(t, m, gm, ann)
}

// late is a journal whose first append is written only when somebody looks for
// it, and that keeps the order of what it was asked.
type late struct {
	*journal.Memory
	mu    sync.Mutex
	write func() error
	armed bool
	calls []string
}

func (l *late) note(call string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
}

func (l *late) Append(ctx context.Context, id string, me journal.Owner, expect journal.Position, entries []journal.Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.armed {
		return l.Memory.Append(ctx, id, me, expect, entries)
	}
	l.armed = false
	l.write = func() error { return l.Memory.Append(ctx, id, me, expect, entries) }
	return journal.ErrUnknown
}

func (l *late) Read(ctx context.Context, id string, after journal.Position, limit int) ([]journal.Entry, error) {
	l.note("read")
	l.mu.Lock()
	write := l.write
	l.write = nil
	l.mu.Unlock()
	if write != nil {
		if err := write(); err != nil {
			return nil, err
		}
	}
	return l.Memory.Read(ctx, id, after, limit)
}

func (l *late) Barrier(ctx context.Context, id string) error {
	l.note("barrier")
	return l.Memory.Barrier(ctx, id)
}

// TestLateWriteIsNotAcknowledgedByAnEarlierBarrier: an append of unknown outcome
// reaches the server after a barrier would have spoken.
func TestLateWriteIsNotAcknowledgedByAnEarlierBarrier(t *testing.T) {
	log := &late{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	log.mu.Lock()
	log.armed = true
	log.mu.Unlock()
	gm.acked(`{"type":"start_combat"}`)
	log.mu.Lock()
	defer log.mu.Unlock()
	found := slices.Index(log.calls, "read")
	if found < 0 || !slices.Contains(log.calls[found:], "barrier") {
		t.Errorf("acknowledged after %v: no barrier behind the look that found the entry", log.calls)
	}
}

// TestForeignEntryEndsTheSession: at the place of this owner's entry stands one
// that it did not write.
func TestForeignEntryEndsTheSession(t *testing.T) {
	log := &flaky{Memory: journal.NewMemory()}
	s := started(t, log.Memory, log)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	at := last(t, log.Memory)
	log.once(func(func() error) error {
		foreign := journal.Entry{Position: at.Next(1), Kind: journal.KindThaw, Data: []byte("{}")}
		if err := log.Memory.Append(t.Context(), testSession, owner("a", 1), at, []journal.Entry{foreign}); err != nil {
			return err
		}
		return journal.ErrUnknown
	})
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	if cause := <-gm.gone; !errors.Is(cause, ErrForeign) {
		t.Errorf("detached because of %v, want %v", cause, ErrForeign)
	}
	for len(gm.frames) > 0 {
		if f := gm.next(); f.Type == wire.TypeAck {
			t.Error("acknowledged a command that is not in the journal")
		}
	}
}

// forgetful loses a takeover, of which its shard has read already, while that
// waits for the replica.
type forgetful struct {
	*journal.Memory
	lose func()
}

func (f *forgetful) Takeover(ctx context.Context, id string, me journal.Owner, t journal.Takeover) (journal.Position, error) {
	if lose := f.lose; lose != nil {
		f.lose = nil
		lose()
		return journal.Position{}, journal.ErrNotReplicated
	}
	return f.Memory.Takeover(ctx, id, me, t)
}

// TestTakeoverThatIsLostBeforeItIsDurable: a shard goes on with what it owns,
// but what it has loaded was never replicated and is lost in a failover. It must
// not play on from there.
func TestTakeoverThatIsLostBeforeItIsDurable(t *testing.T) {
	for name, assigned := range map[string]bool{"assigned again": true, "not assigned any more": false} {
		t.Run(name, func(t *testing.T) {
			m := journal.NewMemory()
			s := started(t, m, m)
			gm := newClient(t, "gm", auth.GameMaster)
			gm.attach(s)
			kept := last(t, m)
			gm.acked(`{"type":"start_combat"}`)
			assign(t, m, "b", 2, journal.ModeFailover)
			if _, err := m.Takeover(t.Context(), testSession, owner("b", 2), journal.Takeover{Data: []byte("{}")}); err != nil {
				t.Fatal(err)
			}
			log := &forgetful{Memory: m, lose: func() {
				m.Rewind(testSession, kept, owner("a", 1))
				if assigned {
					assign(t, m, "b", 2, journal.ModeFailover)
				}
			}}
			b, err := NewStandby(t.Context(), testConfig(log), owner("b", 2), "a", duelSpec())
			if err != nil {
				t.Fatal(err)
			}
			next, err := b.Seize(t.Context())
			if !assigned {
				if !errors.Is(err, journal.ErrNotAssigned) {
					t.Errorf("got %v, want %v", err, journal.ErrNotAssigned)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { next.Stop(); <-next.Done() })
			after := newClient(t, "gm", auth.GameMaster)
			after.attach(next)
			if got := journal.Position(after.doc.Position()); got != last(t, m) {
				t.Errorf("a client is shown %s, the journal ends at %s", got, last(t, m))
			}
		})
	}
}

// overtaken lets another shard take a session over as soon as a takeover or a
// creation is done, before its shard has read that back.
type overtaken struct {
	*journal.Memory
	next func()
}

func (o *overtaken) Takeover(ctx context.Context, id string, me journal.Owner, t journal.Takeover) (journal.Position, error) {
	at, err := o.Memory.Takeover(ctx, id, me, t)
	o.next()
	return at, err
}

func (o *overtaken) Create(ctx context.Context, id string, me journal.Owner, genesis []byte) (journal.Position, error) {
	at, err := o.Memory.Create(ctx, id, me, genesis)
	o.next()
	return at, err
}

// TestOvertakenBeforeItBegan: a shard that sleeps between its takeover and the
// reading of it finds the entries of its successor there, which may not be durable.
// It must show them to nobody.
func TestOvertakenBeforeItBegan(t *testing.T) {
	for name, begin := range map[string]func(*overtaken) (*Session, error){
		"taken over": func(o *overtaken) (*Session, error) {
			s := started(t, o.Memory, o.Memory)
			s.Stop()
			<-s.Done()
			assign(t, o.Memory, "b", 2, journal.ModeFailover)
			b, err := NewStandby(t.Context(), testConfig(o), owner("b", 2), "a", duelSpec())
			if err != nil {
				t.Fatal(err)
			}
			return b.Seize(t.Context())
		},
		"created": func(o *overtaken) (*Session, error) {
			assign(t, o.Memory, "b", 2, journal.ModeCreate)
			return Create(t.Context(), testConfig(o), owner("b", 2), duelSpec())
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := &overtaken{Memory: journal.NewMemory()}
			o.next = func() {
				assign(t, o.Memory, "c", 3, journal.ModeFailover)
				if _, err := o.Memory.Takeover(t.Context(), testSession, owner("c", 3), journal.Takeover{Data: []byte("{}")}); err != nil {
					t.Error(err)
				}
			}
			s, err := begin(o)
			if s != nil {
				s.Stop()
				<-s.Done()
			}
			if !errors.Is(err, journal.ErrStale) {
				t.Errorf("began with %v, want %v", err, journal.ErrStale)
			}
		})
	}
}
