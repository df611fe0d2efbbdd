// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/report"
	"gamesession.dev/operator/shard/journal"
)

// setConditions sets every condition from the scope. observedGeneration follows
// when the pass had what it needed.
func setConditions(s *scope) {
	if s.problem == nil {
		s.gs.Status.ObservedGeneration = s.gs.Generation
	}
	report.Set(&s.gs.Status.Conditions, s.gs.Generation,
		readyCondition(s), placedCondition(s), durableCondition(s), migratingCondition(s))
}

// readyCondition: is there an owner that is heard of?
func readyCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.SessionReady
	owner := s.gs.Status.Owner
	switch {
	case s.problem != nil && s.problem.unknown:
		return report.Condition(kind, metav1.ConditionUnknown, s.problem.reason, "%s", s.problem.message)
	case s.problem != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.problem.reason, "%s", s.problem.message)
	case s.redis == nil:
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonUnknown, "Redis was not read")
	case s.redis.Owner == nil && s.waiting != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.waiting.Why, "%s", s.waiting.Message)
	case s.redis.Owner == nil || owner == nil:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonStarting, "the session is being started")
	case s.verdict.Gone():
		return goneCondition(s, owner)
	case s.verdict == placement.Held:
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonOwnerSilent, "shard %s and most others are silent", owner.Shard)
	case s.verdict == placement.Unknown:
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonUnknown, "shard %s has not been heard of yet", owner.Shard)
	case s.gs.Spec.Lifecycle == v1alpha1.LifecycleEnded:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonEnded, "the session has ended")
	case s.gs.Spec.Lifecycle == v1alpha1.LifecyclePaused:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonPaused, "hosted by shard %s; commands are refused until lifecycle is Running", owner.Shard)
	default:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonPlaying, "hosted by shard %s", owner.Shard)
	}
}

func goneCondition(s *scope, owner *v1alpha1.OwnerStatus) metav1.Condition {
	if s.waiting != nil {
		return report.Condition(v1alpha1.SessionReady, metav1.ConditionFalse, s.waiting.Why, "%s", s.waiting.Message)
	}
	return report.Condition(v1alpha1.SessionReady, metav1.ConditionFalse, v1alpha1.ReasonFailover, "shard %s is gone, another one takes over", owner.Shard)
}

// placedCondition: is the session bound to a shard?
func placedCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.SessionPlaced
	p := s.gs.Status.Placement
	switch {
	case p != nil:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonBound, "bound to shard %s in epoch %d", p.Shard, p.Epoch)
	case s.problem != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.problem.reason, "%s", s.problem.message)
	case s.waiting != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.waiting.Why, "%s", s.waiting.Message)
	default:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonWaiting, "no shard was chosen yet")
	}
}

// durableCondition: what does an acknowledgement promise?
func durableCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.SessionDurable
	if s.redis == nil && s.problem != nil {
		return report.Condition(kind, metav1.ConditionUnknown, s.problem.reason, "%s", s.problem.message)
	}
	if s.redis == nil {
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonUnknown, "Redis was not read")
	}
	found := s.durability.Durability
	switch {
	case found.Level == journal.LevelFsync && found.Evicts:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonNotEveryWrite, "Redis may evict keys: set maxmemory-policy noeviction")
	case found.Level == journal.LevelFsync && found.Replicas > 0:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonFsyncAndReplicas, "every acknowledged command is on disk, and on %d replicas", found.Replicas)
	case found.Level == journal.LevelFsync:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonFsync, "every acknowledged command is on disk")
	case found.Level == journal.LevelEverySec || found.Level == journal.LevelNone:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonNotEveryWrite,
			"Redis acknowledges before it writes to disk (%s): set appendonly yes and appendfsync always", found.Level)
	default:
		return report.Condition(kind, metav1.ConditionUnknown, v1alpha1.ReasonDurabilityUnknown, "Redis does not say what it promises")
	}
}

// migratingCondition: is a change of owner under way?
func migratingCondition(s *scope) metav1.Condition {
	const kind = v1alpha1.SessionMigrating
	p, owner := s.gs.Status.Placement, s.gs.Status.Owner
	switch {
	case p == nil || owner == nil:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonSettled, "no owner yet")
	case p.Epoch > owner.Epoch && p.Mode == v1alpha1.PlacementFailover:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonFailover, "shard %s takes over from %s in epoch %d", p.Shard, owner.Shard, p.Epoch)
	case p.Epoch > owner.Epoch:
		return report.Condition(kind, metav1.ConditionTrue, v1alpha1.ReasonHandoff, "moving from shard %s to %s in epoch %d", owner.Shard, p.Shard, p.Epoch)
	case s.waiting != nil:
		return report.Condition(kind, metav1.ConditionFalse, s.waiting.Why, "%s", s.waiting.Message)
	default:
		return report.Condition(kind, metav1.ConditionFalse, v1alpha1.ReasonSettled, "owned by shard %s", owner.Shard)
	}
}
