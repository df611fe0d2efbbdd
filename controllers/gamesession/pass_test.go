// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// stage is a reconciler whose API server refuses some writes of the status.
type stage struct {
	*Reconciler
	client client.Client
	events *events.FakeRecorder
	refuse int // so many of the next ones
	writes int
}

func newStage(gs *v1alpha1.GameSession) *stage {
	scheme := runtime.NewScheme()
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	st := &stage{events: events.NewFakeRecorder(100)}
	st.client = fake.NewClientBuilder().WithScheme(scheme).WithObjects(gs).WithStatusSubresource(gs).
		WithInterceptorFuncs(interceptor.Funcs{SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			st.writes++
			if st.refuse > 0 {
				st.refuse--
				return apierrors.NewConflict(schema.GroupResource{Resource: "gamesessions"}, o.GetName(), nil)
			}
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		}}).Build()
	st.Reconciler = New(st.client, st.client, st.events, health.NewPools(nil, logr.Discard()), Options{})
	return st
}

// read begins a pass.
func (st *stage) read(t *testing.T, gs *v1alpha1.GameSession) *scope {
	t.Helper()
	now := &v1alpha1.GameSession{}
	if err := st.client.Get(t.Context(), client.ObjectKeyFromObject(gs), now); err != nil {
		t.Fatal(err)
	}
	s := newScope(now)
	s.pool = &v1alpha1.ShardPool{ObjectMeta: metav1.ObjectMeta{Namespace: gs.Namespace, Name: "arena"}}
	return s
}

// duel is a session that moves from shard a to shard b.
func duel() *v1alpha1.GameSession {
	return &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "duel", UID: "duel-1"},
		Spec:       v1alpha1.GameSessionSpec{PoolName: "arena", Lifecycle: v1alpha1.LifecycleRunning},
		Status: v1alpha1.GameSessionStatus{
			Owner:     &v1alpha1.OwnerStatus{Shard: "a", Epoch: 1},
			Placement: &v1alpha1.Placement{Shard: "b", Epoch: 2, Mode: v1alpha1.PlacementHandoff, Reason: v1alpha1.ReasonManual, From: "a"},
		},
	}
}

func arrived(s *scope) {
	s.redis = &registry.Session{
		Owner:  &journal.Owner{Shard: "b", Epoch: 2},
		Report: &registry.Report{Epoch: 2, LastMove: registry.Move{From: "a", To: "b", Epoch: 2, PauseMillis: 7}},
	}
	s.verdict = placement.Alive
}

// counted is how often something was counted or observed, whatever its labels.
func counted(t *testing.T, name string) float64 {
	t.Helper()
	families, err := metrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, m := range family.GetMetric() {
			if family.GetName() == name {
				sum += m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

// A write that is refused, because the pass had read something old, is followed by
// another pass. What happened once is counted once.
func TestMoveIsCountedOnce(t *testing.T) {
	gs := duel()
	st := newStage(gs)
	st.refuse = 2
	const moves, pauses = "gamesession_moves_total", "gamesession_move_pause_seconds"
	movesBefore, pausesBefore := counted(t, moves), counted(t, pauses)
	refused := 0
	for range 3 {
		s := st.read(t, gs)
		arrived(s)
		if err := st.track(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := st.write(t.Context(), s); apierrors.IsConflict(err) {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused != 2 {
		t.Fatalf("%d writes were refused", refused)
	}
	if n := counted(t, moves) - movesBefore; n != 1 {
		t.Errorf("one move was counted %v times", n)
	}
	if n := counted(t, pauses) - pausesBefore; n != 1 {
		t.Errorf("one pause was observed %v times", n)
	}
}

// Times are stored in whole seconds: that is no change to write.
func TestSecondWriteOfAPassWritesNothing(t *testing.T) {
	gs := duel()
	st := newStage(gs)
	s := st.read(t, gs)
	arrived(s)
	if err := st.track(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := st.write(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if st.writes != 1 {
		t.Errorf("%d writes of one status", st.writes)
	}
}

// Each transition is an Event, and what goes wrong is a Warning.
func TestTransitionsAreAnnounced(t *testing.T) {
	gs := duel()
	st := newStage(gs)
	say := func(change func(s *scope)) {
		t.Helper()
		s := st.read(t, gs)
		s.redis = &registry.Session{Owner: &journal.Owner{Shard: "b", Epoch: 1}}
		s.verdict, s.durability.Durability.Level = placement.Alive, journal.LevelFsync
		change(s)
		if err := st.write(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	wait := func(why string) func(*scope) {
		return func(s *scope) {
			s.redis.Owner, s.waiting = nil, &placement.Decision{Why: why, Message: "no"}
		}
	}
	lives := func(l v1alpha1.Lifecycle) func(*scope) { return func(s *scope) { s.gs.Spec.Lifecycle = l } }
	for _, change := range []func(*scope){
		func(s *scope) { s.block(v1alpha1.ReasonPoolNotFound, "no pool") },
		func(s *scope) { s.block(v1alpha1.ReasonPoolNotFound, "still no pool") },
		func(s *scope) { s.block(v1alpha1.ReasonInvalidScenario, "no map") },
		wait(v1alpha1.ReasonNoCapacity),
		lives(v1alpha1.LifecycleRunning), // what places it has Events of its own
		lives(v1alpha1.LifecyclePaused), lives(v1alpha1.LifecyclePaused), lives(v1alpha1.LifecycleRunning),
		func(s *scope) { s.blockUnknown(v1alpha1.ReasonRedisUnavailable, "said of the pool") },
		func(s *scope) { s.durability.Durability.Level = journal.LevelEverySec },
		wait(v1alpha1.ReasonOwnerLost),
		lives(v1alpha1.LifecycleRunning),
		lives(v1alpha1.LifecycleEnded),
	} {
		say(change)
	}
	close(st.events.Events)
	var got []string
	for text := range st.events.Events {
		got = append(got, strings.Join(strings.Fields(text)[:2], " "))
	}
	want := []string{
		"Warning PoolNotFound", "Warning InvalidScenario", "Warning NoCapacity", "Normal Paused", "Normal Playing",
		"Warning NotEveryWriteOnDisk", "Warning OwnerLost", "Normal Playing", "Normal Ended",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Events (-want +got):\n%s", diff)
	}
}
