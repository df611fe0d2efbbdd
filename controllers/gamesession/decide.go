// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/shard/plant"
)

// decide asks the planner and writes the binding it wants. Nothing of a binding
// reaches Redis before that write.
func (r *Reconciler) decide(ctx context.Context, s *scope) error {
	decision, err := r.plan(ctx, s)
	if err != nil {
		return err
	}
	switch decision.Action {
	case placement.Wait:
		s.waiting = &decision
		s.again(waitInterval)
		return nil
	case placement.RefuseMove:
		s.gs.Status.HandledMoveID = s.gs.Spec.Move.ID
		s.Warn(v1alpha1.EventMoveRefused, "Move", fmt.Sprintf("Move %s: %s", s.gs.Spec.Move.ID, decision.Message))
		return nil
	case placement.Bind, placement.Adopt:
		return r.bind(ctx, s, decision)
	default:
		return nil
	}
}

// plan takes the decision and reserves the place it needs, under one lock, so
// that two sessions never get the last place of a shard.
func (r *Reconciler) plan(ctx context.Context, s *scope) (placement.Decision, error) {
	var list v1alpha1.GameSessionList
	err := r.client.List(ctx, &list, client.InNamespace(s.gs.Namespace), client.MatchingFields{fleet.PoolIndex: s.gs.Spec.PoolName},
		client.UnsafeDisableDeepCopy) // only read here; a copy of all in each pass over one costs most of the pass
	if err != nil {
		return placement.Decision{}, fmt.Errorf("listing the sessions of pool %s: %w", s.gs.Spec.PoolName, err)
	}
	snap := &placement.Snapshot{Sessions: []placement.Session{r.subject(s)}}
	for i := range s.members {
		snap.Shards = append(snap.Shards, s.members[i].Shard())
	}
	r.ledger.Lock()
	defer r.ledger.Unlock()
	for i := range list.Items {
		if list.Items[i].UID == s.gs.UID {
			continue
		}
		one := sessionOf(&list.Items[i])
		r.ledger.overlay(list.Items[i].UID, &one)
		snap.Sessions = append(snap.Sessions, one)
	}
	d := placement.Decide(snap, 0)
	if d.Action == placement.Bind {
		r.ledger.reserve(s.gs.UID, d.Binding)
	}
	return d, nil
}

// subject is the session of the scope as the planner sees it, from Redis.
func (r *Reconciler) subject(s *scope) placement.Session {
	one := sessionOf(s.gs)
	one.Owner = nil
	if o := s.redis.Owner; o != nil {
		one.Owner = &placement.Owner{Shard: o.Shard, Epoch: o.Epoch, Verdict: s.verdict}
	}
	if a := s.redis.Assignment; a != nil {
		one.Assigned = a.Epoch
	}
	if one.Binding != nil {
		one.Binding.Failed = r.failed(s)
	}
	if plant.On(plant.EpochOnlyInRedis) && one.Owner != nil && one.Binding != nil {
		one.Binding.Epoch = max(one.Owner.Epoch, one.Assigned)
	}
	if m := s.gs.Spec.Move; m != nil && m.ID != s.gs.Status.HandledMoveID {
		one.Move = &placement.Move{To: m.To}
	}
	return one
}

// failed says whether a pending binding will not come true: its shard refused,
// its time is over, or Redis holds another assignment of the same epoch.
func (r *Reconciler) failed(s *scope) bool {
	if !s.pending() {
		return false
	}
	p := s.gs.Status.Placement
	answer, assigned := s.redis.Answer, s.redis.Assignment
	switch {
	case answer != nil && answer.Epoch == uint64(p.Epoch) && answer.Refused != "":
		return true
	case assigned != nil && assigned.Epoch == uint64(p.Epoch) && assigned.Shard != p.Shard:
		return true
	default:
		return r.timers.pendingFor(s.gs.UID, p.Epoch) > r.options.PendingTimeout
	}
}

// bind writes the binding by compare-and-set.
func (r *Reconciler) bind(ctx context.Context, s *scope, d placement.Decision) error {
	before := s.gs.Status.Placement
	s.gs.Status.Placement = &v1alpha1.Placement{
		Shard: d.Binding.Shard, Epoch: int64(d.Binding.Epoch), Mode: d.Binding.Mode,
		From: d.Binding.From, Reason: d.Reason, Attempts: int32(d.Binding.Attempts),
	}
	if d.Manual && s.gs.Spec.Move != nil {
		s.gs.Status.HandledMoveID = s.gs.Spec.Move.ID
	}
	if d.Action == placement.Bind {
		r.announce(s, before, d)
	}
	if err := r.write(ctx, s); err != nil {
		r.ledger.release(s.gs.UID, d.Binding.Epoch)
		return fmt.Errorf("writing the placement: %w", err)
	}
	return nil
}

func (r *Reconciler) announce(s *scope, before *v1alpha1.Placement, d placement.Decision) {
	b := d.Binding
	if b.Attempts > 0 && before != nil {
		why := "took too long"
		if a := s.redis.Answer; a != nil && a.Epoch == uint64(before.Epoch) && a.Refused != "" {
			why = "refused: " + a.Refused
		}
		s.Warn(v1alpha1.EventMoveRetried, "Bind", fmt.Sprintf(
			"Shard %s did not take the session (%s); attempt %d goes to %s in epoch %d", before.Shard, why, b.Attempts+1, b.Shard, b.Epoch))
		s.Count(retriesTotal.WithLabelValues(string(b.Mode)).Inc)
		return
	}
	switch b.Mode {
	case v1alpha1.PlacementCreate:
		s.Normal(v1alpha1.EventPlaced, "Bind", fmt.Sprintf("Placed on shard %s", b.Shard))
	case v1alpha1.PlacementFailover:
		s.Warn(v1alpha1.ReasonFailover, "Bind", fmt.Sprintf("Shard %s is gone (%s); %s takes over in epoch %d", b.From, d.Reason, b.Shard, b.Epoch))
	default:
		s.Normal(v1alpha1.EventMoving, "Bind", fmt.Sprintf("Moving from shard %s to %s (%s) in epoch %d", b.From, b.Shard, d.Reason, b.Epoch))
	}
}

// forget drops what is kept in memory for a session that is gone.
func (r *Reconciler) forget(uid types.UID) {
	r.ledger.drop(uid)
	r.timers.drop(uid)
}
