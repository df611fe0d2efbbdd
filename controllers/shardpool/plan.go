// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/placement"
	"gamesession.dev/operator/controllers/resources"
)

// plan asks the planner what to do with the pods, and does it.
func (r *Reconciler) plan(ctx context.Context, s *scope) error {
	if s.notYet {
		return nil
	}
	pool := &placement.Pool{Replicas: int(s.pool.Spec.Replicas), Room: room(s.shards)}
	for i := range s.shards {
		pool.Pods = append(pool.Pods, s.shards[i].pod())
	}
	pool.Pods = r.memory.overlay(s.name(), pool.Pods)
	plan := placement.PlanPool(pool)
	if s.problem != nil {
		plan.Create = 0 // it would not start
	}
	s.decided = plan
	for _, name := range plan.Delete {
		if err := r.deletePod(ctx, s, name); err != nil {
			return err
		}
	}
	for _, d := range plan.Drain {
		if err := r.drainPod(ctx, s, d); err != nil {
			return err
		}
	}
	for range plan.Create {
		if err := r.createPod(ctx, s); err != nil {
			return err
		}
	}
	if len(plan.Delete)+len(plan.Drain)+plan.Create > 0 {
		s.again(busyInterval)
	}
	return nil
}

// pod is the shard as the planner of pods sees it. While nothing is known of
// its heartbeat, what the kubelet says is believed.
func (sh *shard) pod() placement.Pod {
	return placement.Pod{
		Name: sh.Pod.Name, Outdated: sh.Outdated,
		NodeLeaving: sh.NodeLeaving, NodeLost: sh.NodeLost(),
		Ready:    fleet.Ready(sh.Pod) && sh.Verdict != placement.Dead,
		Draining: sh.Draining(), DrainReason: sh.DrainReason(),
		Terminating: sh.Terminating(), Ended: sh.Ended(),
		Sessions: sh.sessions, Occupied: sh.occupied, Overdue: sh.overdue,
	}
}

// spent: nothing is left on the shard, and nothing waits for it.
func (sh *shard) spent() bool {
	p := sh.pod()
	return p.Spent()
}

// room says whether the sessions of overdue shards fit elsewhere.
func room(shards []shard) bool {
	free, stuck := 0, 0
	for i := range shards {
		sh := &shards[i]
		switch {
		case sh.overdue:
			stuck += sh.sessions
		case sh.Serving() && sh.Leaving() == "":
			free += max(0, sh.Beat.Capacity-sh.sessions)
		}
	}
	return stuck <= free
}

func (r *Reconciler) createPod(ctx context.Context, s *scope) error {
	pod := resources.Pod(s.pool, s.pool.Name+"-"+rand.String(5), r.options.KeyPrefix)
	err := r.client.Create(ctx, pod)
	if apierrors.IsAlreadyExists(err) {
		return nil // the next pass takes another name
	}
	if err != nil {
		return fmt.Errorf("creating a shard: %w", err)
	}
	r.memory.noteMade(s.name(), pod.Name)
	s.Normal(v1alpha1.EventShardCreated, "Create", "Created shard "+pod.Name)
	return nil
}

// drainPod writes on the pod that it is to be emptied. The sessions are moved
// by package gamesession, which sees the label.
func (r *Reconciler) drainPod(ctx context.Context, s *scope, d placement.Drain) error {
	var pod *shard
	for i := range s.shards {
		if s.shards[i].Pod.Name == d.Pod {
			pod = &s.shards[i]
		}
	}
	if pod == nil {
		return nil // made a moment ago; the cache will show it
	}
	patch := fmt.Sprintf(`{"metadata":{"uid":%q,"labels":{%q:"true"},"annotations":{%q:%q,%q:%q}}}`, pod.Pod.UID,
		v1alpha1.LabelDraining, v1alpha1.AnnotationDrainReason, d.Reason,
		v1alpha1.AnnotationDrainingSince, time.Now().UTC().Format(time.RFC3339))
	err := r.client.Patch(ctx, pod.Pod.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("draining shard %s: %w", d.Pod, err)
	}
	r.memory.noteDrained(s.name(), d.Pod, d.Reason)
	s.Normal(v1alpha1.EventShardDraining, "Drain", fmt.Sprintf("Draining shard %s with %d sessions (%s)", d.Pod, pod.sessions, d.Reason))
	return nil
}

// deletePod deletes a pod that has ended, or whose drain is over, after another
// look at the API server: what the cache shows may be old.
func (r *Reconciler) deletePod(ctx context.Context, s *scope, name string) error {
	pod, sessions, err := r.look(ctx, s, name)
	if err != nil || pod == nil || pod.DeletionTimestamp != nil {
		return err
	}
	overdue := drainingFor(pod) > s.pool.Spec.DrainDeadline.Duration
	if sessions > 0 && !overdue && !fleet.Ended(pod) {
		return nil
	}
	err = r.client.Delete(ctx, pod, client.Preconditions{UID: &pod.UID, ResourceVersion: &pod.ResourceVersion})
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("deleting shard %s: %w", name, err)
	}
	text := "Deleted shard " + name
	if sessions > 0 {
		s.Warn(v1alpha1.ReasonDrainBlocked, "Delete", fmt.Sprintf("%s past the drain deadline; %d sessions fail over", text, sessions))
		return nil
	}
	s.Normal(v1alpha1.EventShardDeleted, "Delete", text)
	return nil
}
