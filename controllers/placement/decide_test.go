// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gamesession.dev/operator/api/v1alpha1"
)

func serving(name string, capacity int) Shard {
	return Shard{Name: name, Capacity: capacity, Serving: true}
}

func leaving(name string, capacity int) Shard {
	return Shard{Name: name, Capacity: capacity, Serving: true, Leaving: v1alpha1.ReasonShardDraining}
}

func settled(id, shard string, epoch uint64) Session {
	return Session{
		ID: id, Started: true, Assigned: epoch,
		Owner:   &Owner{Shard: shard, Epoch: epoch, Verdict: Alive},
		Binding: &Binding{Shard: shard, Epoch: epoch, Mode: v1alpha1.PlacementCreate},
	}
}

func judged(s Session, v Verdict) Session { s.Owner.Verdict = v; return s }

func moving(s Session, mode v1alpha1.PlacementMode, attempts int, failed bool) Session {
	s.Binding = &Binding{Shard: "b", Epoch: s.Owner.Epoch + 1, Mode: mode, From: s.Owner.Shard, Attempts: attempts, Failed: failed}
	s.Assigned = s.Owner.Epoch + 1
	return s
}

func asked(s Session, to string) Session { s.Move = &Move{To: to}; return s }

func bound(shard string, epoch uint64, mode v1alpha1.PlacementMode, from string, attempts int, reason v1alpha1.MoveReason) Decision {
	return Decision{
		Session: "x", Action: Bind, Reason: reason,
		Binding: Binding{Shard: shard, Epoch: epoch, Mode: mode, From: from, Attempts: attempts},
	}
}

func TestDecide(t *testing.T) {
	const (
		create, handoff, failover = v1alpha1.PlacementCreate, v1alpha1.PlacementHandoff, v1alpha1.PlacementFailover
		draining, dead            = v1alpha1.ReasonShardDraining, v1alpha1.ReasonShardDead
	)
	kept := Decision{Session: "x", Action: Keep}
	waits := func(why string) Decision { return Decision{Session: "x", Action: Wait, Why: why} }
	manual := func(d Decision) Decision { d.Manual = true; return d }
	refused := func(why string) Decision {
		return Decision{Session: "x", Action: RefuseMove, Why: why, Manual: true}
	}
	two := []Shard{serving("a", 2), serving("b", 2)}
	fresh := Session{ID: "x"}
	for name, tc := range map[string]struct {
		shards []Shard
		others []Session
		tc     Session
		want   Decision
	}{
		"a new session goes to the emptiest shard": {
			two, []Session{settled("y", "a", 1)}, fresh,
			bound("b", 1, create, "", 0, v1alpha1.ReasonNew),
		},
		"ties go to the first name": {two, nil, fresh, bound("a", 1, create, "", 0, v1alpha1.ReasonNew)},
		"current templates come first": {
			[]Shard{{Name: "a", Capacity: 2, Serving: true, Outdated: true}, serving("b", 2)},
			[]Session{settled("y", "b", 1)},
			fresh, bound("b", 1, create, "", 0, v1alpha1.ReasonNew),
		},
		"full shards take nothing": {
			[]Shard{serving("a", 1)},
			[]Session{settled("y", "a", 1)},
			fresh, waits(v1alpha1.ReasonNoCapacity),
		},
		"no shard serves": {[]Shard{{Name: "a", Capacity: 2}}, nil, fresh, waits(v1alpha1.ReasonNoCapacity)},
		"a placed session is being started": {
			two, nil, Session{ID: "x", Binding: &Binding{Shard: "b", Epoch: 1, Mode: create}}, kept,
		},
		"its shard drains before it has started": {
			[]Shard{serving("a", 2), leaving("b", 2)}, nil,
			Session{ID: "x", Binding: &Binding{Shard: "b", Epoch: 1, Mode: create}},
			bound("a", 2, create, "", 1, v1alpha1.ReasonNew),
		},
		"its shard refused to start it": {
			two, nil, Session{ID: "x", Assigned: 1, Binding: &Binding{Shard: "a", Epoch: 1, Mode: create, Failed: true}},
			bound("b", 2, create, "", 1, v1alpha1.ReasonNew),
		},
		"the only shard refused: it is asked again": {
			[]Shard{serving("a", 2)}, nil,
			Session{ID: "x", Assigned: 1, Binding: &Binding{Shard: "a", Epoch: 1, Mode: create, Failed: true}},
			bound("a", 2, create, "", 1, v1alpha1.ReasonNew),
		},
		"Redis knows a higher epoch than etcd": {
			two, nil, Session{ID: "x", Assigned: 7, Binding: &Binding{Shard: "b", Epoch: 3, Mode: create}},
			bound("a", 8, create, "", 1, v1alpha1.ReasonNew),
		},
		"a lost owner key is never started afresh": {
			two, nil, Session{ID: "x", Started: true, Binding: &Binding{Shard: "a", Epoch: 3}},
			waits(v1alpha1.ReasonOwnerLost),
		},
		"an owner above the binding is adopted": {
			two, nil, Session{ID: "x", Owner: &Owner{Shard: "b", Epoch: 9, Verdict: Alive}, Binding: &Binding{Shard: "a", Epoch: 3}},
			Decision{Session: "x", Action: Adopt, Binding: Binding{Shard: "b", Epoch: 9, Mode: failover}},
		},
		"a settled session stays": {two, nil, settled("x", "a", 4), kept},
		"even when others have less": {
			two, []Session{settled("y", "a", 1)},
			settled("x", "a", 4), kept,
		},
		"a dead owner is replaced": {
			two, nil, judged(settled("x", "a", 4), Dead), bound("b", 5, failover, "a", 0, dead),
		},
		"a dead owner whose shard no longer serves": {
			[]Shard{serving("b", 2)}, nil, judged(settled("x", "a", 4), Dead), bound("b", 5, failover, "a", 0, dead),
		},
		"a reborn shard may take its session back": {
			[]Shard{serving("a", 2)}, nil, judged(settled("x", "a", 4), Reborn),
			bound("a", 5, failover, "a", 0, v1alpha1.ReasonShardReborn),
		},
		"a dead owner and no room": {
			[]Shard{serving("b", 1)},
			[]Session{settled("y", "b", 1)},
			judged(settled("x", "a", 4), Dead), waits(v1alpha1.ReasonNoCapacity),
		},
		"the source dies in a handoff: its standby takes over": {
			two, nil, judged(moving(settled("x", "a", 4), handoff, 0, false), Dead),
			bound("b", 6, failover, "a", 1, dead),
		},
		"a failover under way goes on": {
			two, nil, judged(moving(settled("x", "a", 4), failover, 0, false), Dead), kept,
		},
		"the target of a failover fails": {
			[]Shard{serving("b", 2), serving("c", 2)}, nil,
			judged(moving(settled("x", "a", 4), failover, 0, true), Dead),
			bound("c", 6, failover, "a", 1, dead),
		},
		"silence of most is waited out":  {two, nil, judged(settled("x", "a", 4), Held), waits(v1alpha1.ReasonOwnerSilent)},
		"nothing known yet is no reason": {two, nil, judged(settled("x", "a", 4), Unknown), kept},
		"a draining shard is left": {
			[]Shard{leaving("a", 2), serving("b", 2)}, nil, settled("x", "a", 4),
			bound("b", 5, handoff, "a", 0, draining),
		},
		"a draining shard and nowhere to go": {
			[]Shard{leaving("a", 2)}, nil, settled("x", "a", 4), waits(v1alpha1.ReasonNoCapacity),
		},
		"few moves at a time from one shard to another": {
			[]Shard{leaving("a", 9), serving("b", 9)},
			[]Session{
				moving(settled("p", "a", 1), handoff, 0, false), moving(settled("q", "a", 1), handoff, 0, false),
				moving(settled("r", "a", 1), handoff, 0, false), moving(settled("s", "a", 1), handoff, 0, false),
			},
			settled("x", "a", 4), waits(v1alpha1.ReasonNoCapacity),
		},
		"a handoff under way goes on": {two, nil, moving(settled("x", "a", 4), handoff, 0, false), kept},
		"the target refuses: another one": {
			[]Shard{leaving("a", 2), serving("b", 2), serving("c", 2)}, nil,
			moving(settled("x", "a", 4), handoff, 0, true), bound("c", 6, handoff, "a", 1, draining),
		},
		"the target drains too": {
			[]Shard{serving("a", 2), leaving("b", 2), serving("c", 2)}, nil,
			moving(settled("x", "a", 4), handoff, 0, false), bound("c", 6, handoff, "a", 1, v1alpha1.ReasonManual),
		},
		"the only target failed: it is asked again": {
			two, nil, moving(settled("x", "a", 4), handoff, 0, true), bound("b", 6, handoff, "a", 1, v1alpha1.ReasonManual),
		},
		"after three aborts without a freeze": {
			two, nil, moving(settled("x", "a", 4), handoff, 2, true), bound("b", 6, failover, "a", 3, v1alpha1.ReasonManual),
		},
		"a shard over its quota gives up the last by id": {
			[]Shard{serving("a", 1), serving("b", 2)},
			[]Session{settled("w", "a", 1)},
			settled("x", "a", 4), bound("b", 5, handoff, "a", 0, v1alpha1.ReasonOverQuota),
		},
		"and keeps the first": {
			[]Shard{serving("a", 1), serving("b", 2)},
			[]Session{settled("y", "a", 1)},
			settled("x", "a", 4), kept,
		},
		"over quota and no room: it stays": {
			[]Shard{serving("a", 1)},
			[]Session{settled("w", "a", 1)},
			settled("x", "a", 4), kept,
		},
		"a move by hand": {
			two, nil, asked(settled("x", "a", 4), "b"),
			manual(bound("b", 5, handoff, "a", 0, v1alpha1.ReasonManual)),
		},
		"a move by hand to anywhere": {
			two, nil, asked(settled("x", "b", 4), ""),
			manual(bound("a", 5, handoff, "b", 0, v1alpha1.ReasonManual)),
		},
		"a move by hand to where it is":         {two, nil, asked(settled("x", "a", 4), "a"), refused(v1alpha1.ReasonSettled)},
		"a move by hand to no shard":            {two, nil, asked(settled("x", "a", 4), "z"), refused(v1alpha1.ReasonTargetUnsuitable)},
		"a move by hand with no other shard":    {two[:1], nil, asked(settled("x", "a", 4), ""), refused(v1alpha1.ReasonNoCapacity)},
		"a move by hand waits for another move": {two, nil, asked(moving(settled("x", "a", 4), handoff, 0, false), "a"), kept},
		"a move by hand to a full shard": {
			[]Shard{serving("a", 2), serving("b", 1)},
			[]Session{settled("y", "b", 1)},
			asked(settled("x", "a", 4), "b"), refused(v1alpha1.ReasonNoCapacity),
		},
		"a move by hand off a draining shard is done with": {
			[]Shard{leaving("a", 2), serving("b", 2)}, nil, asked(settled("x", "a", 4), "b"),
			manual(bound("b", 5, handoff, "a", 0, draining)),
		},
	} {
		t.Run(name, func(t *testing.T) {
			snap := &Snapshot{Shards: tc.shards, Sessions: append([]Session{tc.tc}, tc.others...)}
			got := Decide(snap, 0)
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(Decision{}, "Message")); diff != "" {
				t.Errorf("Decide (-want +got):\n%s", diff)
			}
			if (got.Action == Wait || got.Action == RefuseMove) != (got.Message != "") {
				t.Errorf("message %q does not go with action %v", got.Message, got.Action)
			}
		})
	}
}
