// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/gamesession"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/shardpool"
)

// Operator is one run of the operator: the reconcilers and watchers of the
// product, driven by a loop in place of a manager, without a leader's lease.
type Operator struct {
	cluster  *cluster
	sessions reconcile.Reconciler
	pools    reconcile.Reconciler
	health   *health.Pools
	signals  chan health.Event
	wake     chan struct{}
	log      func(format string, args ...any)

	asleep atomic.Bool
	passes atomic.Int64
}

// resync is how often everything is looked at without a reason.
const resync = 100 * time.Millisecond

func newOperator(k *cluster, log func(string, ...any)) (*Operator, error) {
	dial, err := health.Dialer("")
	if err != nil {
		return nil, err
	}
	o := &Operator{cluster: k, signals: make(chan health.Event, 256), wake: make(chan struct{}, 1), log: log}
	o.health = health.NewPools(dial, logr.Discard(), o.signals)
	recorder := events.NewFakeRecorder(0)
	recorder.Events = nil // nobody listens
	o.sessions = gamesession.New(k, k, recorder, o.health, gamesession.Options{PendingTimeout: 1500 * time.Millisecond})
	o.pools = shardpool.New(k, k, recorder, o.health, shardpool.Options{})
	return o, nil
}

// Poke makes the next pass come soon.
func (o *Operator) Poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Sleep stops the reconcilers where they are, as SIGSTOP does a process between
// two calls; what they have read stays read.
func (o *Operator) Sleep(asleep bool) { o.asleep.Store(asleep) }

// Passes is how many passes were made.
func (o *Operator) Passes() int64 { return o.passes.Load() }

func (o *Operator) run(ctx context.Context) {
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		_ = o.health.Start(ctx)
	}()
	tick := time.NewTicker(resync)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-o.wake:
		case <-o.signals:
		}
		for o.asleep.Load() && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		o.pass(ctx)
	}
	<-watching
}

// pass looks at the pool and every session once.
func (o *Operator) pass(ctx context.Context) {
	o.one(ctx, o.pools, poolName)
	var list v1alpha1.GameSessionList
	if err := o.cluster.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		return
	}
	for i := range list.Items {
		o.one(ctx, o.sessions, list.Items[i].Name)
	}
	o.passes.Add(1)
}

func (o *Operator) one(ctx context.Context, r reconcile.Reconciler, name string) {
	bounded, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err := r.Reconcile(bounded, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	if err != nil && ctx.Err() == nil {
		o.log("operator: %s: %v", name, err)
	}
}
