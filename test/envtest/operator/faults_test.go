// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// kind is what goes wrong with a write to the API server.
type kind string

const (
	crashBefore kind = "crash before"
	crashAfter  kind = "crash after"
	conflict    kind = "409"
	broken      kind = "500"
	timedOut    kind = "timeout but applied"
	// paused: the operator stops in the middle of its write, another one leads
	// and works, then the first goes on where it was and only then learns.
	paused kind = "paused leader"
)

var kinds = []kind{crashBefore, crashAfter, conflict, broken, timedOut, paused}

// pause is how long a paused operator stops: the next one has started by then.
const pause = time.Second

// saboteur lets one write go wrong: the at-th. After a crash it lets nothing
// through any more.
type saboteur struct {
	at    int
	kind  kind
	crash func() // ends this operator; another one is started
	next  func() // starts another one

	held    sync.RWMutex // by the write of a paused operator
	mu      sync.Mutex
	writes  int
	crashed bool
	what    string // the write that went wrong
}

var errCrashed = errors.New("the process has crashed")

func (s *saboteur) write(what string, do func() error) error {
	s.mu.Lock()
	if s.crashed {
		s.mu.Unlock()
		return errCrashed
	}
	s.writes++
	hit := s.writes == s.at
	if hit {
		s.what = what
	}
	s.crashed = hit && (s.kind == crashBefore || s.kind == crashAfter)
	s.mu.Unlock()
	if !hit {
		s.held.RLock()
		defer s.held.RUnlock()
		return do()
	}
	var err error
	if s.kind == crashAfter || s.kind == timedOut {
		err = do()
	}
	switch s.kind {
	case crashBefore, crashAfter:
		s.crash()
		return errCrashed
	case paused:
		s.next()
		s.held.Lock()
		time.Sleep(pause)
		s.held.Unlock()
		defer s.crash()
		return do()
	case conflict:
		return apierrors.NewConflict(schema.GroupResource{}, what, errors.New("injected"))
	case timedOut:
		return errors.Join(err, apierrors.NewTimeoutError("injected", 0))
	default:
		return apierrors.NewInternalError(errors.New("injected"))
	}
}

func (s *saboteur) wrap(c client.WithWatch) client.Client {
	name := func(verb string, o client.Object) string { return fmt.Sprintf("%s %T %s", verb, o, o.GetName()) }
	return interceptor.NewClient(c, interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return s.write(name("create", o), func() error { return c.Create(ctx, o, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			return s.write(name("delete", o), func() error { return c.Delete(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return s.write(name("patch", o), func() error { return c.Patch(ctx, o, p, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			return s.write(name("patch "+sub+" of", o), func() error { return c.SubResource(sub).Patch(ctx, o, p, opts...) })
		},
	})
}

func (s *saboteur) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *saboteur) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.what
}
