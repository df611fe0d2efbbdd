// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// drive makes Redis want what the status wants, as often as they differ.
func (r *Reconciler) drive(ctx context.Context, s *scope) error {
	if !s.pending() {
		r.timers.settle(s.gs.UID)
		return r.driveSpec(ctx, s)
	}
	if s.gs.Status.Owner != nil && s.redis.Owner == nil {
		return nil // lost: whoever is asked to start it would start it afresh
	}
	s.again(pendingInterval)
	p := s.gs.Status.Placement
	r.timers.pendingFor(s.gs.UID, p.Epoch)
	// A dead owner's players wait: their session is assigned first. Should the
	// shard be evicted before it is marked, it hands the session off as it ends.
	steps := []func(context.Context, *scope, *v1alpha1.Placement) error{r.markOccupied, r.assign}
	if p.Mode == v1alpha1.PlacementFailover {
		slices.Reverse(steps)
	}
	for _, step := range steps {
		if err := step(ctx, s, p); err != nil {
			return err
		}
	}
	return nil
}

// assign tells the shard of a binding to take the session.
func (r *Reconciler) assign(ctx context.Context, s *scope, p *v1alpha1.Placement) error {
	spec, err := r.sessionSpec(ctx, s)
	if err != nil {
		return err
	}
	err = s.link.Assign(ctx, registry.Assignment{
		Session: s.id(), Epoch: uint64(p.Epoch), Shard: p.Shard, Pool: spec.Pool, From: p.From, Mode: modes[p.Mode],
	}, spec)
	if errors.Is(err, journal.ErrAssignConflict) || errors.Is(err, registry.ErrOutdated) {
		return nil // the next pass reads what Redis holds instead
	}
	if err != nil {
		return fmt.Errorf("assigning the session to shard %s: %w", p.Shard, err)
	}
	return nil
}

var modes = map[v1alpha1.PlacementMode]journal.Mode{
	v1alpha1.PlacementCreate:   journal.ModeCreate,
	v1alpha1.PlacementHandoff:  journal.ModeHandoff,
	v1alpha1.PlacementFailover: journal.ModeFailover,
}

// driveSpec tells the owner of a changed wish.
func (r *Reconciler) driveSpec(ctx context.Context, s *scope) error {
	if s.redis.Owner == nil || s.redis.Generation >= s.gs.Generation {
		return nil
	}
	spec, err := r.sessionSpec(ctx, s)
	if err != nil {
		return err
	}
	if err := s.link.PutSpec(ctx, spec); err != nil && !errors.Is(err, registry.ErrOutdated) {
		return fmt.Errorf("writing the spec of the session: %w", err)
	}
	return nil
}

// markOccupied puts the shard under the disruption budget before the session is
// assigned to it. The annotation changes with every binding, so that whoever
// takes the label off at the same time, because it saw no session, fails.
func (r *Reconciler) markOccupied(ctx context.Context, s *scope, p *v1alpha1.Placement) error {
	mark := fmt.Sprintf("%s/%d", s.id(), p.Epoch)
	for i := range s.members {
		pod := s.members[i].Pod
		if pod.Name == p.Shard && pod.Labels[v1alpha1.LabelOccupied] == "true" && pod.Annotations[v1alpha1.AnnotationLastBound] == mark {
			return nil
		}
	}
	if !r.timers.markDue(s.gs.UID, p.Epoch) {
		return nil
	}
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:"true"},"annotations":{%q:%q}}}`,
		v1alpha1.LabelOccupied, v1alpha1.AnnotationLastBound, mark)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: s.gs.Namespace, Name: p.Shard}}
	err := r.client.Patch(ctx, pod, client.RawPatch("application/merge-patch+json", []byte(patch)))
	if apierrors.IsNotFound(err) {
		return nil // the next pass finds another shard
	}
	if err != nil {
		return fmt.Errorf("marking shard %s as occupied: %w", p.Shard, err)
	}
	r.timers.marked(s.gs.UID, p.Epoch)
	return nil
}

// reconcileDelete ends a session: the shard closes it, its keys go, then the
// finalizer.
func (r *Reconciler) reconcileDelete(ctx context.Context, s *scope) error {
	if s.gs.Status.Placement == nil {
		return r.removeFinalizer(ctx, s) // nothing of it ever reached Redis
	}
	if err := r.gatherPool(ctx, s); err != nil {
		return err
	}
	switch {
	case s.notYet:
		return r.giveUpLate(ctx, s, "the pool is not connected")
	case s.problem != nil && s.problem.reason == v1alpha1.ReasonPoolNotFound:
		return r.giveUp(ctx, s, s.problem.message)
	case s.problem != nil:
		return r.giveUpLate(ctx, s, s.problem.message)
	}
	err := r.end(ctx, s)
	if err != nil {
		return r.giveUpLate(ctx, s, err.Error())
	}
	return nil
}

// end closes the session on its shard and then forgets it.
func (r *Reconciler) end(ctx context.Context, s *scope) error {
	found, err := s.link.Sessions(ctx, []string{s.id()})
	if err != nil || len(found) != 1 {
		return fmt.Errorf("reading the session from Redis: %w", err)
	}
	s.redis = &found[0]
	if s.redis.Owner != nil && !r.ended(s) {
		s.gs.Spec.Lifecycle = v1alpha1.LifecycleEnded
		s.again(pendingInterval)
		return r.driveSpec(ctx, s)
	}
	top := sessionOf(s.gs)
	if s.redis.Owner != nil {
		top.Assigned = s.redis.Owner.Epoch
	}
	if s.redis.Assignment != nil {
		top.Assigned = max(top.Assigned, s.redis.Assignment.Epoch)
	}
	if err := s.link.ForgetSession(ctx, s.id(), top.NextEpoch()); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	s.Normal(v1alpha1.EventForgotten, "Delete", "Everything that Redis held of the session is deleted")
	return r.removeFinalizer(ctx, s)
}

// ended says whether the owner has closed the session, or has had the time to.
func (r *Reconciler) ended(s *scope) bool {
	report := s.redis.Report
	return report != nil && report.Ended || r.timers.pendingFor(s.gs.UID, deleting) > reportWait
}

// deleting stands for an epoch in the timers of a session that is deleted.
const deleting = -1

// giveUpLate gives up when the deadline has passed.
func (r *Reconciler) giveUpLate(ctx context.Context, s *scope, why string) error {
	s.again(waitInterval)
	if left := r.options.CleanupDeadline - sinceDeletion(s.gs); left > 0 {
		s.problem = &problem{reason: v1alpha1.ReasonRedisUnavailable, message: "cannot be cleaned up yet: " + why, unknown: true}
		return r.write(ctx, s)
	}
	return r.giveUp(ctx, s, why)
}

// giveUp lets the object go and says what is left behind.
func (r *Reconciler) giveUp(ctx context.Context, s *scope, why string) error {
	s.Warn(v1alpha1.EventGaveUp, "Delete", fmt.Sprintf("The keys of session %s stay behind in Redis: %s", s.id(), why))
	return r.removeFinalizer(ctx, s)
}

func (r *Reconciler) removeFinalizer(ctx context.Context, s *scope) error {
	patched := s.before.DeepCopy()
	patched.Finalizers = without(patched.Finalizers, v1alpha1.Finalizer)
	err := r.client.Patch(ctx, patched, client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	r.forget(s.gs.UID)
	s.Send(r.recorder, s.gs)
	return nil
}
