// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// stale is a cache that travels in time: from the at-th write on it shows, for a
// while, what it showed some writes ago.
const stale kind = "stale reads"

const (
	staleBy  = 4 // writes
	staleFor = 800 * time.Millisecond
)

// traveller serves the reads of an operator, and remembers what they were.
type traveller struct {
	at int

	mu     sync.Mutex
	writes int
	until  time.Time
	seen   map[string][]sight
	served int // reads that were not what is
}

// sight is what a read showed when there had been so many writes.
type sight struct {
	writes int
	object runtime.Object
}

func (v *traveller) wrote() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writes++
	if v.writes == v.at {
		v.until = time.Now().Add(staleFor)
	}
}

// read remembers what was read, and replaces it when it is time to.
func (v *traveller) read(what string, into runtime.Object) {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.seen[what]
	if time.Now().After(v.until) {
		v.seen[what] = append(now, sight{v.writes, into.DeepCopyObject()})
		return
	}
	for i := len(now) - 1; i >= 0; i-- {
		if now[i].writes <= v.at-staleBy {
			reflect.ValueOf(into).Elem().Set(reflect.ValueOf(now[i].object.DeepCopyObject()).Elem())
			v.served++
			return
		}
	}
}

func (v *traveller) wrap(c client.WithWatch) client.Client {
	v.seen = map[string][]sight{}
	return interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, o, opts...)
			if err == nil {
				v.read(fmt.Sprintf("%T %s", o, key), o)
			}
			return err
		},
		List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
			err := c.List(ctx, l, opts...)
			if err == nil {
				var o client.ListOptions
				o.ApplyOptions(opts)
				v.read(fmt.Sprintf("%T %s %v %v", l, o.Namespace, o.LabelSelector, o.FieldSelector), l)
			}
			return err
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			v.wrote()
			return c.Create(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			v.wrote()
			return c.Delete(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			v.wrote()
			return c.Patch(ctx, o, p, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			v.wrote()
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	})
}
