// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// plansAtOnce is how many plans run at a time: mostly they wait.
const plansAtOnce = 8

// every asks for all the plans. Without it every write meets two kinds of fault,
// in turn, and fewer reads go wrong.
var every = flag.Bool("every", false, "run every plan of the operator")

// plan is one run of the story in which one thing goes wrong.
type plan struct {
	at   int
	kind kind
}

func (p plan) String() string { return fmt.Sprintf("%d %s", p.at, p.kind) }

// TestOperatorPlans plays one story again and again: a pool and a session come,
// the session is moved by hand, its shard dies, the image changes, the pool
// shrinks, the session goes. In each run one write of the operator goes wrong,
// or what it reads does. Every run has to end where the run without a fault
// ends, and nobody may ever write a session beside its owner.
func TestOperatorPlans(t *testing.T) {
	var want ending
	var writes, events int
	t.Run("reference", func(t *testing.T) {
		k := newPlanned(t)
		s, w := &saboteur{at: -1}, &spoiler{at: -1}
		t.Cleanup(k.start(between{client: s.wrap, transport: w.wrap}).stop)
		want = k.story(ending{})
		writes, events = s.count(), w.count()
	})
	if writes < 40 || events < 50 {
		t.Fatalf("the reference run has only %d writes and %d events", writes, events)
	}
	plans := listPlans(writes, events)
	var mu sync.Mutex
	var divergent, vacuous []string
	queue := make(chan plan)
	var workers sync.WaitGroup
	for range plansAtOnce {
		workers.Go(func() {
			for p := range queue {
				bit := true
				ended := t.Run(p.String(), func(t *testing.T) { bit = play(t, p, want) })
				mu.Lock()
				switch {
				case !ended:
					divergent = append(divergent, p.String())
				case !bit:
					vacuous = append(vacuous, p.String())
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range plans {
		queue <- p
	}
	close(queue)
	workers.Wait()
	fmt.Printf("plans=%d writes=%d events=%d vacuous=%d divergent=%d %v\n",
		len(plans), writes, events, len(vacuous), len(divergent), divergent)
	if 20*len(vacuous) > len(plans) {
		t.Errorf("the fault never happened in %d of %d plans: %v", len(vacuous), len(plans), vacuous)
	}
}

// listPlans lists the plans: each write but the last few, which not every run
// has, meets faults of writing, and some of them faults of reading.
func listPlans(writes, events int) []plan {
	var plans []plan
	spread := 12
	if !*every {
		spread = 4
	}
	for at := 1; at <= writes*9/10; at++ {
		for i, how := range kinds {
			if *every || i%(len(kinds)/2) == at%(len(kinds)/2) {
				plans = append(plans, plan{at, how})
			}
		}
		if at > staleBy && at%(writes/spread/2) == 0 {
			plans = append(plans, plan{at, stale})
		}
	}
	for i := range spread {
		for _, how := range watchKinds {
			plans = append(plans, plan{1 + i*(events*8/10)/spread, how})
		}
	}
	return plans
}

// newPlanned makes a cluster in which all but the operator take their time, since
// many plans share the processors.
func newPlanned(t *testing.T) *cluster {
	t.Helper()
	k := newClusterAlone(t, 60*time.Millisecond)
	return k
}

// play runs one plan, and says whether its fault happened: runs differ by a few
// writes and events.
func play(t *testing.T, p plan, want ending) (bit bool) {
	k := newPlanned(t)
	switch {
	case slices.Contains(kinds, p.kind):
		s := &saboteur{at: p.at, kind: p.kind}
		k.survive(s, want)
		return s.name() != ""
	case slices.Contains(watchKinds, p.kind):
		s := &spoiler{at: p.at, kind: p.kind}
		t.Cleanup(k.start(between{transport: s.wrap}).stop)
		k.story(want)
		return s.name() != ""
	default:
		v := &traveller{at: p.at}
		t.Cleanup(k.start(between{client: v.wrap}).stop)
		k.story(want)
		v.mu.Lock()
		defer v.mu.Unlock()
		return v.served > 0
	}
}

// survive plays the story under a saboteur; an operator that crashed, or is
// about to, is followed by another one.
func (k *cluster) survive(s *saboteur, want ending) {
	k.t.Helper()
	crashed, over := make(chan struct{}), make(chan struct{})
	s.crash = sync.OnceFunc(func() { close(crashed) })
	another := make(chan struct{}, 1)
	s.next = sync.OnceFunc(func() { another <- struct{}{} })
	first := k.start(between{client: s.wrap})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer first.stop()
		select {
		case <-crashed:
			first.stop()
			defer k.start(between{}).stop()
		case <-another:
			defer k.start(between{}).stop()
			<-crashed
			first.stop()
		case <-over:
			return
		}
		<-over
	})
	k.t.Cleanup(func() {
		close(over)
		watch.Wait()
	})
	k.story(want)
	k.t.Log("went wrong:", s.name())
}

// ending is where a story ends: with the session still there, and without it.
type ending struct{ playing, gone string }

// story plays everything, and compares its end with the one wanted. Without one
// it returns its own.
func (k *cluster) story(want ending) ending {
	k.t.Helper()
	k.pool(2)
	name := k.sessions(1)[0]
	k.ask(name, "m1", "")
	k.awaitReady(name)
	before := k.read(name).Status.Owner
	k.restart(before.Shard)
	k.await("failover", func() string {
		if now := k.read(name).Status.Owner; now.Epoch == before.Epoch {
			return now.Shard
		}
		return ""
	})
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Image = "gamesession/shard:next" })
	k.awaitPool(2)
	k.edit(func(p *v1alpha1.ShardPool) { p.Spec.Replicas = 1 })
	k.awaitPool(1)
	k.awaitReady(name)
	k.plays(name)
	k.checkJournals(name)
	k.checkOwners()
	var got ending
	got.playing = k.ends(want.playing)
	k.must(k.c.Delete(k.t.Context(), k.read(name)))
	got.gone = k.ends(want.gone)
	return got
}

// checkOwners: no epoch of a session was ever taken by two.
func (k *cluster) checkOwners() {
	k.t.Helper()
	k.claiming.Lock()
	defer k.claiming.Unlock()
	for claim, owners := range k.claims {
		if slices.Sort(owners); len(slices.Compact(owners)) > 1 {
			k.t.Errorf("%s was taken by %v", claim, owners)
		}
	}
}

// ends waits until everything looks as wanted; without a wish, until it has
// looked the same for a while.
func (k *cluster) ends(want string) string {
	k.t.Helper()
	now, since := "", time.Now()
	k.await("the end of the story", func() string {
		found := k.picture()
		if found != now {
			now, since = found, time.Now()
		}
		switch {
		case want == "" && time.Since(since) > 2*time.Second, now == want:
			return ""
		case want == "":
			return "it still changes"
		}
		return "it is\n" + now + "and should be\n" + want
	})
	return now
}

// picture says what there is, without the names that differ from run to run.
func (k *cluster) picture() string {
	k.t.Helper()
	ctx := k.t.Context()
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	var pods corev1.PodList
	var services corev1.ServiceList
	var budgets policyv1.PodDisruptionBudgetList
	var sessions v1alpha1.GameSessionList
	for _, list := range []client.ObjectList{&pods, &services, &budgets, &sessions} {
		k.must(k.c.List(ctx, list, client.InNamespace(k.ns)))
	}
	names := []string{k.ns, "NAMESPACE"}
	for _, p := range pods.Items {
		names = append(names, p.Name, "SHARD")
		add("pod %s image=%s occupied=%s draining=%s deleted=%t", p.Name, p.Spec.Containers[0].Image,
			p.Labels[v1alpha1.LabelOccupied], p.Labels[v1alpha1.LabelDraining], p.DeletionTimestamp != nil)
	}
	for _, s := range services.Items {
		add("service %s", s.Name)
	}
	for _, b := range budgets.Items {
		add("budget %s", b.Name)
	}
	for _, gs := range sessions.Items {
		names = append(names, string(gs.UID), "SESSION")
		st := gs.Status
		add("session %s finalizers=%v move=%s settled=%t owner=%s placement=%s %s", gs.Name, gs.Finalizers, st.HandledMoveID,
			st.Owner.Epoch == st.Placement.Epoch, st.Owner.Shard, st.Placement.Shard, reasons(st.Conditions))
	}
	pool := k.readPool()
	add("pool finalizers=%v %d/%d ready, %d sessions %s", pool.Finalizers, pool.Status.ReadyReplicas, pool.Status.Replicas,
		pool.Status.Sessions, reasons(pool.Status.Conditions))
	redis := k.redis.Client(k.t)
	for _, key := range redis.Keys(ctx, "*").Val() {
		// What expires by itself is no orphan; what stays must belong to something.
		if redis.TTL(ctx, key).Val() < 0 {
			add("key %s", key)
		}
	}
	for i, line := range lines {
		lines[i] = strings.NewReplacer(names...).Replace(line)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func reasons(conditions []metav1.Condition) string {
	var list []string
	for _, c := range conditions {
		list = append(list, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// Two operators that both think they lead: every effect is a compare-and-set or
// fenced by an epoch, so they end where one does.
func TestTwoOperatorsAtOnce(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.operate()
	k.story(ending{})
}
