// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

func TestDuty(t *testing.T) {
	st := newStage(t)
	h, _ := st.host("a", 4)
	st.assign("here", "a", "", 3, journal.ModeCreate)
	s := st.awaitLive(h, "here", 3)
	mine, none0 := journal.Owner{Shard: "a", Incarnation: "a-1", Epoch: 3}, journal.Owner{}
	earlier := journal.Owner{Shard: "a", Incarnation: "a-0", Epoch: 3}
	other := journal.Owner{Shard: "b", Incarnation: "b-1", Epoch: 3}
	h.mu.Lock()
	h.orphan("lost", 3)
	h.mu.Unlock()
	tests := map[string]struct {
		shard string
		epoch uint64
		mode  journal.Mode
		owner journal.Owner
		s     *session.Session
		want  kind
	}{
		"create":                                 {"a", 1, journal.ModeCreate, none0, nil, create},
		"create what has an owner":               {"a", 4, journal.ModeCreate, other, nil, none},
		"create elsewhere":                       {"b", 1, journal.ModeCreate, none0, nil, none},
		"created":                                {"a", 3, journal.ModeCreate, mine, s, none},
		"created, and fenced since":              {"a", 3, journal.ModeCreate, mine, nil, none},
		"created by an earlier run":              {"a", 3, journal.ModeCreate, earlier, nil, none},
		"follow":                                 {"a", 4, journal.ModeHandoff, other, nil, follow},
		"taken over":                             {"a", 3, journal.ModeHandoff, mine, s, none},
		"taken over since":                       {"a", 3, journal.ModeHandoff, journal.Owner{Shard: "b", Incarnation: "b-1", Epoch: 2}, s, none},
		"give":                                   {"b", 4, journal.ModeHandoff, mine, s, give},
		"give what is not there":                 {"b", 4, journal.ModeHandoff, mine, nil, none},
		"given":                                  {"b", 4, journal.ModeHandoff, journal.Owner{Shard: "b", Incarnation: "b-1", Epoch: 4}, s, none},
		"seize":                                  {"a", 4, journal.ModeFailover, other, nil, seize},
		"seize from an earlier run":              {"a", 4, journal.ModeFailover, earlier, nil, seize},
		"seize what never was":                   {"a", 4, journal.ModeFailover, none0, nil, none},
		"seize from itself":                      {"a", 4, journal.ModeFailover, mine, s, seize},
		"failover to another":                    {"b", 4, journal.ModeFailover, mine, s, none},
		"elsewhere from start to end, a mistake": {"b", 4, journal.ModeHandoff, other, nil, none},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			a := registry.Assigned{Assignment: journal.Assignment{Session: "here", Epoch: tc.epoch, Shard: tc.shard, Mode: tc.mode}, Owner: tc.owner}
			if got := h.duty(a, tc.s); got != tc.want {
				t.Errorf("duty %q, want %q", got, tc.want)
			}
		})
	}
	lost := registry.Assigned{Assignment: journal.Assignment{Session: "lost", Epoch: 4, Shard: "b", Mode: journal.ModeHandoff}}
	for _, tc := range []struct {
		name  string
		owner journal.Owner
		want  kind
	}{
		{"owned before", journal.Owner{Shard: "a", Incarnation: "a-1", Epoch: 2}, none},
		{"owned in trouble", mine, resume},
		{"owned by another since", journal.Owner{Shard: "b", Incarnation: "b-1", Epoch: 4}, none},
		{"and Redis went back", mine, none},
	} {
		lost.Owner = tc.owner
		if got := h.duty(lost, nil); got != tc.want {
			t.Errorf("%s: duty %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestHandoffBetweenHosts(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	b, _ := st.host("b", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	before := st.awaitLive(a, "s", 1)
	st.assign("s", "b", "a", 2, journal.ModeHandoff)
	st.awaitLive(b, "s", 2)
	<-before.Done()
	if to, fenced := session.IsFenced(before.Cause()); !fenced || to.Shard != "b" {
		t.Errorf("the source ended because of %v", before.Cause())
	}
	st.await("a report of the move", func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.reports["s"].LastMove.Reason == "handoff"
	})
	st.await("a to forget it", func() bool { _, here := a.Session("s"); return !here })
}

func TestRefusalsAreAnswered(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 1)
	b, _ := st.host("b", 9)
	st.assign("first", "a", "", 1, journal.ModeCreate)
	st.awaitLive(a, "first", 1)
	st.assign("second", "a", "", 1, journal.ModeCreate)
	st.await("a refusal for capacity", func() bool { return slices.Contains(st.refusals("a", "second", 1), "capacity") })
	b.SetDraining(true)
	st.assign("third", "b", "", 1, journal.ModeCreate)
	st.await("a refusal for the drain", func() bool { return slices.Contains(st.refusals("b", "third", 1), "draining") })
	b.SetDraining(false)
	st.wake()
	st.awaitLive(b, "third", 1)

	st.mu.Lock()
	spec := st.specs["third"]
	spec.ID, spec.Scenario = "wrong", []byte(`{"map":{"width":0,"height":6}}`)
	st.specs["wrong"] = spec
	st.mu.Unlock()
	st.assign("wrong", "b", "", 1, journal.ModeCreate)
	st.await("a refusal of the scenario", func() bool {
		return slices.ContainsFunc(st.refusals("b", "wrong", 1), func(why string) bool { return strings.HasPrefix(why, "scenario: ") })
	})
}

// TestSupersededFollowEnds: the operator chooses another target. The first one is
// not told; it sees that the assignment is not for it any more.
func TestSupersededFollowEnds(t *testing.T) {
	st := newStage(t)
	a, stopA := st.host("a", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	st.awaitLive(a, "s", 1)
	stopA() // so that nobody gives it
	b, _ := st.host("b", 4)
	st.assign("s", "b", "a", 2, journal.ModeHandoff)
	if err := st.AwaitStandby(t.Context(), "b", "s", 2); err != nil {
		t.Fatal(err)
	}
	waiting := make(chan error, 1)
	go func() {
		_, err := b.Await(context.Background(), "s")
		waiting <- err
	}()
	st.assign("s", "c", "a", 3, journal.ModeFailover)
	st.await("b to give up", func() bool { _, coming := b.Sessions(); return coming == 0 })
	if err := <-waiting; !errors.Is(err, ErrNotComing) {
		t.Errorf("who waited for it hears %v, want %v", err, ErrNotComing)
	}
	// Chosen again, in another role: at once, not at the next poll.
	st.assign("s", "b", "a", 4, journal.ModeFailover)
	st.awaitLive(b, "s", 4)
}

// TestDrainEndsFollowing: a shard that is to leave takes nothing that has an
// owner who can play on.
func TestDrainEndsFollowing(t *testing.T) {
	st := newStage(t)
	a, stopA := st.host("a", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	st.awaitLive(a, "s", 1)
	stopA()
	b, _ := st.host("b", 4)
	st.assign("s", "b", "a", 2, journal.ModeHandoff)
	if err := st.AwaitStandby(t.Context(), "b", "s", 2); err != nil {
		t.Fatal(err)
	}
	b.SetDraining(true)
	st.await("b to give up and to say so", func() bool {
		_, coming := b.Sessions()
		return coming == 0 && slices.Contains(st.refusals("b", "s", 2), "draining")
	})
}

func TestDeletedSessionLeaves(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	b, _ := st.host("b", 4)
	st.assign("live", "a", "", 1, journal.ModeCreate)
	st.assign("followed", "b", "a", 1, journal.ModeHandoff)
	s := st.awaitLive(a, "live", 1)
	for _, id := range []string{"live", "followed"} {
		if err := st.log.Forget(t.Context(), id, 9); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-s.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the deleted session lives on")
	}
	if !errors.Is(s.Cause(), session.ErrGone) {
		t.Errorf("it ended because of %v, want %v", s.Cause(), session.ErrGone)
	}
	st.await("b to give up", func() bool { _, coming := b.Sessions(); return coming == 0 })
	st.await("a to forget its spec", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.generations) == 0
	})
}

// TestSessionOutsideTheHintsStays: hints are rewritten by the operator, the keys
// of the session are the truth.
func TestSessionOutsideTheHintsStays(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	s := st.awaitLive(a, "s", 1)
	st.mu.Lock()
	st.hints["a"] = []string{}
	st.mu.Unlock()
	st.awaitLooks("a", 4)
	if _, err := s.Report(t.Context()); err != nil {
		t.Errorf("the session ended: %v", err)
	}
	// Somebody else owns it now, and only its key says so.
	st.assign("s", "b", "a", 2, journal.ModeFailover)
	if _, err := st.log.Takeover(t.Context(), "s", journal.Owner{Shard: "b", Incarnation: "b-1", Epoch: 2}, journal.Takeover{}); err != nil {
		t.Fatal(err)
	}
	<-s.Done()
}

// TestTakenOverButNotLoaded: the takeover is in the journal, and then Redis does
// not answer. Nobody else may write the session, so this shard must go on.
func TestTakenOverButNotLoaded(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 1)
	st.log.failLoads(2) // behind Create, and once more
	st.assign("s", "a", "", 1, journal.ModeCreate)
	s := st.awaitLive(a, "s", 1)
	if s.Owner().Incarnation != "a-1" {
		t.Errorf("owner %+v", s.Owner())
	}
	// It does so even if it would refuse anything new.
	s.Stop()
	<-s.Done()
	a.SetDraining(true)
	st.wake()
	st.await("it to live again", func() bool {
		now, here := a.Session("s")
		return here && now != s
	})
}

// TestSeizedFromItself: the operator took the owner for dead, and then chose it.
func TestSeizedFromItself(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	before := st.awaitLive(a, "s", 1)
	st.assign("s", "a", "a", 5, journal.ModeFailover)
	st.awaitLive(a, "s", 5)
	<-before.Done()
	if _, here := a.Session("s"); !here {
		t.Error("the session left with its earlier self")
	}
}

func TestChangedSpecReachesTheSession(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	st.assign("s", "a", "", 1, journal.ModeCreate)
	st.awaitLive(a, "s", 1)
	st.mu.Lock()
	spec := st.specs["s"]
	spec.Generation, spec.Lifecycle = 2, registry.LifecycleEnded
	st.specs["s"] = spec
	st.mu.Unlock()
	st.wake()
	st.await("the session to end", func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.reports["s"].Ended
	})
}

func TestAwaitOfWhatIsNotComing(t *testing.T) {
	st := newStage(t)
	a, _ := st.host("a", 4)
	if _, err := a.Await(t.Context(), "s"); !errors.Is(err, ErrNotComing) {
		t.Errorf("awaiting: %v, want %v", err, ErrNotComing)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := a.AwaitStandby(ctx, "s", 1); !errors.Is(err, ErrNotComing) {
		t.Errorf("awaiting a standby: %v, want %v", err, ErrNotComing)
	}
}

// TestStopWhileSessionsCome: a task that ends after the stop leaves nothing
// behind. The stage counts goroutines.
func TestStopWhileSessionsCome(t *testing.T) {
	for range 20 {
		st := newStage(t)
		_, stop := st.host("a", 10)
		for _, id := range []string{"s1", "s2", "s3"} {
			st.assign(id, "a", "", 1, journal.ModeCreate)
		}
		stop()
	}
}
