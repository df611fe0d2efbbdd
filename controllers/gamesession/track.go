// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/registry"
)

// track takes over into the status what has come true in Redis.
func (r *Reconciler) track(_ context.Context, s *scope) error {
	status := &s.gs.Status
	status.Endpoint = resources.Endpoint(s.pool) + "/api/v2/sessions/" + s.id() + "/ws"
	owner := s.redis.Owner
	if owner == nil {
		return nil
	}
	before := status.Owner
	if report := s.redis.Report; before == nil && (report == nil || report.Epoch != owner.Epoch) {
		// An owner reports when its creation is durable. Before that a failover of
		// Redis may take it back, and the session has never been.
		s.again(pendingInterval)
		return nil
	}
	// A lower epoch than one already seen is Redis gone back in time. The shard
	// retakes; there is nothing to count.
	if before == nil || owner.Epoch > uint64(before.Epoch) {
		status.Owner = &v1alpha1.OwnerStatus{Shard: owner.Shard, Incarnation: owner.Incarnation, Epoch: int64(owner.Epoch)}
		trackMove(s, before)
		r.timers.moved(s.gs.UID)
	}
	r.trackPause(s)
	r.trackProgress(s, before == nil || before.Epoch != status.Owner.Epoch)
	return nil
}

// trackMove notes a change of owner.
func trackMove(s *scope, before *v1alpha1.OwnerStatus) {
	status := &s.gs.Status
	if before == nil {
		s.Normal(v1alpha1.ReasonPlaying, "Start", "Shard "+status.Owner.Shard+" hosts the session")
		return
	}
	move := &v1alpha1.MoveStatus{
		From: before.Shard, To: status.Owner.Shard, Mode: v1alpha1.PlacementFailover, Time: metav1.Now(),
	}
	if p := status.Placement; p != nil && p.Epoch == status.Owner.Epoch {
		move.Mode, move.Reason = p.Mode, p.Reason
	}
	status.Moves++
	status.LastMove = move
	s.Count(movesTotal.WithLabelValues(string(move.Mode), string(move.Reason)).Inc)
}

// trackPause completes the last move with the pause that its new owner
// measured, and says so.
func (r *Reconciler) trackPause(s *scope) {
	move, report := s.gs.Status.LastMove, s.redis.Report
	if move == nil || move.PauseMilliseconds != nil {
		return
	}
	epoch := uint64(s.gs.Status.Owner.Epoch)
	if report == nil || report.Epoch != epoch || report.LastMove.Epoch != epoch {
		if r.timers.movedWithin(s.gs.UID, reportWait) {
			s.again(pendingInterval)
		}
		return
	}
	if report.Mismatch {
		s.Warn(v1alpha1.EventStateMismatch, "Move", "Shard "+move.To+" arrived at another state than the shard before it and rebuilt it from the journal")
	}
	pause := report.LastMove.PauseMillis
	move.PauseMilliseconds = &pause
	text := fmt.Sprintf("Moved from shard %s to %s, %s, in epoch %d: no command was taken for %d ms",
		move.From, move.To, move.Reason, epoch, pause)
	s.Normal(v1alpha1.EventMoved, "Move", text)
	s.Count(func() { pauseSeconds.WithLabelValues(string(move.Mode)).Observe(float64(pause) / 1000) })
}

// trackProgress refreshes the part of the status that changes all the time: on
// transitions, and otherwise at a slow rate.
func (r *Reconciler) trackProgress(s *scope, transition bool) {
	if !r.timers.due(s.gs.UID) && !transition {
		return
	}
	status, report := &s.gs.Status, s.redis.Report
	status.Version = int64(max(uint64(max(status.Version, 0)), s.redis.Last.Version))
	if report == nil {
		return
	}
	status.Players = nil
	for _, id := range report.Players[:min(len(report.Players), registry.MaxReportPlayers)] {
		status.Players = append(status.Players, v1alpha1.PlayerID(id))
	}
	status.PlayersConnected = fmt.Sprintf("%d/%d", len(report.Players), s.gs.Spec.MaxPlayers)
	status.Round = int32(report.Round)
}

// sessionOf is a session as the planner sees it, from its status alone.
func sessionOf(gs *v1alpha1.GameSession) placement.Session {
	one := placement.Session{ID: string(gs.UID), Started: gs.Status.Owner != nil}
	if o := gs.Status.Owner; o != nil {
		one.Owner = &placement.Owner{Shard: o.Shard, Epoch: uint64(o.Epoch)}
	}
	if p := gs.Status.Placement; p != nil {
		one.Binding = &placement.Binding{
			Shard: p.Shard, Epoch: uint64(p.Epoch), Mode: p.Mode, From: p.From, Attempts: int(p.Attempts),
		}
	}
	return one
}
