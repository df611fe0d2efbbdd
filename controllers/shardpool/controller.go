// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
)

// +kubebuilder:rbac:groups=gamesession.dev,resources=shardpools,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=gamesession.dev,resources=shardpools/status,verbs=patch
// +kubebuilder:rbac:groups=gamesession.dev,resources=shardpools/finalizers,verbs=update
// +kubebuilder:rbac:groups=gamesession.dev,resources=gamesessions,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=pods,verbs=get;list;watch;create;patch;delete
// +kubebuilder:rbac:groups="",resources=services,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get
// +kubebuilder:rbac:groups="",resources=nodes,verbs=get;list;watch
// +kubebuilder:rbac:groups=policy,resources=poddisruptionbudgets,verbs=get;list;watch;create;patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Waits between passes over one pool.
const (
	busyInterval    = time.Second      // while something is being changed or drained
	settledInterval = 10 * time.Second // otherwise
)

// Options of a Reconciler.
type Options struct {
	// KeyPrefix of the installation in Redis; empty means the shards' default.
	KeyPrefix string
}

// Reconciler looks after pools.
type Reconciler struct {
	client   client.Client
	reader   client.Reader // uncached
	recorder events.EventRecorder
	pools    *health.Pools
	options  Options
	memory   *memory
}

// New returns a Reconciler. reader reads the API server, not a cache.
func New(c client.Client, reader client.Reader, recorder events.EventRecorder, pools *health.Pools, options Options) *Reconciler {
	return &Reconciler{client: c, reader: reader, recorder: recorder, pools: pools, options: options, memory: newMemory()}
}

// SetupWithManager registers r. signals are what health.Pools tells. The index
// fleet.PoolIndex must exist.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, signals <-chan health.Event) error {
	return ctrl.NewControllerManagedBy(mgr).
		Named("shardpool").
		For(&v1alpha1.ShardPool{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Owns(&corev1.Pod{}).
		Owns(&corev1.Service{}, builder.WithPredicates(predicate.ResourceVersionChangedPredicate{})).
		Owns(&policyv1.PodDisruptionBudget{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.GameSession{}, handler.EnqueueRequestsFromMapFunc(poolOfSession), builder.WithPredicates(bindings())).
		Watches(&corev1.Node{}, handler.EnqueueRequestsFromMapFunc(r.poolsOfNode), builder.WithPredicates(fleet.NodeChanges())).
		WatchesRawSource(source.Channel(signals, handler.TypedEnqueueRequestsFromMapFunc(
			func(_ context.Context, s health.Signal) []ctrl.Request {
				return []ctrl.Request{{NamespacedName: s.Pool}}
			}))).
		Complete(r)
}

// bindings lets through what changes who is on which shard.
func bindings() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		before, is := e.ObjectOld.(*v1alpha1.GameSession)
		after, also := e.ObjectNew.(*v1alpha1.GameSession)
		return is && also && (before.Spec.Lifecycle != after.Spec.Lifecycle ||
			!equality.Semantic.DeepEqual(before.Status.Placement, after.Status.Placement) ||
			!equality.Semantic.DeepEqual(before.Status.Owner, after.Status.Owner))
	}}
}

func poolOfSession(_ context.Context, o client.Object) []ctrl.Request {
	gs, is := o.(*v1alpha1.GameSession)
	if !is {
		return nil
	}
	return []ctrl.Request{{NamespacedName: types.NamespacedName{Namespace: gs.Namespace, Name: gs.Spec.PoolName}}}
}

func (r *Reconciler) poolsOfNode(ctx context.Context, o client.Object) []ctrl.Request {
	var pods corev1.PodList
	if err := r.client.List(ctx, &pods, client.HasLabels{v1alpha1.LabelPool}); err != nil {
		log.FromContext(ctx).Error(err, "Listing shards") // the next resync sees it
		return nil
	}
	seen := map[types.NamespacedName]bool{}
	var list []ctrl.Request
	for i := range pods.Items {
		name := types.NamespacedName{Namespace: pods.Items[i].Namespace, Name: pods.Items[i].Labels[v1alpha1.LabelPool]}
		if pods.Items[i].Spec.NodeName == o.GetName() && !seen[name] {
			seen[name] = true
			list = append(list, ctrl.Request{NamespacedName: name})
		}
	}
	return list
}

// Reconcile makes one pass over one pool.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	pool := &v1alpha1.ShardPool{}
	if err := r.client.Get(ctx, req.NamespacedName, pool); err != nil {
		if apierrors.IsNotFound(err) {
			r.pools.Drop(req.NamespacedName)
			r.memory.drop(req.NamespacedName)
			return ctrl.Result{}, nil
		}
		return ctrl.Result{}, fmt.Errorf("reading pool: %w", err)
	}
	s := newScope(pool)
	if pool.DeletionTimestamp == nil && controllerutil.AddFinalizer(pool, v1alpha1.Finalizer) {
		if err := r.client.Patch(ctx, pool, client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{})); err != nil {
			return result(s, fmt.Errorf("adding the finalizer: %w", err))
		}
		s = newScope(pool)
	}
	s.failed = r.runPhases(ctx, s)
	err := s.failed
	if !s.gone && !s.notYet && !apierrors.IsConflict(err) {
		err = errors.Join(err, r.write(ctx, s))
	}
	return result(s, err)
}

// runPhases runs the phases, the later ones only with a connection to Redis.
func (r *Reconciler) runPhases(ctx context.Context, s *scope) error {
	for _, phase := range []func(context.Context, *scope) error{
		r.gatherSessions,
		r.finish,
		r.ensureServices,
		r.connect,
	} {
		if err := phase(ctx, s); err != nil || s.gone {
			return err
		}
	}
	if s.link == nil {
		return nil
	}
	for _, phase := range []func(context.Context, *scope) error{
		r.gatherShards,
		r.protect,
		r.plan,
		r.tellShards,
	} {
		if err := phase(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// result turns the end of a pass into what controller-runtime wants. A lost
// compare-and-set is no error: the next pass sees what won.
func result(s *scope, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: 50 * time.Millisecond}, nil
	}
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: s.requeue}, nil
}
