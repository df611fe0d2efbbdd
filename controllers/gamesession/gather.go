// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/registry"
)

// gatherPool finds the pool and its connection.
func (r *Reconciler) gatherPool(ctx context.Context, s *scope) error {
	name := types.NamespacedName{Namespace: s.gs.Namespace, Name: s.gs.Spec.PoolName}
	pool := &v1alpha1.ShardPool{}
	if err := r.client.Get(ctx, name, pool); err != nil {
		if apierrors.IsNotFound(err) {
			s.block(v1alpha1.ReasonPoolNotFound, fmt.Sprintf("there is no ShardPool %s in namespace %s", name.Name, name.Namespace))
			return nil
		}
		return fmt.Errorf("reading pool: %w", err)
	}
	s.pool = pool
	link, err := r.pools.Get(name)
	switch {
	case errors.Is(err, health.ErrNotYet):
		s.notYet = true
		s.again(pendingInterval)
		return nil
	case err != nil:
		s.blockUnknown(v1alpha1.ReasonRedisUnavailable, err.Error())
		return nil
	}
	s.link = link
	return nil
}

// gatherScenario reads and checks the scenario. Once the session has started it
// is in the journal and the one stored with the spec is good enough.
func (r *Reconciler) gatherScenario(ctx context.Context, s *scope) error {
	if s.gs.Status.Owner != nil {
		return nil
	}
	scenario, err := r.readScenario(ctx, s.gs)
	var invalid *scenarioError
	if errors.As(err, &invalid) {
		s.block(v1alpha1.ReasonInvalidScenario, err.Error())
		return nil
	}
	s.scenario = scenario
	return err
}

// gatherRedis reads what Redis knows of the session, and the shards.
func (r *Reconciler) gatherRedis(ctx context.Context, s *scope) error {
	durability, polled, err := s.link.Redis()
	if !polled {
		s.notYet = true
		s.again(pendingInterval)
		return nil
	}
	var found []registry.Session
	if err == nil {
		found, err = s.link.Sessions(ctx, []string{s.id()})
	}
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("reading 1 session, %d were found", len(found))
	}
	if err != nil {
		r.timers.settle(s.gs.UID) // what waits for Redis is not late
		s.blockUnknown(v1alpha1.ReasonRedisUnavailable, "Redis of the pool: "+err.Error())
		return nil //nolint:nilerr // it is said by the conditions; the pass comes again
	}
	if unreadable := found[0].Err; unreadable != nil {
		s.blockUnknown(v1alpha1.ReasonUnknown, "what Redis holds of the session cannot be read: "+unreadable.Error())
		return nil //nolint:nilerr // it is said by the conditions; the pass comes again
	}
	s.redis, s.durability = &found[0], durability
	hash := resources.TemplateHash(s.pool, r.options.KeyPrefix)
	if s.members, err = fleet.Read(ctx, r.client, s.pool, hash, s.link); err != nil {
		return err
	}
	s.verdict, err = r.judgeOwner(ctx, s)
	return err
}

// judgeOwner says what is known of the owner's process. A pod that is gone or
// has ended has no process; names of pods are never used again.
func (r *Reconciler) judgeOwner(ctx context.Context, s *scope) (placement.Verdict, error) {
	owner := s.redis.Owner
	if owner == nil {
		return placement.Unknown, nil
	}
	for i := range s.members {
		if s.members[i].Pod.Name != owner.Shard {
			continue
		}
		if s.members[i].Ended() {
			return placement.Dead, nil
		}
		return s.link.Judge(owner.Shard, owner.Incarnation), nil
	}
	// The cache does not show the pod: ask the API server before anybody is
	// declared dead.
	pod := &corev1.Pod{}
	err := r.reader.Get(ctx, types.NamespacedName{Namespace: s.gs.Namespace, Name: owner.Shard}, pod)
	switch {
	case apierrors.IsNotFound(err):
		return placement.Dead, nil
	case err != nil:
		return placement.Unknown, fmt.Errorf("looking for the owner's pod %s: %w", owner.Shard, err)
	case fleet.Ended(pod):
		return placement.Dead, nil
	default:
		return s.link.Judge(owner.Shard, owner.Incarnation), nil
	}
}
