// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"gamesession.dev/operator/api/v1alpha1"
)

// planAll decides for every session, in the order of the snapshot, each decision
// in view of those before it. Sessions to Keep are left out.
func planAll(snap *Snapshot) []Decision {
	b := newBoard(snap)
	var plan []Decision
	for i := range snap.Sessions {
		s := &snap.Sessions[i]
		d := b.decide(s)
		if d.Action == Keep {
			continue
		}
		plan = append(plan, d)
		if d.Action == Bind || d.Action == Adopt {
			b.count(s, -1)
			bound := *s
			bound.Binding = &d.Binding
			b.count(&bound, 1)
		}
	}
	return plan
}

func drawSnapshot(t *rapid.T) *Snapshot {
	snap := &Snapshot{}
	names := []string{"gone"}
	for i := range rapid.IntRange(0, 5).Draw(t, "shards") {
		s := Shard{
			Name:     fmt.Sprintf("s%d", i),
			Capacity: rapid.IntRange(0, 6).Draw(t, "capacity"),
			Serving:  rapid.IntRange(0, 4).Draw(t, "serving") > 0,
			Outdated: rapid.Bool().Draw(t, "outdated"),
		}
		if rapid.IntRange(0, 3).Draw(t, "leaving") == 0 {
			s.Leaving = v1alpha1.ReasonShardDraining
		}
		snap.Shards = append(snap.Shards, s)
		names = append(names, s.Name)
	}
	for i := range rapid.IntRange(0, 15).Draw(t, "sessions") {
		snap.Sessions = append(snap.Sessions, drawSession(t, fmt.Sprintf("x%02d", i), names))
	}
	return snap
}

func drawSession(t *rapid.T, id string, names []string) Session {
	s := Session{ID: id}
	if rapid.Bool().Draw(t, "bound") {
		s.Binding = &Binding{
			Shard: rapid.SampledFrom(names).Draw(t, "bound to"),
			Epoch: rapid.Uint64Range(1, 4).Draw(t, "epoch"),
			Mode: rapid.SampledFrom([]v1alpha1.PlacementMode{
				v1alpha1.PlacementCreate, v1alpha1.PlacementHandoff, v1alpha1.PlacementFailover,
			}).Draw(t, "mode"),
			Attempts: rapid.IntRange(0, 5).Draw(t, "attempts"),
			Failed:   rapid.Bool().Draw(t, "failed"),
		}
		s.Assigned = rapid.Uint64Range(0, 5).Draw(t, "assigned")
	}
	if rapid.Bool().Draw(t, "owned") {
		s.Started = true
		s.Owner = &Owner{
			Shard: rapid.SampledFrom(names).Draw(t, "owner"), Epoch: rapid.Uint64Range(1, 5).Draw(t, "owner epoch"),
			Verdict: Verdict(rapid.IntRange(int(Unknown), int(Reborn)).Draw(t, "verdict")),
		}
	}
	if rapid.IntRange(0, 5).Draw(t, "move") == 0 {
		s.Move = &Move{To: rapid.SampledFrom(append(names, "")).Draw(t, "move to")}
	}
	return s
}

// write applies a plan as the operator does before anything comes true.
func write(snap *Snapshot, plan []Decision) *Snapshot {
	next := &Snapshot{Shards: snap.Shards}
	for _, s := range snap.Sessions {
		for i := range plan {
			if plan[i].Session != s.ID {
				continue
			}
			if plan[i].Action == Bind || plan[i].Action == Adopt {
				s.Binding = &plan[i].Binding
				s.Assigned = max(s.Assigned, plan[i].Binding.Epoch)
			}
			if plan[i].Manual {
				s.Move = nil
			}
		}
		next.Sessions = append(next.Sessions, s)
	}
	return next
}

// settle makes every binding whose shard serves come true.
func settle(snap *Snapshot) *Snapshot {
	next := &Snapshot{Shards: snap.Shards}
	for _, s := range snap.Sessions {
		if s.pending() {
			s.Owner = &Owner{Shard: s.Binding.Shard, Epoch: s.Binding.Epoch, Verdict: Alive}
			s.Started = true
		}
		next.Sessions = append(next.Sessions, s)
	}
	return next
}

func loads(snap *Snapshot) map[string]int { return newBoard(snap).load }

func TestPlanKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snap := drawSnapshot(t)
		before := loads(snap)
		plan := planAll(snap)
		after := write(snap, plan)
		shards := newBoard(snap).shards
		for _, d := range plan {
			if d.Action != Bind {
				continue
			}
			target := shards[d.Binding.Shard]
			if target == nil || !target.takes() {
				t.Fatalf("%s is bound to %s, which takes nothing", d.Session, d.Binding.Shard)
			}
			for i := range snap.Sessions {
				if s := &snap.Sessions[i]; s.ID == d.Session && d.Binding.Epoch != s.NextEpoch() {
					t.Fatalf("%s is bound at epoch %d, the next one is %d", d.Session, d.Binding.Epoch, s.NextEpoch())
				}
			}
		}
		for name, load := range loads(after) {
			shard := shards[name]
			if shard != nil && load > max(shard.Capacity, before[name]) {
				t.Fatalf("shard %s of capacity %d went from %d to %d sessions", name, shard.Capacity, before[name], load)
			}
		}
		for _, d := range planAll(after) {
			for _, first := range plan {
				if d.Session == first.Session && first.Action == Bind && d.Action == Bind {
					t.Fatalf("%s is bound twice: to %+v, then to %+v", d.Session, first.Binding, d.Binding)
				}
			}
		}
	})
}

func TestPlanComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		snap := drawSnapshot(t)
		for range 2*len(snap.Sessions) + 3 {
			plan := planAll(snap)
			snap = settle(write(snap, plan))
			acted := false
			for _, d := range plan {
				acted = acted || d.Action != Wait
			}
			if !acted {
				return
			}
		}
		t.Fatalf("still deciding: %+v", planAll(snap))
	})
}

func TestPlanPoolComesToRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		replicas := rapid.IntRange(1, 5).Draw(t, "replicas")
		pool := &Pool{Replicas: replicas, Room: true}
		for i := range rapid.IntRange(0, 6).Draw(t, "pods") {
			pool.Pods = append(pool.Pods, Pod{
				Name:        fmt.Sprintf("p%d", i),
				Outdated:    rapid.Bool().Draw(t, "outdated"),
				Ready:       rapid.Bool().Draw(t, "ready"),
				NodeLeaving: rapid.Bool().Draw(t, "leaving"),
				Terminating: rapid.IntRange(0, 5).Draw(t, "terminating") == 0,
				Ended:       rapid.IntRange(0, 5).Draw(t, "ended") == 0,
				Sessions:    rapid.IntRange(0, 3).Draw(t, "sessions"),
			})
		}
		most := max(replicas+1, activePods(pool))
		for step := range 60 {
			plan := PlanPool(pool)
			if plan.Create == 0 && len(plan.Drain) == 0 && len(plan.Delete) == 0 && step > 0 && !busyPods(pool) {
				checkRested(t, pool)
				return
			}
			advance(pool, plan, step)
			if n := activePods(pool); n > most {
				t.Fatalf("%d pods take sessions, asked for %d", n, replicas)
			}
		}
		t.Fatalf("still deciding: %+v for %+v", PlanPool(pool), pool.Pods)
	})
}

// advance lets a step of the world happen: pods become ready, sessions leave
// draining pods, deleted pods go.
func advance(pool *Pool, plan PoolPlan, step int) {
	var next []Pod
	for _, p := range pool.Pods {
		gone := p.Terminating
		for _, name := range plan.Delete {
			gone = gone || name == p.Name
		}
		if gone {
			continue
		}
		for _, d := range plan.Drain {
			if d.Pod == p.Name {
				p.Draining, p.DrainReason = true, d.Reason
			}
		}
		if p.Draining {
			p.Sessions = 0
		} else {
			p.Ready = true
		}
		p.Occupied = p.Sessions > 0
		next = append(next, p)
	}
	for i := range plan.Create {
		next = append(next, Pod{Name: fmt.Sprintf("n%d-%d", step, i)})
	}
	pool.Pods = next
}

func activePods(pool *Pool) int {
	n := 0
	for i := range pool.Pods {
		if pool.Pods[i].active() {
			n++
		}
	}
	return n
}

func busyPods(pool *Pool) bool {
	for _, p := range pool.Pods {
		if !p.Ready || p.Draining || p.Terminating {
			return true
		}
	}
	return false
}

func checkRested(t *rapid.T, pool *Pool) {
	for _, p := range pool.Pods {
		if p.Outdated || p.NodeLeaving || p.Ended {
			t.Fatalf("at rest with %+v", p)
		}
	}
	if n := activePods(pool); n != pool.Replicas {
		t.Fatalf("at rest with %d pods of %d", n, pool.Replicas)
	}
}
