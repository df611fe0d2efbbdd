// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// protect keeps the label that the budget selects in step with who is on the
// shard.
func (r *Reconciler) protect(ctx context.Context, s *scope) error {
	if s.notYet {
		return nil
	}
	for i := range s.shards {
		sh := &s.shards[i]
		labelled := sh.Pod.Labels[v1alpha1.LabelOccupied] == "true"
		wanted := sh.occupied && !sh.overdue
		var err error
		switch {
		case wanted && !labelled:
			err = r.cover(ctx, sh.Pod)
		case !wanted && labelled:
			err = r.uncover(ctx, s, sh)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *Reconciler) cover(ctx context.Context, pod *corev1.Pod) error {
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:"true"}}}`, v1alpha1.LabelOccupied)
	err := r.client.Patch(ctx, pod.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("marking shard %s as occupied: %w", pod.Name, err)
	}
	return nil
}

// uncover takes the label off. It reads the pod before it lists the sessions,
// both from the API server, and patches only that version of the pod: a session
// that is bound in between changes the pod first.
func (r *Reconciler) uncover(ctx context.Context, s *scope, sh *shard) error {
	pod, sessions, err := r.look(ctx, s, sh.Pod.Name)
	if err != nil || pod == nil {
		return err
	}
	if sessions > 0 && !sh.overdue && !sh.Ended() {
		return nil
	}
	after := pod.DeepCopy()
	delete(after.Labels, v1alpha1.LabelOccupied)
	err = r.client.Patch(ctx, after, client.MergeFromWithOptions(pod, client.MergeFromWithOptimisticLock{}))
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("taking the occupied label off shard %s: %w", pod.Name, err)
	}
	return nil
}

// look reads a pod, and then who is on it, from the API server itself. The pod
// is nil if it is gone.
func (r *Reconciler) look(ctx context.Context, s *scope, name string) (*corev1.Pod, int, error) {
	pod := &corev1.Pod{}
	err := r.reader.Get(ctx, types.NamespacedName{Namespace: s.pool.Namespace, Name: name}, pod)
	if apierrors.IsNotFound(err) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("reading shard %s: %w", name, err)
	}
	var list v1alpha1.GameSessionList
	if err := r.reader.List(ctx, &list, client.InNamespace(s.pool.Namespace)); err != nil {
		return nil, 0, fmt.Errorf("listing the sessions of shard %s: %w", name, err)
	}
	return pod, countOn(list.Items)[name], nil
}
