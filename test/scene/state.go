// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// Sessions returns the sessions by name.
func (s *Scene) Sessions(ctx context.Context) ([]v1alpha1.GameSession, error) {
	var list v1alpha1.GameSessionList
	if err := s.kube.List(ctx, &list, client.InNamespace(Namespace)); err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	return list.Items, nil
}

func (s *Scene) session(ctx context.Context, name string) (*v1alpha1.GameSession, error) {
	gs := &v1alpha1.GameSession{}
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: name}, gs); err != nil {
		return nil, fmt.Errorf("reading session %s: %w", name, err)
	}
	return gs, nil
}

// Shards returns the pods of the pool that are not on their way out.
func (s *Scene) Shards(ctx context.Context) ([]corev1.Pod, error) {
	var pool v1alpha1.ShardPool
	if err := s.kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: Pool}, &pool); err != nil {
		return nil, fmt.Errorf("reading the pool: %w", err)
	}
	var pods corev1.PodList
	if err := s.kube.List(ctx, &pods, client.InNamespace(Namespace)); err != nil {
		return nil, fmt.Errorf("listing shards: %w", err)
	}
	return slices.DeleteFunc(pods.Items, func(p corev1.Pod) bool {
		owned := slices.ContainsFunc(p.OwnerReferences, func(o metav1.OwnerReference) bool { return o.UID == pool.UID })
		return !owned || p.DeletionTimestamp != nil
	}), nil
}

// SessionsOn counts the sessions that each shard owns.
func (s *Scene) SessionsOn(ctx context.Context) (map[string]int, error) {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	on := map[string]int{}
	for _, gs := range sessions {
		if gs.Status.Owner != nil {
			on[gs.Status.Owner.Shard]++
		}
	}
	return on, nil
}

// AwaitReady waits until every session has a live owner and none is moving.
func (s *Scene) AwaitReady(ctx context.Context, limit time.Duration) error {
	return Await(ctx, limit, "every session to be ready", func(ctx context.Context) (string, error) {
		sessions, err := s.Sessions(ctx)
		if err != nil {
			return "", err
		}
		shards, err := s.Shards(ctx)
		if err != nil {
			return "", err
		}
		if len(sessions) != s.opts.Sessions {
			return fmt.Sprintf("%d sessions of %d", len(sessions), s.opts.Sessions), nil
		}
		for _, gs := range sessions {
			if missing := unsettled(&gs, shards); missing != "" {
				return gs.Name + ": " + missing, nil
			}
		}
		return "", nil
	})
}

// AwaitSeated waits until every session's status shows all its players.
func (s *Scene) AwaitSeated(ctx context.Context, limit time.Duration) error {
	return Await(ctx, limit, "every player to be seated", func(ctx context.Context) (string, error) {
		sessions, err := s.Sessions(ctx)
		if err != nil {
			return "", err
		}
		for _, gs := range sessions {
			if n := len(gs.Status.Players); n < playersPerSession {
				return fmt.Sprintf("%s has %d of %d", gs.Name, n, playersPerSession), nil
			}
		}
		return "", nil
	})
}

// unsettled says what keeps a session from being at rest on a live shard.
func unsettled(gs *v1alpha1.GameSession, shards []corev1.Pod) string {
	st := gs.Status
	switch {
	case !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.SessionReady):
		if c := meta.FindStatusCondition(st.Conditions, v1alpha1.SessionReady); c != nil {
			return "not ready: " + c.Reason + ": " + c.Message
		}
		return "no condition Ready yet"
	case !meta.IsStatusConditionFalse(st.Conditions, v1alpha1.SessionMigrating):
		return "moving"
	case st.Owner == nil || st.Placement == nil || st.Owner.Epoch != st.Placement.Epoch:
		return "owner and placement differ"
	case !slices.ContainsFunc(shards, func(p corev1.Pod) bool { return p.Name == st.Owner.Shard }):
		return "owner " + st.Owner.Shard + " is gone"
	}
	return ""
}

// awaitPool waits until the pool has exactly the shards it wants, all of them
// ready and up to date.
func (s *Scene) awaitPool(ctx context.Context, limit time.Duration) error {
	return Await(ctx, limit, "the pool to be complete", func(ctx context.Context) (string, error) {
		var pool v1alpha1.ShardPool
		if err := s.kube.Get(ctx, client.ObjectKey{Namespace: Namespace, Name: Pool}, &pool); err != nil {
			return "", fmt.Errorf("reading the pool: %w", err)
		}
		st, want := pool.Status, pool.Spec.Replicas
		if st.ObservedGeneration != pool.Generation || st.ReadyReplicas != want || st.UpdatedReplicas != want || st.Replicas != want {
			return fmt.Sprintf("%d of %d shards ready, %d up to date, %d in all", st.ReadyReplicas, want, st.UpdatedReplicas, st.Replicas), nil
		}
		shards, err := s.Shards(ctx)
		if err != nil {
			return "", err
		}
		for _, p := range shards {
			if p.Spec.Containers[0].Image != pool.Spec.Image {
				return p.Name + " runs " + p.Spec.Containers[0].Image, nil
			}
		}
		return "", nil
	})
}

// Moves returns how often each session has moved.
func (s *Scene) Moves(ctx context.Context) (map[string]int64, error) {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, gs := range sessions {
		counts[gs.Name] = gs.Status.Moves
	}
	return counts, nil
}
