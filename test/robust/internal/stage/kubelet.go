// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"gamesession.dev/operator/test/port"
)

// kubelet runs a process for each pod, says when it is ready, starts it again
// when it dies, and ends it when the pod is deleted.
type kubelet struct {
	cluster *cluster
	make    func(pod *corev1.Pod) (*Shard, error)
	// restartAfter is how long a dead process stays dead.
	restartAfter time.Duration
	log          func(format string, args ...any)

	mu     sync.Mutex
	shards map[string]*kept
	gone   []*Shard
}

// kept is what the kubelet remembers of a pod.
type kept struct {
	*Shard
	ready atomic.Bool
	dead  time.Time // when its process was found dead
	told  bool      // it was asked to end
}

const kubeletEvery = 20 * time.Millisecond

func (k *kubelet) run(ctx context.Context) {
	tick := time.NewTicker(kubeletEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		var pods corev1.PodList
		if err := k.cluster.List(ctx, &pods, client.InNamespace(namespace)); err != nil {
			continue
		}
		for i := range pods.Items {
			if err := k.sync(ctx, &pods.Items[i]); err != nil && ctx.Err() == nil {
				k.log("kubelet: pod %s: %v", pods.Items[i].Name, err)
			}
		}
		k.sweep(pods.Items)
	}
}

// sweep ends the processes of pods that are gone.
func (k *kubelet) sweep(pods []corev1.Pod) {
	k.mu.Lock()
	var lost []*Shard
	for name, s := range k.shards {
		if !slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Name == name }) {
			delete(k.shards, name)
			k.gone = append(k.gone, s.Shard)
			lost = append(lost, s.Shard)
		}
	}
	k.mu.Unlock()
	for _, s := range lost {
		s.End()
	}
}

func (k *kubelet) sync(ctx context.Context, pod *corev1.Pod) error {
	k.mu.Lock()
	s := k.shards[pod.Name]
	k.mu.Unlock()
	if s == nil {
		if pod.DeletionTimestamp != nil {
			return k.release(ctx, pod)
		}
		return k.adopt(ctx, pod)
	}
	dead := false
	select {
	case <-s.Exited():
		dead = true
	default:
	}
	switch {
	case pod.DeletionTimestamp != nil && dead:
		return k.release(ctx, pod)
	case pod.DeletionTimestamp != nil:
		if !s.told {
			s.told = true
			return s.Signal(syscall.SIGTERM)
		}
		return k.tell(ctx, pod, s, s.Shard.ready())
	case dead && s.dead.IsZero():
		s.dead = time.Now()
		return k.tell(ctx, pod, s, false)
	case dead && time.Since(s.dead) > k.restartAfter:
		s.dead = time.Time{}
		return s.start()
	case dead:
		return nil
	}
	return k.tell(ctx, pod, s, s.Shard.ready())
}

// adopt starts the process of a new pod.
func (k *kubelet) adopt(ctx context.Context, pod *corev1.Pod) error {
	shard, err := k.make(pod)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.shards[pod.Name] = &kept{Shard: shard}
	k.mu.Unlock()
	placed := pod.DeepCopy()
	placed.Spec.NodeName = nodeName
	if err := k.cluster.Patch(ctx, placed, client.MergeFrom(pod)); err != nil {
		return err
	}
	return shard.start()
}

// release lets the API server forget a pod whose process has ended.
func (k *kubelet) release(ctx context.Context, pod *corev1.Pod) error {
	after := pod.DeepCopy()
	controllerutil.RemoveFinalizer(after, kubeletFinalizer)
	return client.IgnoreNotFound(k.cluster.Patch(ctx, after, client.MergeFrom(pod)))
}

// tell writes whether a pod is ready, when that has changed.
func (k *kubelet) tell(ctx context.Context, pod *corev1.Pod, s *kept, ready bool) error {
	running := s.dead.IsZero()
	said := len(pod.Status.ContainerStatuses) > 0 && (pod.Status.ContainerStatuses[0].State.Running != nil) == running
	if said && s.ready.Load() == ready {
		return nil
	}
	after := pod.DeepCopy()
	after.Status.Phase = corev1.PodRunning
	condition, state := corev1.ConditionFalse, corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{}}
	if ready {
		condition = corev1.ConditionTrue
	}
	if running {
		state = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	}
	after.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: condition}}
	after.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "shard", Ready: ready, State: state}}
	if err := k.cluster.Status().Patch(ctx, after, client.MergeFrom(pod)); err != nil {
		return client.IgnoreNotFound(err)
	}
	s.ready.Store(ready)
	k.cluster.changed()
	return nil
}

// Shards returns the shards that have a pod, by name.
func (k *kubelet) Shards() []*Shard {
	k.mu.Lock()
	defer k.mu.Unlock()
	var list []*Shard
	for _, name := range slices.Sorted(maps.Keys(k.shards)) {
		list = append(list, k.shards[name].Shard)
	}
	return list
}

// Ever returns also those whose pod is gone.
func (k *kubelet) Ever() []*Shard {
	list := k.Shards()
	k.mu.Lock()
	defer k.mu.Unlock()
	return append(list, k.gone...)
}

// maker returns a function that makes the shard of a pod: its links and its
// command line, with the addresses of this machine in place of the pod's.
func (st *Stage) maker(binary string, extra ...string) func(*corev1.Pod) (*Shard, error) {
	return func(pod *corev1.Pod) (*Shard, error) {
		listen, err := port.Address()
		if err != nil {
			return nil, err
		}
		ops, err := port.Address()
		if err != nil {
			return nil, err
		}
		s := &Shard{Name: pod.Name, dir: st.dir, binary: binary, ops: ops.String()}
		for _, l := range []struct {
			link **Link
			name string
			to   string
		}{
			{&s.Redis, "redis", st.Store.Primary().Addr()}, {&s.Peers, "peers", listen.String()}, {&s.Clients, "clients", listen.String()},
		} {
			if *l.link, err = st.network.Link(pod.Name+"-"+l.name, l.to); err != nil {
				return nil, err
			}
		}
		s.env = append([]string{
			"POD_NAME=" + pod.Name, "POD_IP=127.0.0.1", "REDIS_URL=redis://" + s.Redis.Addr() + "/0",
		}, st.options.Env...)
		for _, arg := range pod.Spec.Containers[0].Args {
			s.args = append(s.args, os.Expand(arg, func(name string) string {
				return map[string]string{"(POD_NAME)": pod.Name}[name]
			}))
		}
		// What comes later wins.
		s.args = append(s.args, "--name="+pod.Name, "--advertise="+s.Peers.Addr(), "--listen="+listen.String(), "--ops-listen="+ops.String(),
			"--signing-keys="+st.keysDir, "--log-format=text", "--log-level=info",
			fmt.Sprintf("--redis-replicas=%d", st.Store.Replicas()))
		s.args = append(s.args, extra...)
		s.log, err = os.OpenFile(filepath.Join(st.dir, pod.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		return s, err
	}
}
