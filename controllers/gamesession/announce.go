// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
)

// announceConditions makes Events of what has changed since the status was last
// written, unless another Event says it: placements and moves have theirs, and
// what is wrong with the Redis or the Secrets of a pool is said of the pool.
func announceConditions(s *scope) {
	before, after := s.before.Status.Conditions, s.gs.Status.Conditions
	if now, was := changed(before, after, v1alpha1.SessionReady); now != nil {
		switch now.Reason {
		case v1alpha1.ReasonPoolNotFound, v1alpha1.ReasonInvalidScenario, v1alpha1.ReasonNoCapacity, v1alpha1.ReasonOwnerLost:
			s.Warn(now.Reason, "Reconcile", now.Message)
		case v1alpha1.ReasonPaused, v1alpha1.ReasonEnded:
			s.Normal(now.Reason, "Reconcile", now.Message)
		case v1alpha1.ReasonPlaying:
			if was == v1alpha1.ReasonPaused || was == v1alpha1.ReasonOwnerLost {
				s.Normal(now.Reason, "Reconcile", now.Message)
			}
		}
	}
	if now, _ := changed(before, after, v1alpha1.SessionDurable); now != nil && now.Status == metav1.ConditionFalse {
		s.Warn(now.Reason, "Reconcile", now.Message)
	}
}

// changed returns a condition whose reason is another one than before, and that.
func changed(before, after []metav1.Condition, kind string) (now *metav1.Condition, was string) {
	if old := meta.FindStatusCondition(before, kind); old != nil {
		was = old.Reason
	}
	if now = meta.FindStatusCondition(after, kind); now == nil || now.Reason == was {
		return nil, was
	}
	return now, was
}
