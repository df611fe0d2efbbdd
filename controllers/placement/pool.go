// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"cmp"
	"slices"

	"gamesession.dev/operator/api/v1alpha1"
)

// Why a pod is drained.
const (
	DrainNode    = "NodeDraining"
	DrainRollout = "Rollout"
	DrainScaleIn = "ScaleIn"
)

// Pod is a shard's pod as the planner sees it.
type Pod struct {
	Name string
	// Outdated: built from another template than the current one.
	Outdated bool
	// Ready: it takes sessions, or would if it were not draining.
	Ready bool
	// NodeLeaving: its node is cordoned or tainted.
	NodeLeaving bool
	// NodeLost: its node is not ready.
	NodeLost bool
	// Draining: it is to go when it is empty. DrainReason says why.
	Draining    bool
	DrainReason string
	// Terminating: its deletion has begun.
	Terminating bool
	// Ended: it will not run again.
	Ended bool
	// Sessions bound to it or owned by it.
	Sessions int
	// Occupied: it has sessions, or clients it still relays for.
	Occupied bool
	// Overdue: its drain has taken longer than the pool allows.
	Overdue bool
}

func (p *Pod) active() bool { return !p.Draining && !p.Terminating && !p.Ended }

// Spent says that it is being deleted on a lost node, and holds nothing. If the node never
// comes back it stays like that, so nothing waits for it.
func (p *Pod) Spent() bool { return p.Terminating && p.NodeLost && !p.Occupied }

// Pool is all that decisions about the pods of a pool depend on.
type Pool struct {
	Replicas int
	Pods     []Pod
	// Room: the sessions of overdue shards have somewhere to go.
	Room bool
}

// Drain names a pod to be drained and why.
type Drain struct {
	Pod    string
	Reason string
}

// PoolPlan is what to do with the pods of a pool now. The rest waits for it.
type PoolPlan struct {
	Create int
	Drain  []Drain
	Delete []string
}

// PlanPool says what to do next with the pods of a pool.
func PlanPool(pool *Pool) PoolPlan {
	var plan PoolPlan
	var active []*Pod
	rolling := false
	for i := range pool.Pods {
		p := &pool.Pods[i]
		switch {
		case deletable(p, pool.Room):
			plan.Delete = append(plan.Delete, p.Name)
		case p.active() && p.NodeLeaving:
			plan.Drain = append(plan.Drain, Drain{p.Name, DrainNode})
		case p.active():
			active = append(active, p)
		}
		if p.DrainReason == DrainRollout && !p.Spent() {
			rolling = true
		}
	}
	slices.SortFunc(active, byWorth)
	if slices.ContainsFunc(active, func(p *Pod) bool { return p.Outdated }) {
		planRollout(&plan, active, pool.Replicas, rolling)
		return plan
	}
	plan.Create = max(0, pool.Replicas-len(active))
	for _, p := range active[:max(0, len(active)-pool.Replicas)] {
		plan.Drain = append(plan.Drain, Drain{p.Name, DrainScaleIn})
	}
	return plan
}

// deletable: it has ended, or its drain is over, or has to be.
func deletable(p *Pod, room bool) bool {
	if p.Terminating {
		return false
	}
	return p.Ended || p.Draining && (!p.Occupied || p.Overdue && room)
}

// byWorth sorts first what is missed least: not ready, outdated, few sessions.
func byWorth(a, b *Pod) int {
	return cmp.Or(
		compareBool(a.Ready, b.Ready),
		compareBool(!a.Outdated, !b.Outdated),
		cmp.Compare(a.Sessions, b.Sessions),
		cmp.Compare(a.Name, b.Name),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// planRollout replaces outdated pods one at a time: one more than asked for,
// then, when all that are current are ready, one less. An outdated pod that is
// not ready and holds nothing is no loss and makes room at once, so that a
// rollout away from a broken image does not wait for it.
func planRollout(plan *PoolPlan, active []*Pod, replicas int, rolling bool) {
	for _, p := range active {
		if p.Outdated && !p.Ready && p.Sessions == 0 && !rolling {
			plan.Drain = append(plan.Drain, Drain{p.Name, DrainRollout})
			plan.Create = max(0, replicas-len(active)+1)
			return
		}
	}
	waiting := slices.ContainsFunc(active, func(p *Pod) bool { return !p.Outdated && !p.Ready })
	switch {
	case len(active) < replicas:
		plan.Create = replicas - len(active)
	case len(active) > replicas && !waiting && !rolling:
		for _, p := range active {
			if p.Outdated {
				plan.Drain = append(plan.Drain, Drain{p.Name, DrainRollout})
				return
			}
		}
	case len(active) == replicas && !rolling:
		plan.Create = 1
	}
}

// ReasonToMove translates why a pod is drained into why its sessions move.
func ReasonToMove(drainReason string) v1alpha1.MoveReason {
	if drainReason == DrainNode {
		return v1alpha1.ReasonNodeDraining
	}
	return v1alpha1.ReasonShardDraining
}
