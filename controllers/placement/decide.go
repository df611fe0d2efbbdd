// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"

	"gamesession.dev/operator/api/v1alpha1"
)

// Decide says what to do with the session at index i of the snapshot.
func Decide(snap *Snapshot, i int) Decision {
	return newBoard(snap).decide(&snap.Sessions[i])
}

// decide takes one decision. The order of the cases is the order of urgency.
func (b *board) decide(s *Session) Decision {
	switch {
	case s.Owner == nil:
		return b.decideOwnerless(s)
	case s.Binding == nil || s.Owner.Epoch > s.Binding.Epoch:
		return adopt(s)
	case s.Owner.Verdict.Gone():
		return b.decideOrphan(s)
	case s.pending():
		return b.decidePending(s)
	default:
		return b.decideSettled(s)
	}
}

func keep(s *Session) Decision { return Decision{Session: s.ID, Action: Keep} }

func wait(s *Session, why, format string, args ...any) Decision {
	return Decision{Session: s.ID, Action: Wait, Why: why, Message: fmt.Sprintf(format, args...)}
}

// adopt follows an owner that the binding does not know: etcd was restored
// from an older copy.
func adopt(s *Session) Decision {
	return Decision{Session: s.ID, Action: Adopt, Binding: Binding{
		Shard: s.Owner.Shard, Epoch: s.Owner.Epoch, Mode: v1alpha1.PlacementFailover,
	}}
}

// decideOwnerless places a new session, and only a new one.
func (b *board) decideOwnerless(s *Session) Decision {
	if s.Started {
		return wait(s, v1alpha1.ReasonOwnerLost,
			"Redis has no owner for this session although it had one: it is not started afresh; restore Redis or delete the session")
	}
	attempts := 0
	var avoid string
	if s.Binding != nil {
		target := b.shards[s.Binding.Shard]
		if target != nil && target.takes() && !s.Binding.Failed && s.Assigned <= s.Binding.Epoch {
			return keep(s)
		}
		attempts = s.Binding.Attempts + 1
		if s.Binding.Failed {
			avoid = s.Binding.Shard
		}
	}
	target, why := b.choose(s, "", avoid)
	if target == "" {
		return wait(s, v1alpha1.ReasonNoCapacity, "%s", why)
	}
	return bind(s, target, v1alpha1.PlacementCreate, v1alpha1.ReasonNew, attempts)
}

// decideOrphan replaces an owner that is gone. A warm standby is preferred.
func (b *board) decideOrphan(s *Session) Decision {
	reason := v1alpha1.ReasonShardDead
	if s.Owner.Verdict == Reborn {
		reason = v1alpha1.ReasonShardReborn
	}
	attempts := 0
	var avoid string
	if s.pending() {
		target := b.shards[s.Binding.Shard]
		good := target != nil && target.takes() && !s.Binding.Failed && s.Assigned <= s.Binding.Epoch
		if good && s.Binding.Mode == v1alpha1.PlacementFailover {
			return keep(s)
		}
		attempts = s.Binding.Attempts + 1
		if good {
			return bind(s, s.Binding.Shard, v1alpha1.PlacementFailover, reason, attempts)
		}
		avoid = s.Binding.Shard
	}
	target, why := b.choose(s, "", avoid)
	if target == "" {
		return wait(s, v1alpha1.ReasonNoCapacity, "shard %s is gone and %s", s.Owner.Shard, why)
	}
	return bind(s, target, v1alpha1.PlacementFailover, reason, attempts)
}

// decidePending looks after a move away from a live owner.
func (b *board) decidePending(s *Session) Decision {
	target := b.shards[s.Binding.Shard]
	suits := target != nil && target.takes() && s.Binding.Mode != v1alpha1.PlacementCreate
	if suits && !s.Binding.Failed && s.Assigned <= s.Binding.Epoch {
		return keep(s)
	}
	attempts := s.Binding.Attempts + 1
	mode := v1alpha1.PlacementHandoff
	if attempts >= MaxAborts {
		mode = v1alpha1.PlacementFailover
	}
	other, why := b.choose(s, s.Owner.Shard, s.Binding.Shard)
	if other == "" && suits {
		other = s.Binding.Shard // it may do better the next time
	}
	if other == "" {
		return wait(s, v1alpha1.ReasonTargetUnsuitable, "shard %s cannot take the session and %s", s.Binding.Shard, why)
	}
	return bind(s, other, mode, b.reasonToLeave(s), attempts)
}

func (b *board) reasonToLeave(s *Session) v1alpha1.MoveReason {
	if home := b.shards[s.Owner.Shard]; home != nil && home.Leaving != "" {
		return home.Leaving
	}
	return v1alpha1.ReasonManual
}

// decideSettled looks for a reason to leave a live owner.
func (b *board) decideSettled(s *Session) Decision {
	home := b.shards[s.Owner.Shard]
	switch {
	case s.Owner.Verdict == Held:
		return wait(s, v1alpha1.ReasonOwnerSilent, "shard %s is silent, and so are most others: waiting for Redis or the network", s.Owner.Shard)
	case home != nil && home.Leaving != "":
		return b.leave(s, home.Leaving)
	case s.Move != nil:
		return b.decideMove(s)
	case home != nil && home.Capacity > 0 && b.surplus(s, home):
		d := b.leave(s, v1alpha1.ReasonOverQuota)
		if d.Action == Wait {
			return keep(s) // it is hosted; better too many than none
		}
		return d
	default:
		return keep(s)
	}
}

func (b *board) leave(s *Session, reason v1alpha1.MoveReason) Decision {
	target, why := b.choose(s, s.Owner.Shard, "")
	if target == "" {
		return wait(s, v1alpha1.ReasonNoCapacity, "the session must leave shard %s and %s", s.Owner.Shard, why)
	}
	d := bind(s, target, v1alpha1.PlacementHandoff, reason, 0)
	d.Manual = s.Move != nil && (s.Move.To == "" || s.Move.To == target)
	return d
}

// decideMove acts on a move by hand.
func (b *board) decideMove(s *Session) Decision {
	refuse := func(why, format string, args ...any) Decision {
		return Decision{Session: s.ID, Action: RefuseMove, Manual: true, Why: why, Message: fmt.Sprintf(format, args...)}
	}
	if s.Move.To == "" {
		d := b.leave(s, v1alpha1.ReasonManual)
		if d.Action == Wait && b.busyPairs(s.Owner.Shard) {
			return d
		}
		if d.Action == Wait {
			return refuse(v1alpha1.ReasonNoCapacity, "%s", d.Message)
		}
		d.Manual = true
		return d
	}
	if s.Move.To == s.Owner.Shard {
		return refuse(v1alpha1.ReasonSettled, "the session is on shard %s already", s.Move.To)
	}
	target := b.shards[s.Move.To]
	switch {
	case target == nil:
		return refuse(v1alpha1.ReasonTargetUnsuitable, "the pool has no shard %s", s.Move.To)
	case !target.takes():
		return refuse(v1alpha1.ReasonTargetUnsuitable, "shard %s does not take sessions now", s.Move.To)
	case b.load[target.Name] >= target.Capacity:
		return refuse(v1alpha1.ReasonNoCapacity, "shard %s is full: %d of %d sessions", s.Move.To, b.load[target.Name], target.Capacity)
	case b.moves[pair{s.Owner.Shard, target.Name}] >= MaxMovesPerPair:
		return wait(s, v1alpha1.ReasonWaiting, "%d sessions are moving from %s to %s", MaxMovesPerPair, s.Owner.Shard, target.Name)
	}
	d := bind(s, target.Name, v1alpha1.PlacementHandoff, v1alpha1.ReasonManual, 0)
	d.Manual = true
	return d
}

func bind(s *Session, target string, mode v1alpha1.PlacementMode, reason v1alpha1.MoveReason, attempts int) Decision {
	from := ""
	if s.Owner != nil {
		from = s.Owner.Shard
	}
	return Decision{Session: s.ID, Action: Bind, Reason: reason, Binding: Binding{
		Shard: target, Epoch: s.NextEpoch(), Mode: mode, From: from, Attempts: attempts,
	}}
}
