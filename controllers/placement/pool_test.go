// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlanPool(t *testing.T) {
	ready := func(name string, sessions int) Pod {
		return Pod{Name: name, Ready: true, Sessions: sessions, Occupied: sessions > 0}
	}
	old := func(p Pod) Pod { p.Outdated = true; return p }
	unready := func(p Pod) Pod { p.Ready = false; return p }
	drain := func(p Pod, reason string) Pod { p.Draining, p.DrainReason = true, reason; return p }
	ending := func(p Pod) Pod { p.Terminating = true; return p }
	onLostNode := func(p Pod) Pod { p.NodeLost = true; return p }
	onLeavingNode := func(p Pod) Pod { p.NodeLeaving = true; return p }
	for name, tc := range map[string]struct {
		replicas int
		pods     []Pod
		room     bool
		want     PoolPlan
	}{
		"from nothing":         {3, nil, true, PoolPlan{Create: 3}},
		"nothing to do":        {2, []Pod{ready("a", 1), ready("b", 0)}, true, PoolPlan{}},
		"a pod was deleted":    {2, []Pod{ready("a", 1), {Name: "b", Terminating: true, Sessions: 3, Occupied: true}}, true, PoolPlan{Create: 1}},
		"a pod has ended":      {2, []Pod{ready("a", 1), {Name: "b", Ended: true}}, true, PoolPlan{Create: 1, Delete: []string{"b"}}},
		"scale in: emptiest":   {1, []Pod{ready("a", 5), ready("b", 2)}, true, PoolPlan{Drain: []Drain{{"b", DrainScaleIn}}}},
		"scale in: not ready":  {1, []Pod{ready("a", 0), unready(ready("b", 0))}, true, PoolPlan{Drain: []Drain{{"b", DrainScaleIn}}}},
		"scale in under way":   {1, []Pod{ready("a", 5), drain(ready("b", 2), DrainScaleIn)}, true, PoolPlan{}},
		"scale in comes true":  {1, []Pod{ready("a", 5), drain(ready("b", 0), DrainScaleIn)}, true, PoolPlan{Delete: []string{"b"}}},
		"a relay is not empty": {1, []Pod{ready("a", 5), {Name: "b", Draining: true, Occupied: true}}, true, PoolPlan{}},
		"overdue, with room":   {1, []Pod{ready("a", 5), {Name: "b", Draining: true, Occupied: true, Overdue: true, Sessions: 1}}, true, PoolPlan{Delete: []string{"b"}}},
		"overdue, no room":     {1, []Pod{ready("a", 5), {Name: "b", Draining: true, Occupied: true, Overdue: true, Sessions: 1}}, false, PoolPlan{}},
		"node is emptied": {
			3, []Pod{onLeavingNode(ready("a", 1)), onLeavingNode(ready("b", 1)), ready("c", 1)}, true,
			PoolPlan{Create: 2, Drain: []Drain{{"a", DrainNode}, {"b", DrainNode}}},
		},
		"node is being emptied": {
			3, []Pod{onLeavingNode(drain(ready("a", 1), DrainNode)), ready("b", 1), unready(ready("c", 0)), ready("d", 1)}, true,
			PoolPlan{},
		},
		"rollout: surge first": {2, []Pod{old(ready("a", 1)), old(ready("b", 1))}, true, PoolPlan{Create: 1}},
		"rollout: wait until the surge is ready": {
			2, []Pod{old(ready("a", 1)), old(ready("b", 1)), unready(ready("c", 0))}, true, PoolPlan{},
		},
		"rollout: drain the emptiest old one": {
			2, []Pod{old(ready("a", 3)), old(ready("b", 1)), ready("c", 0)}, true, PoolPlan{Drain: []Drain{{"b", DrainRollout}}},
		},
		"rollout: one at a time": {
			2, []Pod{old(ready("a", 3)), drain(old(ready("b", 1)), DrainRollout), ready("c", 0)}, true, PoolPlan{},
		},
		"rollout: the next surge when the old one is gone": {
			2, []Pod{old(ready("a", 3)), ready("c", 0)}, true, PoolPlan{Create: 1},
		},
		"rollout: what ends is waited for": {
			2, []Pod{old(ready("a", 3)), ending(drain(old(unready(ready("b", 0))), DrainRollout)), ready("c", 0)}, true, PoolPlan{},
		},
		"rollout: what ends on a lost node is not waited for": {
			2, []Pod{old(ready("a", 3)), onLostNode(ending(drain(old(unready(ready("b", 0))), DrainRollout))), ready("c", 0)}, true, PoolPlan{Create: 1},
		},
		"rollout: a broken old pod makes room at once": {
			2, []Pod{old(unready(ready("a", 0))), ready("b", 1)}, true,
			PoolPlan{Create: 1, Drain: []Drain{{"a", DrainRollout}}},
		},
		"rollout and scale up": {3, []Pod{old(ready("a", 1))}, true, PoolPlan{Create: 2}},
	} {
		t.Run(name, func(t *testing.T) {
			got := PlanPool(&Pool{Replicas: tc.replicas, Pods: tc.pods, Room: tc.room})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("PlanPool (-want +got):\n%s", diff)
			}
		})
	}
}
