// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"errors"
	"testing"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
)

func arena() *v1alpha1.ShardPool {
	return &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "arena", Finalizers: []string{v1alpha1.Finalizer}},
		Spec:       v1alpha1.ShardPoolSpec{Replicas: 3, MinReplicas: 1},
	}
}

// apiWith is an API server that has these objects.
func apiWith(objects ...client.Object) *fake.ClientBuilder {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithStatusSubresource(&v1alpha1.ShardPool{}).
		WithIndex(&v1alpha1.GameSession{}, fleet.PoolIndex, func(o client.Object) []string {
			return []string{o.(*v1alpha1.GameSession).Spec.PoolName}
		})
}

func reconciler(c client.Client, reader client.Reader) *Reconciler {
	return New(c, reader, events.NewFakeRecorder(100), health.NewPools(nil, logr.Discard()), Options{})
}

func pass(t *testing.T, r *Reconciler, pool *v1alpha1.ShardPool) error {
	t.Helper()
	_, err := r.Reconcile(t.Context(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(pool)})
	return err
}

// A cache that does not show a session yet is no reason to let its pool go.
func TestPoolIsNotLetGoByAnOldCache(t *testing.T) {
	pool := arena()
	gs := &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: "games", Name: "duel", Finalizers: []string{v1alpha1.Finalizer}},
		Spec:       v1alpha1.GameSessionSpec{PoolName: "arena"},
	}
	other := gs.DeepCopy()
	other.Name, other.Spec.PoolName = "elsewhere", "another"
	cache := apiWith(pool).Build()
	if err := cache.Delete(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	reader := apiWith(gs, other).Build()
	r := reconciler(cache, reader)
	_ = pass(t, r, pool) // there are no Secrets either
	if err := cache.Get(t.Context(), client.ObjectKeyFromObject(pool), pool); err != nil {
		t.Fatalf("the pool of a live session: %v", err)
	}
	if err := reader.Get(t.Context(), client.ObjectKeyFromObject(gs), gs); err != nil {
		t.Fatal(err)
	}
	gs.Finalizers = nil
	if err := reader.Update(t.Context(), gs); err != nil {
		t.Fatal(err)
	}
	if err := pass(t, r, pool); err != nil {
		t.Fatal(err)
	}
	if err := cache.Get(t.Context(), client.ObjectKeyFromObject(pool), pool); !apierrors.IsNotFound(err) {
		t.Errorf("the pool without sessions: %v", err)
	}
}

// A pass that the API server cut short counted no shards: what was counted before
// stays, and the conditions say that nothing is known.
func TestPassThatFailsCountsNothing(t *testing.T) {
	pool := arena()
	pool.Status.Replicas, pool.Status.ReadyReplicas, pool.Status.Capacity = 3, 3, 60
	c := apiWith(pool).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error {
			return errors.New("exceeded quota")
		},
	}).Build()
	if err := pass(t, reconciler(c, c), pool); err == nil {
		t.Error("the pass did not fail")
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(pool), pool); err != nil {
		t.Fatal(err)
	}
	if st := pool.Status; st.Replicas != 3 || st.ReadyReplicas != 3 || st.Capacity != 60 {
		t.Errorf("the status counts %d shards, %d ready, for %d sessions", st.Replicas, st.ReadyReplicas, st.Capacity)
	}
	for _, condition := range pool.Status.Conditions {
		if condition.Status != metav1.ConditionUnknown || condition.Reason != v1alpha1.ReasonUnknown {
			t.Errorf("%s is %s, %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message)
		}
	}
	if len(pool.Status.Conditions) != 3 {
		t.Errorf("conditions: %+v", pool.Status.Conditions)
	}
}
