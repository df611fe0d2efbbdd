// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

const (
	namespace = "ns"
	poolName  = "pool"
	poolID    = namespace + "." + poolName
	lease     = 3 * time.Second
	// trouble is how long things go wrong; after it everything is healed.
	trouble = 15 * time.Second
	// patience is how long after that every player must have played again.
	patience = time.Minute
)

var shardNames = []string{"a", "b", "c"}

// Parts of a world that have dice of their own.
const (
	partWorld uint64 = 1 + iota
	partStore
	partFaults
	partPlayer   = 1 << 8
	partShard    = 1 << 16
	partOperator = 1 << 24
)

// Result is what one seed came to.
type Result struct {
	Seed    uint64
	Virtual time.Duration
	// Events are the messages that went over the network.
	Events int64
	// Acked is how many commands were acknowledged; Moves how many changes of
	// owner the journals hold.
	Acked, Moves int
	// Faults are what went wrong, in order. Anomalies are the promises that were
	// broken.
	Faults, Anomalies []string
}

// world is one installation.
type world struct {
	seed    uint64
	plant   Plant
	dice    *dice
	ctx     context.Context
	end     context.CancelFunc
	running sync.WaitGroup
	events  atomic.Int64
	quiet   atomic.Bool   // no new trouble
	losses  atomic.Uint64 // of packets, in millionths
	outside *process      // players: nothing ever happens to them
	store   *store
	api     *api
	names   []string // of sessions
	players []*player

	mu          sync.Mutex
	runs        int
	shards      [3]*shard
	operators   []*operator
	connections []*connection
	listeners   map[string][]listener
	begun       time.Time
	notes       []string
	anomalies   []string
}

// Run plays one seed in a bubble of its own, with a bug if plant is not empty.
func Run(t *testing.T, seed uint64, plant Plant) Result {
	var r Result
	synctest.Test(t, func(*testing.T) { r = play(seed, plant, (*world).trouble) })
	return r
}

func play(seed uint64, plant Plant, trouble func(*world)) Result {
	w := &world{seed: seed, plant: plant, dice: newDice(seed, partWorld), listeners: map[string][]listener{}, begun: time.Now()}
	w.ctx, w.end = context.WithCancel(context.Background())
	w.outside = w.newProcess()
	w.store = w.newStore()
	w.api = newAPI(w)
	w.populate()
	for i := range shardNames {
		w.startShard(i)
	}
	w.operators = []*operator{w.startOperator()}
	for _, p := range w.players {
		w.run(p.play)
	}
	trouble(w)
	w.settle()
	virtual := time.Since(w.begun)
	w.end()
	w.running.Wait()
	// What is under way has a limit of its own; the bubble must be empty at its end.
	time.Sleep(time.Minute)
	return w.judge(virtual)
}

// populate makes what a user and the reconciler of pools would have made.
func (w *world) populate() {
	pool := &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: poolName, UID: "pool-uid", Generation: 1},
		Spec:       v1alpha1.ShardPoolSpec{Image: "shard", Replicas: 3, Lease: metav1.Duration{Duration: lease}},
	}
	w.api.put(pool)
	for _, name := range shardNames {
		w.api.put(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: namespace, Name: name, Labels: resources.Selector(pool),
				Annotations:     map[string]string{v1alpha1.AnnotationTemplateHash: resources.TemplateHash(pool, "")},
				OwnerReferences: []metav1.OwnerReference{{UID: pool.UID}},
			},
			Status: corev1.PodStatus{
				Phase:             corev1.PodRunning,
				Conditions:        []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
				ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
			},
		})
	}
	sessions := 1
	if w.dice.chance(0.25) {
		sessions = 2
	}
	for i := range sessions {
		w.addSession(fmt.Sprintf("s%d", i))
	}
}

// addSession makes a session in which three creatures take turns: one of a
// player, two that either game master may act for.
func (w *world) addSession(name string) {
	creature := func(id, side, controller string, x int32) v1alpha1.Combatant {
		return v1alpha1.Combatant{
			ID: v1alpha1.ID(id), Name: v1alpha1.DisplayName(id), Side: v1alpha1.ID(side), Controller: v1alpha1.PlayerID(controller),
			Position: v1alpha1.Point{x, 1}, AC: 10, MaxHP: 10, Speed: 30, Dexterity: 10,
		}
	}
	w.names = append(w.names, name)
	w.api.put(&v1alpha1.GameSession{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(name), Generation: 1},
		Spec: v1alpha1.GameSessionSpec{
			PoolName: poolName, Ruleset: "srd-5.2.1", MaxPlayers: 4, Lifecycle: v1alpha1.LifecycleRunning,
			GameMasters: []v1alpha1.PlayerID{"gm1", "gm2"}, Players: []v1alpha1.PlayerID{"ann"},
			Scenario: v1alpha1.ScenarioSource{Inline: &v1alpha1.Scenario{
				Map: v1alpha1.Map{Width: 5, Height: 5},
				Combatants: []v1alpha1.Combatant{
					creature("aria", "heroes", "ann", 1), creature("ogre", "foes", "gm", 2), creature("orc", "foes", "gm", 3),
				},
			}},
		},
	})
	for _, who := range []auth.Claims{{Player: "ann", Role: auth.Player}, {Player: "gm1", Role: auth.GameMaster}, {Player: "gm2", Role: auth.GameMaster}} {
		who.Session = name
		w.players = append(w.players, &player{
			world: w, dice: newDice(w.seed, partPlayer+uint64(len(w.players))), id: name, claims: who, seen: map[wire.Position]string{},
		})
	}
}

// run starts a goroutine of the world.
func (w *world) run(f func()) { w.running.Go(f) }

// sleep waits; false means that the world has ended.
func (w *world) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-w.ctx.Done():
		return false
	}
}

func (w *world) count() { w.events.Add(1) }

// loss is how many packets are lost now.
func (w *world) loss() float64 { return float64(w.losses.Load()) / 1e6 }

// shard returns the run of a shard that lives now; nil if none does.
func (w *world) shard(name string) *shard {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.shards {
		if s != nil && s.name == name && s.ctx.Err() == nil {
			return s
		}
	}
	return nil
}

// note keeps what happens, for whoever looks into an anomaly.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.notes = append(w.notes, fmt.Sprintf("%8.3fs ", time.Since(w.begun).Seconds())+fmt.Sprintf(format, args...))
}

const maxAnomalies = 20

func (w *world) anomaly(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.anomalies) < maxAnomalies {
		w.anomalies = append(w.anomalies, fmt.Sprintf("%8.3fs ", time.Since(w.begun).Seconds())+fmt.Sprintf(format, args...))
	}
}
