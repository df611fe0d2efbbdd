// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"

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

// What goes wrong is a Warning; a pool that is being made is not wrong.
func TestPoolConditionsAreAnnounced(t *testing.T) {
	condition := func(status metav1.ConditionStatus, reason string) metav1.Condition {
		return metav1.Condition{Type: v1alpha1.PoolAvailable, Status: status, Reason: reason}
	}
	recorder := events.NewFakeRecorder(10)
	s := newScope(arena())
	var before *metav1.Condition
	for _, after := range []metav1.Condition{
		condition(metav1.ConditionFalse, v1alpha1.ReasonTooFewShards),
		condition(metav1.ConditionTrue, v1alpha1.ReasonEnoughShards),
		condition(metav1.ConditionTrue, v1alpha1.ReasonEnoughShards),
		condition(metav1.ConditionFalse, v1alpha1.ReasonTooFewShards),
		condition(metav1.ConditionUnknown, v1alpha1.ReasonRedisUnavailable),
		condition(metav1.ConditionTrue, v1alpha1.ReasonEnoughShards),
	} {
		announceCondition(s, before, after)
		s.Send(recorder, s.pool)
		before = &after
	}
	close(recorder.Events)
	var got []string
	for text := range recorder.Events {
		got = append(got, strings.TrimSpace(text))
	}
	want := []string{"Normal EnoughShards", "Warning TooFewShards", "Warning RedisUnavailable", "Normal EnoughShards"}
	if !slices.Equal(got, want) {
		t.Errorf("Events %q, want %q", got, want)
	}
}
