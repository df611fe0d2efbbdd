// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// Ready says whether the kubelet calls the pod ready.
func Ready(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// Ended says whether the pod will not run again.
func Ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
}

// running says whether the kubelet has said that all containers run.
func running(pod *corev1.Pod) bool {
	list := pod.Status.ContainerStatuses
	return len(list) > 0 && !slices.ContainsFunc(list, func(c corev1.ContainerStatus) bool { return c.State.Running == nil })
}

func nodeReady(node *corev1.Node) bool {
	return slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
}

// passing are taints that Kubernetes sets by itself for a while. They say that
// something is wrong with the node, not that it is to be emptied; a shard that
// is heard of stays where it is.
var passing = []string{
	corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable, corev1.TaintNodeMemoryPressure,
	corev1.TaintNodeDiskPressure, corev1.TaintNodePIDPressure, corev1.TaintNodeNetworkUnavailable,
}

// nodeLeaving says whether a node is being emptied: it is cordoned, or has a
// taint that its shards do not tolerate.
func nodeLeaving(node *corev1.Node, tolerations []corev1.Toleration) bool {
	if node.Spec.Unschedulable {
		return true
	}
	return slices.ContainsFunc(node.Spec.Taints, func(taint corev1.Taint) bool {
		if taint.Effect == corev1.TaintEffectPreferNoSchedule || slices.Contains(passing, taint.Key) {
			return false
		}
		return !slices.ContainsFunc(tolerations, func(t corev1.Toleration) bool { return tolerates(&t, &taint) })
	})
}

// tolerates is the rule of the scheduler for equality and existence.
func tolerates(t *corev1.Toleration, taint *corev1.Taint) bool {
	if t.Effect != "" && t.Effect != taint.Effect || t.Key != "" && t.Key != taint.Key {
		return false
	}
	return t.Operator == corev1.TolerationOpExists || t.Key != "" && t.Value == taint.Value
}
