// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/setup"
)

const (
	namespace = "robust"
	poolName  = "pool"
	nodeName  = "node"
	// kubeletFinalizer keeps a deleted pod until its process has ended, as the
	// API server does.
	kubeletFinalizer = "test.gamesession.dev/kubelet"
)

// Bound is one placement as the operator wrote it.
type Bound struct {
	Session string
	Shard   string
	Epoch   int64
	// At is a moment before anybody could know of it.
	At time.Time
}

// cluster is a simulated API server. It keeps the placements that were written,
// in their order.
type cluster struct {
	client.Client
	changed func()

	mu    sync.Mutex
	bound []Bound
}

// newCluster calls changed after each write.
func newCluster(changed func()) *cluster {
	k := &cluster{changed: changed}
	k.Client = fake.NewClientBuilder().
		WithScheme(setup.Scheme()).
		WithStatusSubresource(&v1alpha1.GameSession{}, &v1alpha1.ShardPool{}, &corev1.Pod{}, &corev1.Node{}).
		WithIndex(&v1alpha1.GameSession{}, fleet.PoolIndex, func(o client.Object) []string {
			return []string{o.(*v1alpha1.GameSession).Spec.PoolName}
		}).
		WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
				o.SetUID(uuid.NewUUID())
				o.SetGeneration(1)
				if _, is := o.(*corev1.Pod); is {
					controllerutil.AddFinalizer(o, kubeletFinalizer)
				}
				defer changed()
				return c.Create(ctx, o, opts...)
			},
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				defer changed()
				return c.Patch(ctx, o, p, opts...)
			},
			SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
				return k.patchStatus(ctx, c, sub, o, p, opts...)
			},
		}).
		Build()
	return k
}

// patchStatus notes placements in the order in which they came to be.
func (k *cluster) patchStatus(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	at := time.Now()
	if err := c.SubResource(sub).Patch(ctx, o, p, opts...); err != nil {
		return err
	}
	if gs, is := o.(*v1alpha1.GameSession); is && gs.Status.Placement != nil {
		now := Bound{Session: string(gs.UID), Shard: gs.Status.Placement.Shard, Epoch: gs.Status.Placement.Epoch, At: at}
		if last, known := k.last(now.Session); !known || last.Shard != now.Shard || last.Epoch != now.Epoch {
			k.bound = append(k.bound, now)
			k.changed()
		}
	}
	return nil
}

func (k *cluster) last(session string) (Bound, bool) {
	for i := len(k.bound) - 1; i >= 0; i-- {
		if k.bound[i].Session == session {
			return k.bound[i], true
		}
	}
	return Bound{}, false
}

// Bounds returns every placement that was written, oldest first.
func (k *cluster) Bounds() []Bound {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]Bound(nil), k.bound...)
}

// furnish makes the node, the secrets and the pool.
func (k *cluster) furnish(ctx context.Context, pool *v1alpha1.ShardPool, redisURL string) error {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeName}, Status: corev1.NodeStatus{
		Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
	}}
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: namespace, Name: name} }
	for _, o := range []client.Object{
		node,
		&corev1.Secret{ObjectMeta: meta("redis"), Data: map[string][]byte{"url": []byte(redisURL)}},
		&corev1.Secret{ObjectMeta: meta("keys"), Data: map[string][]byte{"key-1": []byte("not read by the operator, only looked for")}},
		pool,
	} {
		if err := k.Create(ctx, o); err != nil {
			return fmt.Errorf("furnishing the cluster: %w", err)
		}
	}
	return nil
}

func (k *cluster) session(ctx context.Context, name string) (*v1alpha1.GameSession, error) {
	gs := &v1alpha1.GameSession{}
	err := k.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, gs)
	return gs, err
}
