// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"gamesession.dev/operator/api/v1alpha1"
)

// kind is what goes wrong with a write to the API server.
type kind string

const (
	crashBefore kind = "crash before"
	crashAfter  kind = "crash after"
	conflict    kind = "409"
	broken      kind = "500"
	timedOut    kind = "timeout but applied"
)

var kinds = []kind{crashBefore, crashAfter, conflict, broken, timedOut}

// saboteur lets one write go wrong: the at-th. After a crash it lets nothing
// through any more.
type saboteur struct {
	at    int
	kind  kind
	crash func()

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

// campaign is what the operator is asked to do in each run: a pool, sessions, a
// move by hand, another image, one shard less, one session less.
func (k *cluster) campaign() {
	k.t.Helper()
	k.pool(2)
	names := k.sessions(3)
	k.ask(names[0], "m1", "")
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Image = "gamesession/shard:next" })
	k.awaitPool(2)
	k.awaitReady(names...)
	k.must(k.c.Delete(k.t.Context(), k.read(names[2])))
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Replicas = 1 })
	k.awaitPool(1)
	k.await(names[2]+" to be gone", func() string { return k.exists(&v1alpha1.GameSession{}, names[2]) })
	k.awaitReady(names[:2]...)
	k.plays(names[:2]...)
	k.checkEnd(names[:2])
}

// checkEnd compares with the one end that every run must have.
func (k *cluster) checkEnd(names []string) {
	k.t.Helper()
	var pods corev1.PodList
	k.must(k.c.List(k.t.Context(), &pods, client.InNamespace(k.ns)))
	if len(pods.Items) != 1 || pods.Items[0].Spec.Containers[0].Image != "gamesession/shard:next" {
		k.t.Errorf("%d pods at the end, want 1 of the new image", len(pods.Items))
	}
	shard := pods.Items[0].Name
	for _, name := range names {
		st := k.read(name).Status
		if st.Owner.Shard != shard || st.Placement.Shard != shard || st.Moves == 0 {
			k.t.Errorf("%s: owner %+v, placement %+v, %d moves", name, st.Owner, st.Placement, st.Moves)
		}
		if s := k.shard(shard); s.count() != len(names) {
			k.t.Errorf("the shard hosts %d sessions, want %d", s.count(), len(names))
		}
	}
	if got := k.read(names[0]).Status.HandledMoveID; got != "m1" {
		k.t.Errorf("the move by hand was not handled: %q", got)
	}
	k.checkJournals(names...)
}

// spread is how many of the operator's writes are made to go wrong, each in a
// run of its own.
const spread = 30

// TestOperatorFaults lets one write of the operator go wrong per run, by every
// kind in turn: crashes in the middle (a new process with a cold cache goes on),
// conflicts, errors, and writes that were applied although they timed out. Every
// run ends in the same state.
func TestOperatorFaults(t *testing.T) {
	reference := newReference(t)
	if reference < 20 {
		t.Fatalf("the reference run has only %d writes", reference)
	}
	for i := range spread {
		at := 1 + i*(reference*9/10-1)/(spread-1) // runs differ by a few writes
		how := kinds[i%len(kinds)]
		t.Run(fmt.Sprintf("write %d of about %d: %s", at, reference, how), func(t *testing.T) {
			k := newCluster(t)
			k.survive(&saboteur{at: at, kind: how})
		})
	}
}

// Two operators that both think they lead: every effect is a compare-and-set or
// fenced by an epoch, so they end where one does.
func TestTwoOperatorsAtOnce(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.operate()
	k.campaign()
}

// newReference counts the writes of a run in which nothing goes wrong.
func newReference(t *testing.T) int {
	writes := 0
	t.Run("reference", func(t *testing.T) {
		k := newClusterAlone(t)
		s := &saboteur{at: -1}
		t.Cleanup(k.start(s.wrap).stop)
		k.campaign()
		s.mu.Lock()
		defer s.mu.Unlock()
		writes = s.writes
	})
	return writes
}

// survive runs the campaign under a saboteur; a crashed operator is followed by
// a new one.
func (k *cluster) survive(s *saboteur) {
	k.t.Helper()
	crashed := make(chan struct{})
	s.crash = sync.OnceFunc(func() { close(crashed) })
	first := k.start(s.wrap)
	over := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-crashed:
			first.stop()
			second := k.start(nil)
			<-over
			second.stop()
		case <-over:
			first.stop()
		}
	})
	k.t.Cleanup(func() {
		close(over)
		watch.Wait()
	})
	k.campaign()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.what == "" {
		k.t.Errorf("the fault never happened: only %d writes", s.writes)
	}
	k.t.Log("went wrong:", s.what)
}
