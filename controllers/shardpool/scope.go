// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/report"
)

// scope is what one pass knows and wants.
type scope struct {
	// pool is the pool; phases change its status. before is as it was last read
	// or written.
	pool, before *v1alpha1.ShardPool

	// sessions of the pool, shared with the cache and only to be read, and how
	// many of them are on each shard: set by gatherSessions.
	sessions []v1alpha1.GameSession
	on       map[string]int

	// link is set by connect.
	link *health.Pool
	// shards is set by gatherShards, and looked is true after it.
	shards []shard
	looked bool

	// decided is what plan has begun.
	decided placement.PoolPlan

	// problem, if set, is why no shard can be made.
	problem *problem
	// failed, if set, is what ended the pass before its time.
	failed error
	// notYet: too little is known yet to say anything.
	notYet bool
	// blockedBy names live sessions that keep the pool from being deleted.
	blockedBy int
	// gone: the object is let go.
	gone bool

	// Events go out after the next status write.
	report.Events
	requeue time.Duration
}

// shard is a member of the pool with what this package adds.
type shard struct {
	fleet.Member
	sessions int
	// occupied: it has sessions, or clients that it still relays for.
	occupied bool
	overdue  bool
}

type problem struct{ reason, message string }

func newScope(pool *v1alpha1.ShardPool) *scope {
	return &scope{pool: pool, before: pool.DeepCopy(), on: map[string]int{}, requeue: settledInterval}
}

func (s *scope) name() types.NamespacedName { return client.ObjectKeyFromObject(s.pool) }

func (s *scope) again(d time.Duration) { s.requeue = min(s.requeue, d) }

// countOn counts the sessions on each shard: bound to it, or owned by it. A
// session on its way counts on both.
func countOn(sessions []v1alpha1.GameSession) map[string]int {
	on := map[string]int{}
	for i := range sessions {
		p, o := sessions[i].Status.Placement, sessions[i].Status.Owner
		if p != nil {
			on[p.Shard]++
		}
		if o != nil && (p == nil || p.Shard != o.Shard && p.Epoch > o.Epoch) {
			on[o.Shard]++
		}
	}
	return on
}
