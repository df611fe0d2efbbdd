// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
)

// +kubebuilder:rbac:groups=gamesession.dev,resources=gamesessions,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=gamesession.dev,resources=gamesessions/status,verbs=patch
// +kubebuilder:rbac:groups=gamesession.dev,resources=shardpools,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups="",resources=nodes,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Waits between passes over one session.
const (
	pendingInterval = 200 * time.Millisecond // while a binding is pending
	waitInterval    = time.Second            // while something should be done and cannot
	settledInterval = 10 * time.Second       // otherwise
	reportWait      = 3 * time.Second        // for the new owner to report its pause
)

// Options of a Reconciler. The zero value of each means its default.
type Options struct {
	// PendingTimeout is how long a binding may take to come true before it is
	// decided anew. 5 s.
	PendingTimeout time.Duration
	// CleanupDeadline is how long a deleted session waits for an absent Redis.
	// 1 min.
	CleanupDeadline time.Duration
	// KeyPrefix of the installation in Redis.
	KeyPrefix string
	// Workers is how many sessions are looked at at a time. 4.
	Workers int
}

// Reconciler binds sessions to shards.
type Reconciler struct {
	client   client.Client
	reader   client.Reader // uncached
	recorder events.EventRecorder
	pools    *health.Pools
	options  Options
	ledger   *ledger
	timers   *timers
}

// New returns a Reconciler. reader reads the API server, not a cache.
func New(c client.Client, reader client.Reader, recorder events.EventRecorder, pools *health.Pools, options Options) *Reconciler {
	if options.PendingTimeout == 0 {
		options.PendingTimeout = 5 * time.Second
	}
	if options.CleanupDeadline == 0 {
		options.CleanupDeadline = time.Minute
	}
	if options.Workers == 0 {
		options.Workers = 4
	}
	return &Reconciler{
		client: c, reader: reader, recorder: recorder, pools: pools, options: options,
		ledger: newLedger(), timers: newTimers(),
	}
}

// SetupWithManager registers r. signals are what health.Pools tells.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, signals <-chan health.Event) error {
	err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.GameSession{}, fleet.PoolIndex, func(o client.Object) []string {
		return []string{o.(*v1alpha1.GameSession).Spec.PoolName}
	})
	if err != nil {
		return fmt.Errorf("indexing sessions by pool: %w", err)
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("gamesession").
		For(&v1alpha1.GameSession{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.ShardPool{}, handler.EnqueueRequestsFromMapFunc(r.sessionsOfPool),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(r.sessionsOfPod), builder.WithPredicates(shardPods())).
		Watches(&corev1.Node{}, handler.EnqueueRequestsFromMapFunc(r.sessionsOfNode), builder.WithPredicates(fleet.NodeChanges())).
		WatchesRawSource(source.Channel(signals, handler.TypedEnqueueRequestsFromMapFunc(r.sessionsOfSignal))).
		WithOptions(controller.Options{MaxConcurrentReconciles: r.options.Workers}).
		Complete(r)
}

// Reconcile makes one pass over one session.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	gs := &v1alpha1.GameSession{}
	if err := r.client.Get(ctx, req.NamespacedName, gs); err != nil {
		if apierrors.IsNotFound(err) {
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("reading session: %w", err)
	}
	s := newScope(gs)
	if gs.DeletionTimestamp != nil {
		return result(s, r.reconcileDelete(ctx, s))
	}
	if controllerutil.AddFinalizer(gs, v1alpha1.Finalizer) {
		if err := r.client.Patch(ctx, gs, client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{})); err != nil {
			return result(s, fmt.Errorf("adding the finalizer: %w", err))
		}
		s = newScope(gs)
	}
	err := r.runPhases(ctx, s)
	if !s.notYet {
		err = errors.Join(err, r.write(ctx, s))
	}
	return result(s, err)
}

// runPhases runs the phases until one says that the rest has nothing to work on.
func (r *Reconciler) runPhases(ctx context.Context, s *scope) error {
	for _, phase := range []func(context.Context, *scope) error{
		r.gatherPool,
		r.gatherScenario,
		r.gatherRedis,
		r.track,
		r.decide,
		r.drive,
	} {
		if err := phase(ctx, s); err != nil || s.blocked() {
			return err
		}
	}
	return nil
}

// result turns the end of a pass into what controller-runtime wants. A lost
// compare-and-set is no error: the next pass sees what won.
func result(s *scope, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: 20 * time.Millisecond}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: s.requeue}, nil
}
