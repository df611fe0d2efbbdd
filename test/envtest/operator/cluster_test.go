// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/test/redistest"
)

// cluster plays what a cluster has besides the API server, for one namespace:
// two nodes, a scheduler, a kubelet.
type cluster struct {
	t     *testing.T
	c     client.Client
	ns    string
	redis *redistest.Server
	log   *journal.Redis
	reg   *registry.Registry

	capacity int
	lease    time.Duration // the shards share their processors with the rest of the tests
	pace     time.Duration // of everybody but the operator

	mu      sync.Mutex
	shards  map[string]*scripted // by pod
	started map[string]bool
	script  func(*scripted) // applied to each new shard
	frozen  bool            // new pods stay pending

	claiming sync.Mutex
	claims   map[string][]string // runs of shards by session and epoch that they took
}

// newCluster makes a cluster for a test that runs beside others.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	t.Parallel()
	return newClusterAlone(t, 20*time.Millisecond)
}

// newClusterAlone makes a cluster. pace is that of everybody but the operator.
func newClusterAlone(t *testing.T, pace time.Duration) *cluster {
	t.Helper()
	return newClusterAround(t, pace, redistest.Start(t))
}

// newClusterAround makes a cluster with a Redis.
func newClusterAround(t *testing.T, pace time.Duration, store *redistest.Server) *cluster {
	t.Helper()
	k := &cluster{
		t: t, c: server.Client, capacity: 10, lease: 3 * time.Second, pace: pace, redis: store,
		shards: map[string]*scripted{}, started: map[string]bool{}, claims: map[string][]string{}, script: func(*scripted) {},
	}
	var err error
	if k.log, err = journal.NewRedis(k.redis.Options(), journal.Config{}); err != nil {
		t.Fatal(err)
	}
	options := k.redis.Options()
	options.ContextTimeoutEnabled = true
	redisClient := redis.NewClient(options)
	keys, err := journal.NewKeys("")
	if err != nil {
		t.Fatal(err)
	}
	k.reg = registry.New(redisClient, keys)
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "operator-", Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	k.must(k.c.Create(t.Context(), ns))
	k.ns = ns.Name
	for i := range 2 {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: k.node(i + 1)}}
		k.must(k.c.Create(t.Context(), node))
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		k.must(k.c.Status().Update(t.Context(), node))
	}
	k.must(k.c.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "redis"}, StringData: map[string]string{"url": k.redis.URL()},
	}))
	k.must(k.c.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "keys"}, StringData: map[string]string{"k1": "0123456789abcdef0123456789abcdef"},
	}))
	ctx, cancel := context.WithCancel(context.Background())
	var kubelet sync.WaitGroup
	kubelet.Go(func() { k.kubelet(ctx) })
	t.Cleanup(func() {
		cancel()
		kubelet.Wait()
		k.mu.Lock()
		defer k.mu.Unlock()
		for _, s := range k.shards {
			s.kill()
		}
		_ = k.log.Close()
		_ = redisClient.Close()
		// There are only so many addresses for Services.
		if err := k.c.DeleteAllOf(context.Background(), &corev1.Service{}, client.InNamespace(k.ns)); err != nil {
			t.Errorf("deleting the services: %v", err)
		}
	})
	return k
}

func (k *cluster) node(i int) string { return fmt.Sprintf("%s-node%d", k.ns, i) }

func (k *cluster) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// kubelet binds pods to nodes that take them, runs a shard for each, calls it
// ready, and removes pods that are deleted once their shard has stopped.
func (k *cluster) kubelet(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * k.pace / 2):
		}
		var pods corev1.PodList
		if k.c.List(ctx, &pods, client.InNamespace(k.ns), client.HasLabels{v1alpha1.LabelPool}) != nil {
			continue
		}
		perNode := map[string]int{}
		exists := map[string]bool{}
		for _, p := range pods.Items {
			perNode[p.Spec.NodeName]++
			exists[p.Name] = true
		}
		for i := range pods.Items {
			k.sync(ctx, &pods.Items[i], perNode)
		}
		k.mu.Lock()
		for name, s := range k.shards {
			if !exists[name] { // deleted without grace
				s.kill()
				delete(k.shards, name)
			}
		}
		k.mu.Unlock()
	}
}

func (k *cluster) sync(ctx context.Context, pod *corev1.Pod, perNode map[string]int) {
	k.mu.Lock()
	s, started := k.shards[pod.Name], k.started[pod.Name]
	frozen := k.frozen
	k.mu.Unlock()
	switch {
	case pod.DeletionTimestamp != nil:
		k.terminate(ctx, pod, s)
	case started || frozen:
	case pod.Spec.NodeName == "":
		k.schedule(ctx, pod, perNode)
	default:
		k.startPod(ctx, pod)
	}
}

func (k *cluster) terminate(ctx context.Context, pod *corev1.Pod, s *scripted) {
	if s != nil {
		s.draining.Store(true)
		if s.count() > 0 {
			return
		}
		s.kill()
		k.mu.Lock()
		delete(k.shards, pod.Name)
		k.mu.Unlock()
	}
	_ = k.c.Delete(ctx, pod, client.GracePeriodSeconds(0))
}

func (k *cluster) schedule(ctx context.Context, pod *corev1.Pod, perNode map[string]int) {
	best := ""
	for i := range 2 {
		var node corev1.Node
		if k.c.Get(ctx, types.NamespacedName{Name: k.node(i + 1)}, &node) != nil || node.Spec.Unschedulable {
			continue
		}
		if best == "" || perNode[node.Name] < perNode[best] {
			best = node.Name
		}
	}
	if best == "" {
		return
	}
	perNode[best]++
	_ = k.c.SubResource("binding").Create(ctx, pod, &corev1.Binding{Target: corev1.ObjectReference{Kind: "Node", Name: best}})
}

func (k *cluster) startPod(ctx context.Context, pod *corev1.Pod) {
	if !k.ready(ctx, pod) {
		return
	}
	s := k.startShard(pod.Name)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.script(s)
	k.shards[pod.Name] = s
	k.started[pod.Name] = true
}

func (k *cluster) ready(ctx context.Context, pod *corev1.Pod) bool {
	after := pod.DeepCopy()
	after.Status.Phase = corev1.PodRunning
	after.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	after.Status.ContainerStatuses = []corev1.ContainerStatus{{
		Name: "shard", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
	}}
	return k.c.Status().Patch(ctx, after, client.MergeFrom(pod)) == nil
}

// claimed notes who took a session.
func (k *cluster) claimed(id string, me journal.Owner) {
	k.claiming.Lock()
	defer k.claiming.Unlock()
	claim := fmt.Sprintf("%s/%d", id, me.Epoch)
	k.claims[claim] = append(k.claims[claim], me.Incarnation)
}

// shard returns the shard of a pod.
func (k *cluster) shard(name string) *scripted {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.shards[name]
}

// restart is what the kubelet does after a SIGKILL: another run of the process
// under the same name.
func (k *cluster) restart(name string) {
	k.t.Helper()
	k.shard(name).kill()
	s := k.startShard(name)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.shards[name] = s
}

func (k *cluster) cordon(node string, on bool) {
	k.t.Helper()
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}
	patch := fmt.Sprintf(`{"spec":{"unschedulable":%t}}`, on)
	k.must(k.c.Patch(k.t.Context(), n, client.RawPatch(types.MergePatchType, []byte(patch))))
}

// pool makes a pool and waits until its shards take sessions.
func (k *cluster) pool(replicas int32) {
	k.t.Helper()
	k.must(k.c.Create(k.t.Context(), k.wish(replicas)))
	k.awaitPool(replicas)
}

// wish is a pool that is not made yet.
func (k *cluster) wish(replicas int32) *v1alpha1.ShardPool {
	return &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: "pool"},
		Spec: v1alpha1.ShardPoolSpec{
			Image: "gamesession/shard:dev", Replicas: replicas, MinReplicas: 1, MaxReplicas: 10, SessionsPerShard: int32(k.capacity),
			Lease:               metav1.Duration{Duration: k.lease},
			DrainDeadline:       metav1.Duration{Duration: time.Minute},
			RelayGrace:          metav1.Duration{Duration: time.Second},
			RedisSecretRef:      v1alpha1.SecretKeyRef{Name: "redis", Key: "url"},
			SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"},
		},
	}
}

func (k *cluster) awaitPool(replicas int32) {
	k.t.Helper()
	k.await("the pool to be complete", func() string {
		p := k.readPool()
		st := p.Status
		if st.ObservedGeneration != p.Generation || st.ReadyReplicas != replicas || st.Replicas != replicas || st.UpdatedReplicas != replicas {
			return fmt.Sprintf("%+v", st)
		}
		return ""
	})
}

func (k *cluster) readPool() *v1alpha1.ShardPool {
	k.t.Helper()
	p := &v1alpha1.ShardPool{}
	k.must(k.c.Get(k.t.Context(), types.NamespacedName{Namespace: k.ns, Name: "pool"}, p))
	return p
}

func (k *cluster) readPod(name string) (*corev1.Pod, bool) {
	k.t.Helper()
	pod := &corev1.Pod{}
	err := k.c.Get(k.t.Context(), types.NamespacedName{Namespace: k.ns, Name: name}, pod)
	if apierrors.IsNotFound(err) {
		return nil, false
	}
	k.must(err)
	return pod, true
}

// await polls until what returns nothing more to wait for.
func (k *cluster) await(name string, what func() string) {
	k.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		missing := what()
		if missing == "" {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatalf("waited a minute for %s: %s\n%s", name, missing, k.dump())
		}
		time.Sleep(k.pace)
	}
}
