// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// evict asks for an eviction as kubectl drain does, once.
func (k *cluster) evict(pod string) error {
	k.t.Helper()
	clientset, err := kubernetes.NewForConfig(server.Config)
	k.must(err)
	body := &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: pod}}
	return clientset.CoreV1().RESTClient().Post().Namespace(k.ns).Resource("pods").Name(pod).SubResource("eviction").
		Body(body).MaxRetries(0).Do(k.t.Context()).Error()
}

// kubectl drain: cordon, then evict until every pod is gone. The budget holds
// the evictions back until the sessions have moved.
func TestNodeDrain(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	names := k.sessions(6)
	crowded := k.node(1)
	var there []string
	for _, sh := range k.readPool().Status.Shards {
		if sh.Node == crowded {
			there = append(there, sh.Name)
		}
	}
	if len(there) == 0 {
		t.Fatal("no shard on node 1")
	}
	if err := k.evict(there[0]); !apierrors.IsTooManyRequests(err) {
		t.Errorf("evicting an occupied shard: %v, want 429", err)
	}
	k.cordon(crowded, true)
	k.await("the node to be empty", func() string {
		for _, name := range there {
			if _, found := k.readPod(name); !found {
				continue
			}
			if err := k.evict(name); err != nil && !apierrors.IsTooManyRequests(err) && !apierrors.IsNotFound(err) {
				return err.Error()
			}
			return name
		}
		return ""
	})
	k.awaitPool(3)
	k.awaitReady(names...)
	k.plays(names...)
	for _, sh := range k.readPool().Status.Shards {
		if sh.Node == crowded {
			t.Errorf("shard %s is on the drained node", sh.Name)
		}
	}
	for _, n := range names {
		if m := k.read(n).Status.LastMove; m != nil && m.Mode != v1alpha1.PlacementHandoff {
			t.Errorf("%s moved otherwise than by a handoff: %+v", n, m)
		}
	}
	k.checkJournals(names...)
}

func TestPodDelete(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	names := k.sessions(4)
	home := k.read(names[0]).Status.Owner.Shard
	pod, _ := k.readPod(home)
	k.must(k.c.Delete(t.Context(), pod))
	k.awaitOff(home, names...)
	k.awaitPool(2)
	k.plays(names...)
	for _, n := range names {
		if m := k.read(n).Status.LastMove; m != nil && m.Mode != v1alpha1.PlacementHandoff {
			t.Errorf("%s moved otherwise than by a handoff: %+v", n, m)
		}
	}
	k.checkJournals(names...)
}

func TestScaleIn(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	names := k.sessions(4)
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Replicas = 1 })
	k.awaitPool(1)
	k.awaitReady(names...)
	k.plays(names...)
	k.checkJournals(names...)
}

func TestRollout(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	names := k.sessions(4)
	old := k.readPool().Status.Shards
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Image = "gamesession/shard:next" })
	most := int32(0)
	k.await("the rollout", func() string {
		st := k.readPool().Status
		most = max(most, st.Replicas)
		if st.UpdatedReplicas != 2 || st.Replicas != 2 {
			return "not yet"
		}
		return ""
	})
	k.awaitPool(2)
	k.awaitReady(names...)
	k.plays(names...)
	if most > 3 {
		t.Errorf("%d pods at a time, want at most one more than 2", most)
	}
	for _, sh := range old {
		if _, found := k.readPod(sh.Name); found {
			t.Errorf("shard %s is of the old image", sh.Name)
		}
	}
	k.checkJournals(names...)
}

// Nowhere to go: the drain waits, says so, and past its deadline lets evictions
// through.
func TestDrainWithoutRoomIsBlocked(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(1)
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.DrainDeadline.Duration = 2e9 })
	k.awaitPool(1)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	k.mu.Lock()
	k.frozen = true // no pod that is made starts
	k.mu.Unlock()
	pod, _ := k.readPod(home)
	k.cordon(pod.Spec.NodeName, true)
	k.await("the eviction to be let through", func() string {
		if pod, found := k.readPod(home); found && pod.Labels[v1alpha1.LabelOccupied] == "true" {
			return "still protected"
		}
		return ""
	})
	e := k.awaitEvent("pool", v1alpha1.ReasonDrainBlocked, corev1.EventTypeWarning)
	t.Log(e.Note)
	if _, found := k.readPod(home); !found {
		t.Error("the shard was deleted although its session has nowhere to go")
	}
	k.plays("s00")
	k.mu.Lock()
	k.frozen = false
	k.mu.Unlock()
	k.awaitOff(home, "s00")
	k.plays("s00")
	k.checkJournals("s00")
}

// The Secrets of a pool go away: its shards have read them, and can still be
// drained.
func TestNodeDrainWithoutSecrets(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	names := k.sessions(2)
	for _, name := range []string{"redis", "keys"} {
		k.must(k.c.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: name}}))
	}
	k.awaitEvent("pool", v1alpha1.ReasonInvalidSecret, corev1.EventTypeWarning)
	home := k.read(names[0]).Status.Owner.Shard
	pod, _ := k.readPod(home)
	k.cordon(pod.Spec.NodeName, true)
	k.awaitOff(home, names...)
	k.await("the drained shard to be let go", func() string {
		if pod, found := k.readPod(home); found && pod.Labels[v1alpha1.LabelOccupied] == "true" {
			return "still protected"
		}
		return ""
	})
	k.plays(names...)
	k.checkJournals(names...)
}

// A shard that relays for clients of a session that has moved is kept until the
// grace is over.
func TestRelayingShardIsKeptForTheGrace(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.RelayGrace.Duration = 10e9 })
	k.awaitPool(2)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	k.shard(home).sockets.Store(3)
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Image = "gamesession/shard:next" })
	k.awaitOff(home, "s00")
	pod, found := k.readPod(home)
	if !found || pod.DeletionTimestamp != nil || pod.Labels[v1alpha1.LabelOccupied] != "true" {
		t.Errorf("the relaying shard is not protected: %v", pod)
	}
	k.awaitPool(2)
}

// The label is there before the assignment, and gone after the last session.
func TestOccupiedLabelFollowsTheSessions(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	if pod, _ := k.readPod(home); pod.Labels[v1alpha1.LabelOccupied] != "true" {
		t.Error("a shard with a session is not protected")
	}
	to := k.other()
	if pod, _ := k.readPod(to); pod.Labels[v1alpha1.LabelOccupied] == "true" {
		t.Error("an empty shard is protected")
	}
	k.ask("s00", "m1", to)
	k.awaitOff(home, "s00")
	k.await("the labels to follow", func() string {
		from, _ := k.readPod(home)
		there, _ := k.readPod(to)
		if from.Labels[v1alpha1.LabelOccupied] == "true" || there.Labels[v1alpha1.LabelOccupied] != "true" {
			return "not yet"
		}
		return ""
	})
}

func (k *cluster) edit(change func(*v1alpha1.ShardPool)) {
	k.t.Helper()
	p := k.readPool()
	patch := client.MergeFrom(p.DeepCopy())
	change(p)
	k.must(k.c.Patch(k.t.Context(), p, patch))
}
