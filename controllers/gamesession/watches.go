// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
)

// shardPods lets through what a session may have to act on.
func shardPods() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			before, is := e.ObjectOld.(*corev1.Pod)
			after, also := e.ObjectNew.(*corev1.Pod)
			if !is || !also || after.Labels[v1alpha1.LabelPool] == "" {
				return false
			}
			return fleet.Ready(before) != fleet.Ready(after) || fleet.Ended(before) != fleet.Ended(after) ||
				before.Labels[v1alpha1.LabelDraining] != after.Labels[v1alpha1.LabelDraining] ||
				(before.DeletionTimestamp == nil) != (after.DeletionTimestamp == nil)
		},
		CreateFunc: func(e event.CreateEvent) bool { return e.Object.GetLabels()[v1alpha1.LabelPool] != "" },
		DeleteFunc: func(e event.DeleteEvent) bool { return e.Object.GetLabels()[v1alpha1.LabelPool] != "" },
	}
}

func (r *Reconciler) sessionsOfPool(ctx context.Context, o client.Object) []ctrl.Request {
	return r.sessions(ctx, client.ObjectKeyFromObject(o), nil)
}

func (r *Reconciler) sessionsOfPod(ctx context.Context, o client.Object) []ctrl.Request {
	pool := types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetLabels()[v1alpha1.LabelPool]}
	return r.sessions(ctx, pool, concerned(o.GetName()))
}

func (r *Reconciler) sessionsOfNode(ctx context.Context, o client.Object) []ctrl.Request {
	var pods corev1.PodList
	if err := r.client.List(ctx, &pods, client.HasLabels{v1alpha1.LabelPool}); err != nil {
		log.FromContext(ctx).Error(err, "Listing shards") // the next resync sees it
		return nil
	}
	var list []ctrl.Request
	for i := range pods.Items {
		if pods.Items[i].Spec.NodeName == o.GetName() {
			list = append(list, r.sessionsOfPod(ctx, &pods.Items[i])...)
		}
	}
	return list
}

func (r *Reconciler) sessionsOfSignal(ctx context.Context, s health.Signal) []ctrl.Request {
	if s.Shard == "" {
		return r.sessions(ctx, s.Pool, nil)
	}
	return r.sessions(ctx, s.Pool, concerned(s.Shard))
}

// concerned selects the sessions that a change of a shard may concern: those
// on it, and those that are not at rest.
func concerned(shard string) func(*v1alpha1.GameSession) bool {
	return func(gs *v1alpha1.GameSession) bool {
		p, o := gs.Status.Placement, gs.Status.Owner
		return p == nil || o == nil || p.Epoch != o.Epoch || p.Shard == shard || o.Shard == shard
	}
}

func (r *Reconciler) sessions(ctx context.Context, pool types.NamespacedName, want func(*v1alpha1.GameSession) bool) []ctrl.Request {
	var list v1alpha1.GameSessionList
	err := r.client.List(ctx, &list, client.InNamespace(pool.Namespace), client.MatchingFields{fleet.PoolIndex: pool.Name},
		client.UnsafeDisableDeepCopy) // only read here
	if err != nil {
		log.FromContext(ctx).Error(err, "Listing sessions") // the next resync sees it
		return nil
	}
	requests := make([]ctrl.Request, 0, len(list.Items))
	for i := range list.Items {
		if want == nil || want(&list.Items[i]) {
			requests = append(requests, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
		}
	}
	return slices.Clip(requests)
}
