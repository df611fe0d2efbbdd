// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth"
)

// Lease is how long a shard may be silent before it counts as dead.
const Lease = time.Second

// buildWithin bounds each step of building a stage.
const buildWithin = 60 * time.Second

// Options say what a stage is made of.
type Options struct {
	// Dir is where everything is kept; it must exist and have a short path.
	Dir string
	// Shard is the program, built with the tags failpoint and, maybe, plant.
	Shard string
	// Env is added to that of shards.
	Env []string
	// Shards is how many there are.
	Shards int
	// Scenarios are what the sessions play, one each: a file with a ConfigMap, or
	// nothing for a fight in which nobody hits.
	Scenarios []string
	// Replicated gives Redis a replica that confirms each write.
	Replicated bool
	// SnapshotEvery is how many entries lie between snapshots.
	SnapshotEvery int
	// RestartAfter is how long a dead process stays dead.
	RestartAfter time.Duration
}

// Stage is the world of one history. Its methods are safe for concurrent use.
type Stage struct {
	Store   *Store
	Keys    *auth.Keys
	options Options
	dir     string
	keysDir string
	network *Network
	cluster *cluster
	kubelet *kubelet
	toRedis *Link // the operator's
	log     *os.File

	ctx  context.Context
	stop context.CancelFunc
	runs sync.WaitGroup

	mu        sync.Mutex
	operators []*Operator
	names     []string // of sessions
	ids       []string
}

// New builds a stage and waits until every session has an owner. Close must be
// called also after an error.
func New(ctx context.Context, options Options) (*Stage, error) {
	st := &Stage{options: options, dir: options.Dir, network: NewNetwork(), keysDir: filepath.Join(options.Dir, "keys")}
	st.ctx, st.stop = context.WithCancel(context.WithoutCancel(ctx))
	return st, st.build(ctx)
}

func (st *Stage) build(ctx context.Context) error {
	var err error
	if st.log, err = os.Create(filepath.Join(st.dir, "stage.log")); err != nil {
		return err
	}
	if err := os.MkdirAll(st.keysDir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(st.keysDir, "key-1"), []byte(strings.Repeat("k", auth.MinKeyBytes)), 0o600); err != nil {
		return err
	}
	if st.Keys, err = auth.LoadKeys(st.keysDir); err != nil {
		return err
	}
	if st.Store, err = newStore(st.dir, st.network, st.options.Replicated); err != nil {
		return err
	}
	if st.toRedis, err = st.network.Link("operator-redis", st.Store.Primary().Addr()); err != nil {
		return err
	}
	st.cluster = newCluster(st.poke)
	st.kubelet = &kubelet{
		cluster: st.cluster, shards: map[string]*kept{}, log: st.Logf, restartAfter: st.options.RestartAfter,
		make: st.maker(st.options.Shard, fmt.Sprintf("--snapshot-every=%d", st.options.SnapshotEvery)),
	}
	if err := st.cluster.furnish(ctx, st.pool(), "redis://"+st.toRedis.Addr()+"/0"); err != nil {
		return err
	}
	if _, err := st.Operate(); err != nil {
		return err
	}
	st.runs.Go(func() { st.kubelet.run(st.ctx) })
	if err := st.Await(ctx, "the shards to be ready", func() bool { return len(st.Ready()) == st.options.Shards }); err != nil {
		return err
	}
	return st.open(ctx)
}

func (st *Stage) pool() *v1alpha1.ShardPool {
	seconds := func(n int) metav1.Duration { return metav1.Duration{Duration: time.Duration(n) * time.Second} }
	return &v1alpha1.ShardPool{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: poolName},
		Spec: v1alpha1.ShardPoolSpec{
			Image: "shard", Replicas: int32(st.options.Shards), MinReplicas: 1, MaxReplicas: 10, SessionsPerShard: 10,
			Lease: metav1.Duration{Duration: Lease}, DrainDeadline: seconds(20), RelayGrace: seconds(1),
			RedisSecretRef:      v1alpha1.SecretKeyRef{Name: "redis", Key: "url"},
			SigningKeySecretRef: v1alpha1.SecretRef{Name: "keys"}, LogLevel: "info",
		},
	}
}

// open makes the sessions and waits until they live.
func (st *Stage) open(ctx context.Context) error {
	for i, file := range st.options.Scenarios {
		name := fmt.Sprintf("session-%d", i)
		scenario, err := st.scenario(ctx, name, file)
		if err != nil {
			return err
		}
		gs := newSession(name, scenario)
		if err := st.cluster.Create(ctx, gs); err != nil {
			return err
		}
		st.names, st.ids = append(st.names, gs.Name), append(st.ids, string(gs.UID))
	}
	return st.Await(ctx, "the sessions to have owners", func() bool {
		for i := range st.names {
			if _, epoch := st.Owner(ctx, i); epoch == 0 {
				return false
			}
		}
		return true
	})
}

// Await polls until done holds.
func (st *Stage) Await(ctx context.Context, what string, done func() bool) error {
	for patience := NewPatience(buildWithin); !done(); {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !patience.Wait():
			return fmt.Errorf("waited %s in vain for %s", buildWithin, what)
		}
	}
	return nil
}

// Logf writes to the stage's log.
func (st *Stage) Logf(format string, args ...any) {
	fmt.Fprintf(st.log, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05.000000")}, args...)...)
}

// Operate starts a run of the operator, beside those that run.
func (st *Stage) Operate() (*Operator, error) {
	o, err := newOperator(st.cluster, st.Logf)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	st.operators = append(st.operators, o)
	st.mu.Unlock()
	st.runs.Go(func() { o.run(st.ctx) })
	return o, nil
}

// Operators returns those that were started.
func (st *Stage) Operators() []*Operator {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]*Operator(nil), st.operators...)
}

func (st *Stage) poke() {
	for _, o := range st.Operators() {
		o.Poke()
	}
}

// Fights says whether session i plays a shipped scenario.
func (st *Stage) Fights(i int) bool { return st.options.Scenarios[i] != "" }

// Sessions returns the ids of the sessions.
func (st *Stage) Sessions() []string { return st.ids }

// Owner returns the shard that owns session i as the operator knows, and the
// epoch; 0 while there is none.
func (st *Stage) Owner(ctx context.Context, i int) (shard string, epoch int64) {
	gs, err := st.cluster.session(ctx, st.names[i])
	if err != nil || gs.Status.Owner == nil {
		return "", 0
	}
	return gs.Status.Owner.Shard, gs.Status.Owner.Epoch
}

// Placement returns where session i is to be.
func (st *Stage) Placement(ctx context.Context, i int) (shard string, epoch int64) {
	gs, err := st.cluster.session(ctx, st.names[i])
	if err != nil || gs.Status.Placement == nil {
		return "", 0
	}
	return gs.Status.Placement.Shard, gs.Status.Placement.Epoch
}

// Move asks for session i to be moved, to wherever the operator likes.
func (st *Stage) Move(ctx context.Context, i int, id string) error {
	before, err := st.cluster.session(ctx, st.names[i])
	if err != nil {
		return err
	}
	after := before.DeepCopy()
	after.Spec.Move = &v1alpha1.MoveRequest{ID: id}
	return st.cluster.Patch(ctx, after, client.MergeFrom(before))
}

// Handled says whether a request to move session i was acted on.
func (st *Stage) Handled(ctx context.Context, i int, id string) bool {
	gs, err := st.cluster.session(ctx, st.names[i])
	return err == nil && gs.Status.HandledMoveID == id
}

// Shards returns the shards that have a pod.
func (st *Stage) Shards() []*Shard { return st.kubelet.Shards() }

// Shard returns one by name, nil if it has no pod.
func (st *Stage) Shard(name string) *Shard {
	for _, s := range st.Shards() {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Ever returns all shards that there were.
func (st *Stage) Ever() []*Shard { return st.kubelet.Ever() }

// Ready returns the shards whose pods are ready: what the front door leads to.
func (st *Stage) Ready() []*Shard {
	st.kubelet.mu.Lock()
	defer st.kubelet.mu.Unlock()
	var list []*Shard
	for _, s := range st.kubelet.shards {
		if s.ready.Load() {
			list = append(list, s.Shard)
		}
	}
	return list
}

// Delete deletes the pod of a shard. With force its process is killed and the
// pod is gone at once, as when a node is lost.
func (st *Stage) Delete(ctx context.Context, name string, force bool) error {
	for i := range st.Shards() {
		s := st.Shards()[i]
		if s.Name != name {
			continue
		}
		if force {
			s.End()
		}
		pod, err := st.pod(ctx, types.NamespacedName{Namespace: namespace, Name: name})
		if err != nil {
			return err
		}
		return st.cluster.Delete(ctx, pod)
	}
	return errors.New("there is no such shard")
}

// PointRedis leads every link to Redis to the primary.
func (st *Stage) PointRedis() error {
	to := st.Store.Primary().Addr()
	errs := []error{st.toRedis.Point(to)}
	for _, s := range st.Shards() {
		errs = append(errs, s.Redis.Point(to))
	}
	return errors.Join(errs...)
}

// Heal wakes every shard and mends every link: two faults at one shard may have
// got in each other's way.
func (st *Stage) Heal() error {
	errs := []error{st.toRedis.Mend()}
	for _, s := range st.Shards() {
		_ = s.Signal(syscall.SIGCONT) // it may be gone
		_ = s.Disarm()
		errs = append(errs, s.Redis.Mend(), s.Peers.Mend(), s.Clients.Mend())
	}
	return errors.Join(errs...)
}

// OperatorRedis is the operator's link to Redis.
func (st *Stage) OperatorRedis() *Link { return st.toRedis }

// Bounds returns every placement that was written, oldest first.
func (st *Stage) Bounds() []Bound { return st.cluster.Bounds() }

// Halt ends everything by force: shards first, then the operator, then Redis.
func (st *Stage) Halt() {
	if st.kubelet != nil {
		for _, s := range st.kubelet.Ever() {
			s.close()
		}
	}
	st.stop()
	st.runs.Wait()
	if st.kubelet != nil { // a pod that was being started meanwhile
		for _, s := range st.kubelet.Ever() {
			s.close()
		}
	}
	if st.Store != nil {
		st.Store.kill()
	}
	if st.toRedis != nil {
		st.toRedis.Cut()
	}
}

// Close ends what still runs. The directory stays.
func (st *Stage) Close() {
	st.Halt()
	if st.log != nil {
		_ = st.log.Close()
	}
}
