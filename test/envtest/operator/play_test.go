// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/gamesession"
	"gamesession.dev/operator/controllers/setup"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/envtest/kube"
)

var server *kube.Server

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	redis.SetLogger(silent{})
	kube.Main(m, func(s *kube.Server) { server = s })
}

// silent drops what the Redis client prints by itself.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// operate runs an operator for the namespace until the test ends.
func (k *cluster) operate() {
	k.t.Helper()
	k.t.Cleanup(k.start(between{}).stop)
}

// process is one run of the operator. Each has a cache of its own, as a new
// process has.
type process struct {
	t      *testing.T
	cancel context.CancelFunc
	done   chan error
	once   sync.Once
}

func (p *process) stop() {
	p.once.Do(func() {
		p.cancel()
		if err := <-p.done; err != nil {
			p.t.Errorf("the operator ended with: %v", err)
		}
	})
}

// between is what stands between an operator and the API server; nil is nothing.
type between struct {
	client    func(client.WithWatch) client.Client
	transport transport.WrapperFunc
}

// start runs an operator.
func (k *cluster) start(way between) *process {
	k.t.Helper()
	skip := true
	log := logr.Discard()
	if os.Getenv("OPERATOR_LOG") != "" {
		log = logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil))
	}
	options := ctrl.Options{
		Scheme: setup.Scheme(), Logger: log,
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{k.ns: {}}},
		Controller: ctrlconfig.Controller{SkipNameValidation: &skip},
	}
	if way.client != nil {
		options.NewClient = func(config *rest.Config, options client.Options) (client.Client, error) {
			c, err := client.NewWithWatch(config, options)
			if err != nil {
				return nil, err
			}
			return way.client(c), nil
		}
	}
	config := server.Operator()
	if way.transport != nil {
		config.ContentType = runtime.ContentTypeJSON // so that its watches can be read
		config.Wrap(way.transport)
	}
	mgr, err := ctrl.NewManager(config, options)
	k.must(err)
	k.must(setup.Controllers(mgr, setup.Options{Session: gamesession.Options{
		PendingTimeout: 1500 * time.Millisecond, CleanupDeadline: 2 * time.Second,
	}}))
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: k.t, cancel: cancel, done: make(chan error, 1)}
	go func() { p.done <- mgr.Start(ctx) }()
	return p
}

// session makes a GameSession.
func (k *cluster) session(name string) *v1alpha1.GameSession {
	k.t.Helper()
	combatant := func(id, side string, x int32) v1alpha1.Combatant {
		return v1alpha1.Combatant{
			ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(id), Side: v1alpha1.ID(side), Controller: "gm",
			Position: v1alpha1.Point{x, 1}, AC: 10, MaxHP: 10, Speed: 30, Dexterity: 10,
		}
	}
	gs := &v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.ns, Name: name},
		Spec: v1alpha1.GameSessionSpec{
			PoolName: "pool", GameMasters: []v1alpha1.PlayerID{"gm"}, Players: []v1alpha1.PlayerID{"p1"},
			Scenario: v1alpha1.ScenarioSource{Inline: &v1alpha1.Scenario{
				Map:        v1alpha1.Map{Width: 5, Height: 5},
				Combatants: []v1alpha1.Combatant{combatant("a", "x", 1), combatant("b", "y", 3)},
			}},
		},
	}
	k.must(k.c.Create(k.t.Context(), gs))
	return gs
}

func (k *cluster) sessions(n int) []string {
	k.t.Helper()
	var names []string
	for i := range n {
		names = append(names, k.session(fmt.Sprintf("s%02d", i)).Name)
	}
	k.awaitReady(names...)
	return names
}

func (k *cluster) read(name string) *v1alpha1.GameSession {
	k.t.Helper()
	gs := &v1alpha1.GameSession{}
	k.must(k.c.Get(k.t.Context(), types.NamespacedName{Namespace: k.ns, Name: name}, gs))
	return gs
}

// awaitReady waits until the sessions have a live owner that their placement
// names, and none is on its way.
func (k *cluster) awaitReady(names ...string) {
	k.t.Helper()
	k.await("sessions to be ready", func() string {
		for _, name := range names {
			st := k.read(name).Status
			switch {
			case !meta.IsStatusConditionTrue(st.Conditions, v1alpha1.SessionReady), !meta.IsStatusConditionFalse(st.Conditions, v1alpha1.SessionMigrating),
				st.Owner == nil || st.Placement == nil || st.Owner.Epoch != st.Placement.Epoch || st.Owner.Shard != st.Placement.Shard,
				k.shard(st.Owner.Shard) == nil:
				return name
			}
		}
		return ""
	})
}

func (k *cluster) awaitOff(shard string, names ...string) {
	k.t.Helper()
	k.await("sessions to leave "+shard, func() string {
		for _, name := range names {
			if st := k.read(name).Status; st.Owner.Shard == shard || st.Placement.Shard == shard {
				return name
			}
		}
		return ""
	})
	k.awaitReady(names...)
}

// on lists which sessions are owned by which shard.
func (k *cluster) on(names []string) map[string][]string {
	k.t.Helper()
	by := map[string][]string{}
	for _, name := range names {
		owner := k.read(name).Status.Owner.Shard
		by[owner] = append(by[owner], name)
	}
	return by
}

func (k *cluster) condition(name, kind string) metav1.Condition {
	k.t.Helper()
	if c := meta.FindStatusCondition(k.read(name).Status.Conditions, kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func (k *cluster) awaitCondition(name, kind string, status metav1.ConditionStatus, reason string) {
	k.t.Helper()
	k.await(fmt.Sprintf("%s %s=%s", name, kind, status), func() string {
		if c := k.condition(name, kind); c.Status != status || c.Reason != reason {
			return fmt.Sprintf("%s/%s: %s", c.Status, c.Reason, c.Message)
		}
		return ""
	})
}

// awaitEvent waits for an Event about an object.
func (k *cluster) awaitEvent(name, reason, kind string) eventsv1.Event {
	k.t.Helper()
	var found eventsv1.Event
	k.await("an Event "+reason+" about "+name, func() string {
		var list eventsv1.EventList
		k.must(k.c.List(k.t.Context(), &list, client.InNamespace(k.ns)))
		for _, e := range list.Items {
			if e.Regarding.Name == name && e.Reason == reason {
				found = e
				return ""
			}
		}
		return fmt.Sprintf("%d others", len(list.Items))
	})
	if found.Type != kind {
		k.t.Errorf("Event %s is of type %s, want %s", reason, found.Type, kind)
	}
	return found
}

// checkJournals reads every journal: versions without a hole, epochs that never
// fall.
func (k *cluster) checkJournals(names ...string) {
	k.t.Helper()
	for _, name := range names {
		var last journal.Position
		for {
			entries, err := k.log.Read(k.t.Context(), string(k.read(name).UID), last, journal.MaxReadEntries)
			k.must(err)
			if len(entries) == 0 {
				break
			}
			for _, e := range entries {
				if e.Position.Version != last.Version+1 || e.Position.Epoch < last.Epoch {
					k.t.Fatalf("%s: %s follows %s", name, e.Position, last)
				}
				last = e.Position
			}
		}
	}
}

// plays waits until every session has taken further commands.
func (k *cluster) plays(names ...string) {
	k.t.Helper()
	for _, name := range names {
		id := string(k.read(name).UID)
		var before uint64
		k.await(name+" to play on", func() string {
			loaded, err := k.log.Load(k.t.Context(), id)
			if err != nil {
				return err.Error()
			}
			now := loaded.Last().Version
			if before == 0 {
				before = now
			}
			if now < before+2 {
				return fmt.Sprintf("at version %d", now)
			}
			return ""
		})
	}
}

// dump says what the namespace looks like.
func (k *cluster) dump() string {
	var b strings.Builder
	var pods corev1.PodList
	var list v1alpha1.GameSessionList
	ctx := context.Background()
	if k.c.List(ctx, &pods, client.InNamespace(k.ns)) == nil {
		for _, p := range pods.Items {
			fmt.Fprintf(&b, "pod %s node=%s labels=%v deleted=%v\n", p.Name, p.Spec.NodeName, p.Labels, p.DeletionTimestamp)
		}
	}
	if k.c.List(ctx, &list, client.InNamespace(k.ns)) == nil {
		for _, gs := range list.Items {
			fmt.Fprintf(&b, "session %s placement=%+v owner=%+v\n", gs.Name, gs.Status.Placement, gs.Status.Owner)
			for _, c := range gs.Status.Conditions {
				fmt.Fprintf(&b, "  %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
			}
		}
	}
	p := &v1alpha1.ShardPool{}
	if k.c.Get(ctx, types.NamespacedName{Namespace: k.ns, Name: "pool"}, p) == nil {
		for _, c := range p.Status.Conditions {
			fmt.Fprintf(&b, "pool %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
		}
	}
	return b.String()
}
