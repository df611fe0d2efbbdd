// SPDX-License-Identifier: Apache-2.0

// Package fleet puts together what is known of the shards of a pool: their
// pods, the nodes these run on, and their heartbeats.
package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/registry"
)

// Pulse is what heartbeats say. *health.Watcher is one.
type Pulse interface {
	Judge(shard, incarnation string) placement.Verdict
	Beat(shard string) (registry.Heartbeat, bool)
}

// Member is one shard.
type Member struct {
	Pod *corev1.Pod
	// NodeLeaving: its node is cordoned or tainted. NodeReady: its node works.
	NodeLeaving bool
	NodeReady   bool
	// Outdated: built from another template than the current one.
	Outdated bool
	// Beat is its last heartbeat, zero if none was heard; Verdict is that of
	// the incarnation that sent it.
	Beat    registry.Heartbeat
	Verdict placement.Verdict
}

// Read returns the shards of a pool, by name. hash is that of the current
// template.
func Read(ctx context.Context, c client.Reader, pool *v1alpha1.ShardPool, hash string, pulse Pulse) ([]Member, error) {
	var pods corev1.PodList
	if err := c.List(ctx, &pods, client.InNamespace(pool.Namespace), client.MatchingLabels(resources.Selector(pool))); err != nil {
		return nil, fmt.Errorf("listing the shards of pool %s: %w", pool.Name, err)
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	members := make([]Member, 0, len(pods.Items))
	for i := range pods.Items {
		pod := &pods.Items[i]
		if !ownedBy(pod, pool) {
			continue
		}
		m := Member{Pod: pod, Outdated: pod.Annotations[v1alpha1.AnnotationTemplateHash] != hash}
		if err := m.readNode(ctx, c); err != nil {
			return nil, err
		}
		if pulse != nil {
			if beat, heard := pulse.Beat(pod.Name); heard {
				m.Beat, m.Verdict = beat, pulse.Judge(pod.Name, beat.Incarnation)
			}
		}
		members = append(members, m)
	}
	return members, nil
}

func ownedBy(pod *corev1.Pod, pool *v1alpha1.ShardPool) bool {
	return slices.ContainsFunc(pod.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == pool.UID })
}

func (m *Member) readNode(ctx context.Context, c client.Reader) error {
	if m.Pod.Spec.NodeName == "" {
		return nil
	}
	var node corev1.Node
	err := c.Get(ctx, types.NamespacedName{Name: m.Pod.Spec.NodeName}, &node)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading node %s: %w", m.Pod.Spec.NodeName, err)
	}
	m.NodeReady = nodeReady(&node)
	m.NodeLeaving = nodeLeaving(&node, m.Pod.Spec.Tolerations)
	return nil
}

// Draining says whether the pool has decided to empty the shard.
func (m *Member) Draining() bool { return m.Pod.Labels[v1alpha1.LabelDraining] == "true" }

// DrainReason is why.
func (m *Member) DrainReason() string { return m.Pod.Annotations[v1alpha1.AnnotationDrainReason] }

// Terminating says whether the pod's deletion has begun.
func (m *Member) Terminating() bool { return m.Pod.DeletionTimestamp != nil }

// Ended says whether the pod will not run again.
func (m *Member) Ended() bool { return Ended(m.Pod) }

// NodeLost says whether the pod has a node, and that does not work.
func (m *Member) NodeLost() bool { return m.Pod.Spec.NodeName != "" && !m.NodeReady }

// Serving says whether the shard works: its pod is ready and it is heard of.
func (m *Member) Serving() bool {
	return Ready(m.Pod) && !m.Ended() && m.Verdict == placement.Alive
}

// Leaving is why the shard's sessions must go; empty if they need not.
func (m *Member) Leaving() v1alpha1.MoveReason {
	switch {
	case m.Draining():
		return placement.ReasonToMove(m.DrainReason())
	case m.NodeLeaving:
		return v1alpha1.ReasonNodeDraining
	case m.Terminating(), m.Beat.State == registry.StateDraining:
		return v1alpha1.ReasonShardDraining
	default:
		return ""
	}
}

// Shard is the member as the planner sees it.
func (m *Member) Shard() placement.Shard {
	return placement.Shard{
		Name: m.Pod.Name, Capacity: m.Beat.Capacity,
		Serving: m.Serving(), Leaving: m.Leaving(), Outdated: m.Outdated,
	}
}

// Target is the member as a Watcher is to see it.
func (m *Member) Target() health.Target {
	excused := m.NodeLost() || m.Ended() || !running(m.Pod)
	return health.Target{Shard: m.Pod.Name, Excused: excused}
}
