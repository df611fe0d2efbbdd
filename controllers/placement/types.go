// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"gamesession.dev/operator/api/v1alpha1"
)

// MaxAborts is how many handoffs of one session may fail before the next owner
// takes over without a freeze.
const MaxAborts = 3

// MaxMovesPerPair is how many handoffs may be under way from one shard to
// another at a time.
const MaxMovesPerPair = 4

// Verdict is what is known of one run of a shard's process.
type Verdict int

// The verdicts.
const (
	// Unknown: nothing is known yet, for instance after a start.
	Unknown Verdict = iota
	// Alive: heard of within a lease.
	Alive
	// Held: silent for a lease, but so are most others: Redis or the network
	// is likelier than that many deaths. Nothing is done.
	Held
	// Dead: silent for a lease, or its pod or container has ended.
	Dead
	// Reborn: dead, and another run of the process goes by its name.
	Reborn
)

// Gone says that the process can be replaced without asking it.
func (v Verdict) Gone() bool { return v == Dead || v == Reborn }

// Shard is a shard as the planner sees it.
type Shard struct {
	Name     string
	Capacity int // sessions it takes
	// Serving: its pod is ready and it is heard of; it takes sessions unless
	// Leaving says otherwise.
	Serving bool
	// Leaving is why its sessions must go; empty if they need not.
	Leaving v1alpha1.MoveReason
	// Outdated: it is to be replaced, so it is chosen last.
	Outdated bool
}

func (s *Shard) takes() bool { return s.Serving && s.Leaving == "" }

// Owner is who may write a session.
type Owner struct {
	Shard string
	Epoch uint64
	// Verdict is that of the owner's own incarnation.
	Verdict Verdict
}

// Binding is the placement in force.
type Binding struct {
	Shard    string
	Epoch    uint64
	Mode     v1alpha1.PlacementMode
	From     string
	Attempts int
	// Failed: the target refused, or the time for it is over.
	Failed bool
}

// Session is a session as the planner sees it.
type Session struct {
	ID      string
	Owner   *Owner   // nil: Redis has no owner for it
	Binding *Binding // nil: never placed
	// Started: it has had an owner.
	Started bool
	// Assigned is the highest epoch ever assigned in Redis.
	Assigned uint64
	// Move is a move by hand that has not been acted on; nil if none.
	Move *Move
}

// Move is a wish for one move.
type Move struct {
	To string // empty: anywhere else
}

// pending: the binding has not come true yet.
func (s *Session) pending() bool {
	return s.Binding != nil && (s.Owner == nil || s.Owner.Epoch < s.Binding.Epoch)
}

// NextEpoch is the epoch of the next binding: above all that were ever used.
func (s *Session) NextEpoch() uint64 {
	top := s.Assigned
	if s.Owner != nil {
		top = max(top, s.Owner.Epoch)
	}
	if s.Binding != nil {
		top = max(top, s.Binding.Epoch)
	}
	return top + 1
}

// Snapshot is all that decisions about the sessions of a pool depend on.
type Snapshot struct {
	Shards   []Shard
	Sessions []Session
}

// Action is what to do with a session.
type Action int

// The actions.
const (
	// Keep: nothing to decide. If the binding is pending, it is being driven.
	Keep Action = iota
	// Bind: write a new binding.
	Bind
	// Adopt: Redis is ahead of the binding; the owner there is the binding.
	Adopt
	// RefuseMove: the move by hand cannot be; say so and forget it.
	RefuseMove
	// Wait: something should be done and cannot be now; Why says which.
	Wait
)

// Decision is what to do with one session.
type Decision struct {
	Session string
	Action  Action
	Binding Binding             // of Bind and Adopt
	Reason  v1alpha1.MoveReason // of Bind
	Manual  bool                // the move by hand is acted on with this
	Why     string              // of Wait and RefuseMove: a condition reason
	Message string              // of Wait and RefuseMove, for people
}

// String names the verdict.
func (v Verdict) String() string {
	switch v {
	case Alive:
		return "alive"
	case Held:
		return "held"
	case Dead:
		return "dead"
	case Reborn:
		return "reborn"
	default:
		return "unknown"
	}
}
