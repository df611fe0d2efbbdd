// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
)

// hintInterval is how often the hints of all shards are written again. Each
// assignment adds its own; this removes the old ones and restores lost ones.
const hintInterval = 30 * time.Second

// tellShards writes to Redis what concerns the shards: who drains, and which
// sessions concern whom. Redis may be away; then the next pass does it.
func (r *Reconciler) tellShards(ctx context.Context, s *scope) error {
	if _, polled, err := s.link.Redis(); !polled || err != nil {
		s.again(busyInterval)
		return nil //nolint:nilerr // it is said by the conditions; the pass comes again
	}
	names := make([]string, 0, len(s.shards))
	var problems []error
	for i := range s.shards {
		sh := &s.shards[i]
		names = append(names, sh.Pod.Name)
		if !sh.Draining() || !r.memory.toTell(s.name(), sh.Pod.Name) {
			continue
		}
		if err := s.link.SetDrain(ctx, sh.Pod.Name, true); err != nil {
			problems = append(problems, fmt.Errorf("telling shard %s to drain: %w", sh.Pod.Name, err))
			continue
		}
		r.memory.told(s.name(), sh.Pod.Name)
	}
	for _, name := range r.memory.gone(s.name(), names) {
		if err := s.link.ForgetShard(ctx, resources.PoolID(s.pool), name); err != nil {
			problems = append(problems, fmt.Errorf("forgetting shard %s: %w", name, err))
		}
	}
	if r.memory.hintsDue(s.name(), hintInterval) {
		problems = append(problems, r.writeHints(ctx, s, names))
	}
	return errors.Join(problems...)
}

func (r *Reconciler) writeHints(ctx context.Context, s *scope, names []string) error {
	concern := map[string][]string{}
	for i := range s.sessions {
		id := string(s.sessions[i].UID)
		seen := map[string]bool{}
		for _, shard := range concerned(&s.sessions[i]) {
			if shard != "" && !seen[shard] {
				seen[shard] = true
				concern[shard] = append(concern[shard], id)
			}
		}
	}
	var problems []error
	for _, name := range names {
		if err := s.link.SetHints(ctx, name, concern[name]); err != nil {
			problems = append(problems, fmt.Errorf("writing the hints of shard %s: %w", name, err))
		}
	}
	return errors.Join(problems...)
}

// concerned lists the shards that have to do with a session.
func concerned(gs *v1alpha1.GameSession) []string {
	var list []string
	if p := gs.Status.Placement; p != nil {
		list = append(list, p.Shard, p.From)
	}
	if o := gs.Status.Owner; o != nil {
		list = append(list, o.Shard)
	}
	return list
}

// finish lets a deleted pool go when no live session needs it any more, after
// another look at the API server: what the cache shows may be old.
func (r *Reconciler) finish(ctx context.Context, s *scope) error {
	if s.pool.DeletionTimestamp == nil {
		return nil
	}
	s.blockedBy = live(s.pool.Name, s.sessions)
	if s.blockedBy == 0 {
		var list v1alpha1.GameSessionList
		if err := r.reader.List(ctx, &list, client.InNamespace(s.pool.Namespace)); err != nil {
			return fmt.Errorf("listing the sessions of the pool: %w", err)
		}
		s.blockedBy = live(s.pool.Name, list.Items)
	}
	if s.blockedBy > 0 {
		s.again(busyInterval)
		return nil // it is looked after until then
	}
	if link, err := r.pools.Get(s.name()); err == nil {
		for _, name := range r.memory.gone(s.name(), nil) {
			_ = link.ForgetShard(ctx, resources.PoolID(s.pool), name) // its keys expire by themselves
		}
	}
	after := s.pool.DeepCopy()
	after.Finalizers = withoutFinalizer(after.Finalizers)
	err := r.client.Patch(ctx, after, client.MergeFromWithOptions(s.pool, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	s.gone = true
	r.forget(s.name())
	return nil
}

func (r *Reconciler) forget(name types.NamespacedName) {
	r.pools.Drop(name)
	r.memory.drop(name)
}
