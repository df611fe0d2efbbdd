// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"encoding/json"
	"time"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/report"
	"gamesession.dev/operator/shard/registry"
)

// scope is what one pass knows and wants.
type scope struct {
	// gs is the session; phases change its status. before is as it was last
	// read or written.
	gs, before *v1alpha1.GameSession

	// pool and link are set by gatherPool.
	pool *v1alpha1.ShardPool
	link *health.Pool

	// scenario is set by gatherScenario.
	scenario json.RawMessage

	// redis, durability and members are set by gatherRedis; verdict is that of
	// the session's owner.
	redis      *registry.Session
	durability registry.Health
	members    []fleet.Member
	verdict    placement.Verdict

	// waiting is set by decide when something should be done and cannot.
	waiting *placement.Decision

	// problem, if set, is why later phases cannot run.
	problem *problem
	// notYet: nothing is known yet, so nothing is said either.
	notYet bool

	// Events go out after the next status write.
	report.Events
	// requeue is when to come again.
	requeue time.Duration
}

// problem keeps a session from being looked after.
type problem struct {
	reason, message string
	// unknown: what could not be read makes conditions Unknown, not False.
	unknown bool
}

func newScope(gs *v1alpha1.GameSession) *scope {
	return &scope{gs: gs, before: gs.DeepCopy(), requeue: settledInterval}
}

func (s *scope) blocked() bool { return s.problem != nil || s.notYet }

func (s *scope) block(reason, message string) {
	s.problem = &problem{reason: reason, message: message}
	s.again(waitInterval)
}

func (s *scope) blockUnknown(reason, message string) {
	s.problem = &problem{reason: reason, message: message, unknown: true}
	s.again(waitInterval)
}

// again asks for another pass within d.
func (s *scope) again(d time.Duration) { s.requeue = min(s.requeue, d) }

func (s *scope) id() string { return string(s.gs.UID) }

// pending says whether the binding has not come true yet.
func (s *scope) pending() bool {
	p := s.gs.Status.Placement
	return p != nil && (s.redis == nil || s.redis.Owner == nil || s.redis.Owner.Epoch < uint64(p.Epoch))
}
