// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
)

// The pod of a node that never comes back is being deleted for ever. The pool is
// complete without it.
func TestPodOfALostNodeIsNoWork(t *testing.T) {
	s := newScope(&v1alpha1.ShardPool{Spec: v1alpha1.ShardPoolSpec{Replicas: 1}})
	now := metav1.Now()
	lost := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "pool-lost", DeletionTimestamp: &now}, Spec: corev1.PodSpec{NodeName: "lost"}}
	s.shards = []shard{
		{Member: fleet.Member{Pod: lost, Outdated: true}},
		{Member: fleet.Member{Pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "pool-here"}}}},
	}
	s.looked, s.pool.Status.ReadyReplicas = true, 1
	if c := progressingCondition(s); c.Reason != v1alpha1.ReasonComplete {
		t.Errorf("Progressing is %s, %s: %s", c.Status, c.Reason, c.Message)
	}
	if c := drainingCondition(s); c.Reason != v1alpha1.ReasonNotDraining {
		t.Errorf("Draining is %s, %s: %s", c.Status, c.Reason, c.Message)
	}
	s.shards[0].occupied = true
	if c := drainingCondition(s); c.Reason != v1alpha1.ReasonMovingOff {
		t.Errorf("with sessions on it Draining is %s, %s: %s", c.Status, c.Reason, c.Message)
	}
}
