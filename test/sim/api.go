// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// api is the API server: objects by kind and name, each with its versions, so
// that caches may lag.
type api struct {
	world *world

	mu       sync.Mutex
	version  int
	objects  map[string][]revision
	watchers map[chan struct{}]bool
}

type revision struct {
	at     time.Time
	object client.Object // never changed
}

func newAPI(w *world) *api {
	return &api{world: w, objects: map[string][]revision{}, watchers: map[chan struct{}]bool{}}
}

func key(o client.Object, name string) string { return fmt.Sprintf("%T/%s", o, name) }

// put stores an object and tells the watchers. The caller holds mu.
func (a *api) put(o client.Object) {
	a.version++
	o.SetResourceVersion(fmt.Sprint(a.version))
	k := key(o, o.GetName())
	a.objects[k] = append(a.objects[k], revision{at: time.Now(), object: o})
	for w := range a.watchers {
		select {
		case w <- struct{}{}:
		default:
		}
	}
}

// as returns the object as it was some time ago, or as it is.
func (a *api) as(k string, lag time.Duration) client.Object {
	a.mu.Lock()
	defer a.mu.Unlock()
	revisions := a.objects[k]
	for _, r := range slices.Backward(revisions) {
		if time.Since(r.at) >= lag {
			return r.object
		}
	}
	if len(revisions) > 0 {
		return revisions[0].object // every cache begins with a list
	}
	return nil
}

// session returns a session as it is.
func (a *api) session(name string) *v1alpha1.GameSession {
	return a.as(key(&v1alpha1.GameSession{}, name), 0).(*v1alpha1.GameSession)
}

// edit changes a session as its user does.
func (a *api) edit(name string, change func(*v1alpha1.GameSession)) {
	gs := a.session(name).DeepCopy()
	change(gs)
	gs.Generation++
	a.mu.Lock()
	defer a.mu.Unlock()
	a.put(gs)
}

func (a *api) watch() chan struct{} {
	w := make(chan struct{}, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.watchers[w] = true
	return w
}

func (a *api) unwatch(w chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.watchers, w)
}

// patch applies a merge patch, to the status alone or to all else.
func (a *api) patch(k string, patch []byte, status bool) (client.Object, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	revisions := a.objects[k]
	if len(revisions) == 0 {
		return nil, apierrors.NewNotFound(schema.GroupResource{}, k)
	}
	before := revisions[len(revisions)-1].object
	var wish map[string]any
	if err := json.Unmarshal(patch, &wish); err != nil {
		return nil, err
	}
	if meta, is := wish["metadata"].(map[string]any); is && meta["resourceVersion"] != nil {
		if meta["resourceVersion"] != before.GetResourceVersion() {
			return nil, apierrors.NewConflict(schema.GroupResource{}, k, errors.New("the object has been modified"))
		}
	}
	for field := range wish {
		if (field == "status") != status {
			delete(wish, field)
		}
	}
	after, err := merged(before, wish)
	if err != nil {
		return nil, err
	}
	a.put(after)
	return after, nil
}

// merged returns a copy of an object with a merge patch (RFC 7386) applied.
func merged(o client.Object, patch map[string]any) (client.Object, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	var whole map[string]any
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(merge(whole, patch)); err != nil {
		return nil, err
	}
	var after client.Object = &v1alpha1.GameSession{}
	if _, is := o.(*corev1.Pod); is {
		after = &corev1.Pod{}
	}
	return after, json.Unmarshal(text, after)
}

func merge(into, patch map[string]any) map[string]any {
	if into == nil {
		into = map[string]any{}
	}
	for field, value := range patch {
		inner, is := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, field)
		case is:
			below, _ := into[field].(map[string]any)
			into[field] = merge(below, inner)
		default:
			into[field] = value
		}
	}
	return into
}

// cached is the API server as a reconciler sees it: reads come from a cache that
// lags, writes go over a link. What a reconciler does not call is not there.
type cached struct {
	client.Client
	api  *api
	link *link
	dice *dice

	mu  sync.Mutex
	lag time.Duration
}

func (c *cached) setLag(lag time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lag = lag
}

func (c *cached) now() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lag
}

func (c *cached) Get(_ context.Context, name types.NamespacedName, into client.Object, _ ...client.GetOption) error {
	return copyInto(c.api.as(key(into, name.Name), c.now()), name.Name, into, c.api.world.plant)
}

func copyInto(o client.Object, name string, into client.Object, p Plant) error {
	switch found := o.(type) {
	case *v1alpha1.GameSession:
		found.DeepCopyInto(into.(*v1alpha1.GameSession))
		p.remembered(into.(*v1alpha1.GameSession))
	case *v1alpha1.ShardPool:
		found.DeepCopyInto(into.(*v1alpha1.ShardPool))
	case *corev1.Pod:
		found.DeepCopyInto(into.(*corev1.Pod))
	default:
		return apierrors.NewNotFound(schema.GroupResource{}, name)
	}
	return nil
}

func (c *cached) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	c.api.mu.Lock()
	keys := slices.Sorted(maps.Keys(c.api.objects))
	c.api.mu.Unlock()
	for _, k := range keys {
		switch o := c.api.as(k, c.now()).(type) {
		case *v1alpha1.GameSession:
			if l, is := list.(*v1alpha1.GameSessionList); is {
				l.Items = append(l.Items, *o.DeepCopy())
			}
		case *corev1.Pod:
			if l, is := list.(*corev1.PodList); is {
				l.Items = append(l.Items, *o.DeepCopy())
			}
		}
	}
	return nil
}

func (c *cached) Patch(ctx context.Context, o client.Object, p client.Patch, _ ...client.PatchOption) error {
	return c.write(ctx, o, p, false)
}

const apiLimit = 5 * time.Second

func (c *cached) write(ctx context.Context, o client.Object, p client.Patch, status bool) error {
	data, err := p.Data(o)
	if err != nil {
		return err
	}
	k, name := key(o, o.GetName()), o.GetName()
	after, err := exchange(ctx, c.link, apiLimit, func() (client.Object, error) { return c.api.patch(k, data, status) })
	switch {
	case errors.Is(err, errSilence), errors.Is(err, errReset):
		return apierrors.NewTimeoutError("no answer", 0)
	case err != nil:
		return err
	}
	return copyInto(after, name, o, "")
}

func (c *cached) Status() client.SubResourceWriter { return statusWriter{cached: c} }

type statusWriter struct {
	client.SubResourceWriter
	cached *cached
}

func (s statusWriter) Patch(ctx context.Context, o client.Object, p client.Patch, _ ...client.SubResourcePatchOption) error {
	return s.cached.write(ctx, o, p, true)
}

// uncached reads the API server itself.
type uncached struct {
	client.Reader
	api  *api
	link *link
}

func (u uncached) Get(ctx context.Context, name types.NamespacedName, into client.Object, _ ...client.GetOption) error {
	k := key(into, name.Name)
	o, err := exchange(ctx, u.link, apiLimit, func() (client.Object, error) { return u.api.as(k, 0), nil })
	if err != nil {
		return err
	}
	return copyInto(o, name.Name, into, "")
}
