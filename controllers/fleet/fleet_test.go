// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/registry"
)

func TestNodeLeaving(t *testing.T) {
	taint := func(key string, effect corev1.TaintEffect) []corev1.Taint {
		return []corev1.Taint{{Key: key, Value: "v", Effect: effect}}
	}
	for name, tc := range map[string]struct {
		node        corev1.NodeSpec
		tolerations []corev1.Toleration
		want        bool
	}{
		"plain":               {corev1.NodeSpec{}, nil, false},
		"cordoned":            {corev1.NodeSpec{Unschedulable: true}, nil, true},
		"tainted":             {corev1.NodeSpec{Taints: taint("spot/going", corev1.TaintEffectNoSchedule)}, nil, true},
		"only preferred":      {corev1.NodeSpec{Taints: taint("full", corev1.TaintEffectPreferNoSchedule)}, nil, false},
		"lost for a while":    {corev1.NodeSpec{Taints: taint(corev1.TaintNodeUnreachable, corev1.TaintEffectNoExecute)}, nil, false},
		"tolerated by key":    {corev1.NodeSpec{Taints: taint("games", corev1.TaintEffectNoSchedule)}, []corev1.Toleration{{Key: "games", Operator: corev1.TolerationOpExists}}, false},
		"tolerated by value":  {corev1.NodeSpec{Taints: taint("games", corev1.TaintEffectNoSchedule)}, []corev1.Toleration{{Key: "games", Value: "v"}}, false},
		"another value":       {corev1.NodeSpec{Taints: taint("games", corev1.TaintEffectNoSchedule)}, []corev1.Toleration{{Key: "games", Value: "w"}}, true},
		"another effect":      {corev1.NodeSpec{Taints: taint("games", corev1.TaintEffectNoExecute)}, []corev1.Toleration{{Key: "games", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}}, true},
		"tolerates all there": {corev1.NodeSpec{Taints: taint("games", corev1.TaintEffectNoExecute)}, []corev1.Toleration{{Operator: corev1.TolerationOpExists}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nodeLeaving(&corev1.Node{Spec: tc.node}, tc.tolerations); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func readyPod() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{}, Annotations: map[string]string{}},
		Status: corev1.PodStatus{
			Phase:             corev1.PodRunning,
			Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
		},
	}
}

func TestMember(t *testing.T) {
	now := metav1.Now()
	for name, tc := range map[string]struct {
		edit        func(m *Member)
		wantServing bool
		wantLeaving v1alpha1.MoveReason
		wantExcused bool
	}{
		"well":               {func(*Member) {}, true, "", false},
		"not ready":          {func(m *Member) { m.Pod.Status.Conditions = nil }, false, "", false},
		"not heard of":       {func(m *Member) { m.Verdict = placement.Unknown }, false, "", false},
		"silent":             {func(m *Member) { m.Verdict = placement.Dead }, false, "", false},
		"ended":              {func(m *Member) { m.Pod.Status.Phase = corev1.PodFailed }, false, "", true},
		"container restarts": {func(m *Member) { m.Pod.Status.ContainerStatuses[0].State = corev1.ContainerState{} }, true, "", true},
		"node lost":          {func(m *Member) { m.Pod.Spec.NodeName, m.NodeReady = "n", false }, true, "", true},
		"deleted":            {func(m *Member) { m.Pod.DeletionTimestamp = &now }, true, v1alpha1.ReasonShardDraining, false},
		"told to stop":       {func(m *Member) { m.Beat.State = registry.StateDraining }, true, v1alpha1.ReasonShardDraining, false},
		"node cordoned":      {func(m *Member) { m.NodeLeaving = true }, true, v1alpha1.ReasonNodeDraining, false},
		"drained with its node": {func(m *Member) {
			m.Pod.Labels[v1alpha1.LabelDraining] = "true"
			m.Pod.Annotations[v1alpha1.AnnotationDrainReason] = placement.DrainNode
		}, true, v1alpha1.ReasonNodeDraining, false},
		"rolled out": {func(m *Member) {
			m.Pod.Labels[v1alpha1.LabelDraining] = "true"
			m.Pod.Annotations[v1alpha1.AnnotationDrainReason] = placement.DrainRollout
		}, true, v1alpha1.ReasonShardDraining, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := &Member{Pod: readyPod(), Verdict: placement.Alive}
			tc.edit(m)
			if got := m.Serving(); got != tc.wantServing {
				t.Errorf("serving: %v, want %v", got, tc.wantServing)
			}
			if got := m.Leaving(); got != tc.wantLeaving {
				t.Errorf("leaving: %q, want %q", got, tc.wantLeaving)
			}
			if got := m.Target().Excused; got != tc.wantExcused {
				t.Errorf("excused: %v, want %v", got, tc.wantExcused)
			}
		})
	}
}
