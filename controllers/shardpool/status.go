// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/report"
	"gamesession.dev/operator/controllers/resources"
)

// maxShards bounds the shards that a status lists.
const maxShards = 200

// write computes the status, writes it if it differs, and then sends the
// Events.
func (r *Reconciler) write(ctx context.Context, s *scope) error {
	if s.problem == nil && s.looked {
		s.pool.Status.ObservedGeneration = s.pool.Generation
	}
	if s.looked {
		countShards(s)
	}
	setConditions(s)
	if !equality.Semantic.DeepEqual(s.before.Status, s.pool.Status) {
		wanted := s.pool.DeepCopy()
		err := r.client.Status().Patch(ctx, wanted, client.MergeFromWithOptions(s.before, client.MergeFromWithOptimisticLock{}))
		if err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
	}
	s.Send(r.recorder, s.pool)
	return nil
}

func countShards(s *scope) {
	status := &s.pool.Status
	status.Selector = labels.SelectorFromSet(resources.Selector(s.pool)).String()
	status.Replicas = int32(len(s.shards))
	status.ReadyReplicas, status.UpdatedReplicas, status.Capacity, status.Sessions = 0, 0, 0, 0
	status.Shards = nil
	for i := range s.sessions {
		if s.sessions[i].Status.Placement != nil {
			status.Sessions++
		}
	}
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.takes() {
			status.ReadyReplicas++
			status.Capacity += int32(sh.Beat.Capacity)
		}
		if !sh.Outdated && sh.Leaving() == "" {
			status.UpdatedReplicas++
		}
		if len(status.Shards) < maxShards {
			status.Shards = append(status.Shards, v1alpha1.ShardStatus{
				Name: sh.Pod.Name, Node: sh.Pod.Spec.NodeName, State: sh.state(), Sessions: int32(sh.sessions),
			})
		}
	}
}

// takes says whether the shard takes sessions, as far as is known.
func (sh *shard) takes() bool {
	return fleet.Ready(sh.Pod) && !sh.Ended() && sh.Leaving() == "" &&
		(sh.Verdict == placement.Alive || sh.Verdict == placement.Unknown && sh.Beat.Shard != "")
}

func (sh *shard) state() v1alpha1.ShardState {
	switch {
	case sh.Ended():
		return v1alpha1.ShardEnded
	case sh.Verdict == placement.Dead || sh.Verdict == placement.Held:
		if !fleet.Ready(sh.Pod) && sh.Beat.Shard == "" {
			return v1alpha1.ShardStarting
		}
		return v1alpha1.ShardSilent
	case sh.Leaving() != "":
		return v1alpha1.ShardDraining
	case !sh.takes():
		return v1alpha1.ShardStarting
	default:
		return v1alpha1.ShardServing
	}
}

func setConditions(s *scope) {
	for _, condition := range []metav1.Condition{availableCondition(s), progressingCondition(s), drainingCondition(s)} {
		announceCondition(s, meta.FindStatusCondition(s.pool.Status.Conditions, condition.Type), condition)
		report.Set(&s.pool.Status.Conditions, s.pool.Generation, condition)
	}
}

// announceCondition makes an Event of what has just gone wrong, and of a pool that
// is there again.
func announceCondition(s *scope, before *metav1.Condition, after metav1.Condition) {
	if before != nil && before.Reason == after.Reason {
		return
	}
	switch after.Reason {
	case v1alpha1.ReasonDeletionBlock, v1alpha1.ReasonDrainBlocked, v1alpha1.ReasonInvalidSecret, v1alpha1.ReasonNameTaken,
		v1alpha1.ReasonRedisUnavailable:
		s.Warn(after.Reason, "Reconcile", after.Message)
	case v1alpha1.ReasonTooFewShards:
		if before != nil && before.Status == metav1.ConditionTrue { // else it is being started
			s.Warn(after.Reason, "Reconcile", after.Message)
		}
	case v1alpha1.ReasonEnoughShards:
		s.Normal(after.Reason, "Reconcile", after.Message)
	}
}

func availableCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.PoolAvailable
	ready, wanted := s.pool.Status.ReadyReplicas, s.pool.Spec.MinReplicas
	switch {
	case s.problem != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.problem.reason, "%s", s.problem.message)
	case !s.looked:
		return notLooked(s, kind)
	}
	if _, _, err := s.link.Redis(); err != nil {
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonRedisUnavailable, "Redis: %v", err)
	}
	if ready < wanted {
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonTooFewShards, "%d shards take sessions, at least %d should", ready, wanted)
	}
	return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonEnoughShards, "%d shards take sessions", ready)
}

// notLooked is a condition of which nothing is known.
func notLooked(s *scope, kind string) metav1.Condition {
	if s.problem != nil {
		return report.Condition(kind, metav1.ConditionUnknown, s.problem.reason, "%s", s.problem.message)
	}
	return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonUnknown, "the shards were not looked at: %v", s.failed)
}

func progressingCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.PoolProgressing
	status, wanted := &s.pool.Status, s.pool.Spec.Replicas
	counting := slices.DeleteFunc(slices.Clone(s.shards), func(sh shard) bool { return sh.spent() })
	switch {
	case s.blockedBy > 0:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonDeletionBlock,
			"%d live sessions keep the pool from being deleted: end or delete them", s.blockedBy)
	case s.problem != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.problem.reason, "%s", s.problem.message)
	case !s.looked:
		return notLooked(s, kind)
	case slices.ContainsFunc(counting, func(sh shard) bool { return sh.Outdated }):
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonRollingOut, "%d of %d shards are up to date", status.UpdatedReplicas, wanted)
	case status.ReadyReplicas < wanted || s.decided.Create > 0:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonScalingUp, "%d of %d shards take sessions", status.ReadyReplicas, wanted)
	case len(s.decided.Drain)+len(s.decided.Delete) > 0 || len(counting) > int(wanted):
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonMovingOff, "%d shards, %d are wanted", len(counting), wanted)
	default:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonComplete, "%d shards take sessions", status.ReadyReplicas)
	}
}

func drainingCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.PoolDraining
	if !s.looked {
		return notLooked(s, kind)
	}
	var moving, blocked []string
	for i := range s.shards {
		sh := &s.shards[i]
		if sh.Leaving() == "" || sh.Ended() || sh.spent() {
			continue
		}
		text := fmt.Sprintf("%s: %d sessions, %d clients", sh.Pod.Name, sh.sessions, sh.Beat.Sockets)
		if sh.overdue && sh.occupied {
			blocked = append(blocked, text)
		} else {
			moving = append(moving, text)
		}
	}
	switch {
	case len(blocked) > 0:
		why := "they fail over"
		if !room(s.shards) {
			why = "no other shard has room for them"
		}
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonDrainBlocked, "past the drain deadline, %s; evictions are let through: %s",
			why, strings.Join(blocked, "; "))
	case len(moving) > 0:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonMovingOff, "%s", strings.Join(moving, "; "))
	default:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonNotDraining, "no shard is being drained")
	}
}

func withoutFinalizer(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(f string) bool { return f == v1alpha1.Finalizer })
}
