// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"fmt"
	"time"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/registry"
)

// fault is one thing that goes wrong, begins and ends by itself.
type fault struct {
	name string
	do   func(w *world, d *dice)
}

// The faults, with the names of what they do to a real installation. Each is
// drawn as often as it is listed.
var faults = []fault{
	{"a shard crashes", crashShard},
	{"a shard crashes", crashShard},
	{"a shard freezes", freezeShard},
	{"a shard freezes", freezeShard},
	{"a shard is cut off from the store", cutShard},
	{"a shard is cut off from the store", cutShard},
	{"a shard drains", drainShard},
	{"the store restarts", restartStore},
	{"the store fails over", failoverStore},
	{"the store fails over", failoverStore},
	{"the replica gets nothing", stallReplica},
	{"the operator crashes", crashOperator},
	{"the operator freezes and another one leads", freezeOperator},
	{"the operator is cut off from the store", cutOperator},
	{"the operator is cut off from the API server", cutAPI},
	{"the operator's cache lags", lagCache},
	{"packets are lost", losePackets},
	{"a session is moved by hand", moveByHand},
	{"a session is moved by hand", moveByHand},
	{"a session is moved by hand", moveByHand},
}

// trouble plays the faults that the seed picks, some at about the same time.
func (w *world) trouble() {
	d := newDice(w.seed, partFaults)
	if d.chance(0.2) {
		w.losses.Store(uint64(d.float() * 30_000))
	}
	at := d.between(100*time.Millisecond, 3*time.Second)
	for i := range 2 + d.intn(6) {
		if at >= trouble {
			break // it would begin when everything is being healed
		}
		w.sleepUntil(at)
		f := faults[d.intn(len(faults))]
		w.note("%s", f.name)
		own := newDice(w.seed, partFaults<<8+uint64(i))
		w.run(func() { f.do(w, own) })
		if next := d.between(0, 3*time.Second); d.chance(0.6) {
			at += next
		} else {
			at += next / 20
		}
	}
	w.sleepUntil(trouble)
}

func (w *world) sleepUntil(at time.Duration) { w.sleep(at - time.Since(w.begun)) }

// settle waits until everything works again and every player has played.
func (w *world) settle() {
	w.losses.Store(0)
	w.quiet.Store(true)
	healed := time.Now()
	w.note("healed")
	for time.Since(healed) < patience {
		w.sleep(500 * time.Millisecond)
		if w.idle(healed) {
			return
		}
	}
	w.describe()
	for _, p := range w.players {
		if !p.playedSince(healed) {
			w.anomaly("%s in %s has not played again", p.claims.Player, p.id)
		}
	}
}

// describe notes where every session stands.
func (w *world) describe() {
	for _, name := range w.names {
		st := w.api.session(name).Status
		v := w.store.server()
		a, err := read(v, func(t *tables) (registry.Assigned, error) { return t.assigned(name) })
		w.note("%s: bound %+v, known owner %+v; in the store %+v, answer %+v, %v", name, st.Placement, st.Owner, a, v.tables.session(name).answer, err)
		for _, c := range st.Conditions {
			w.note("%s: %s=%s %s", name, c.Type, c.Status, c.Message)
		}
	}
	for _, name := range shardNames {
		if s := w.shard(name); s != nil {
			live, coming := s.host.Sessions()
			w.note("%s: %s has %d sessions, %d coming, hints %v", name, s.incarnation, live, coming, w.store.server().tables.hints[name])
		}
	}
}

func (w *world) idle(since time.Time) bool {
	for _, p := range w.players {
		if !p.playedSince(since) {
			return false
		}
	}
	return true
}

func (w *world) victim(d *dice) (int, *shard) {
	i := d.intn(len(shardNames))
	return i, w.shard(shardNames[i])
}

func crashShard(w *world, d *dice) {
	i, s := w.victim(d)
	if s == nil {
		return
	}
	s.kill()
	down := d.between(100*time.Millisecond, 2*time.Second)
	if d.chance(0.4) {
		down = d.between(2*time.Second, 9*time.Second)
	}
	w.sleep(down)
	w.startShard(i)
}

// most returns how long something lasts: often about a lease.
func most(d *dice) time.Duration {
	if d.chance(0.5) {
		return d.between(10*time.Millisecond, time.Second)
	}
	return d.between(time.Second, 8*time.Second)
}

func shut(w *world, d *dice, gates ...*gate) {
	for _, g := range gates {
		g.set(true)
	}
	w.sleep(most(d))
	for _, g := range gates {
		g.set(false)
	}
}

func freezeShard(w *world, d *dice) {
	if _, s := w.victim(d); s != nil {
		shut(w, d, s.frozen)
	}
}

// cut shuts one way of a link or both.
func cut(w *world, d *dice, l *link) {
	switch d.intn(3) {
	case 0:
		shut(w, d, l.requests)
	case 1:
		shut(w, d, l.replies)
	default:
		shut(w, d, l.requests, l.replies)
	}
}

func cutShard(w *world, d *dice) {
	if _, s := w.victim(d); s != nil {
		cut(w, d, s.store.link)
	}
}

func drainShard(w *world, d *dice) {
	if i, s := w.victim(d); s != nil {
		s.drain(i, 6*time.Second)
	}
}

func restartStore(w *world, d *dice) { w.store.restart(d.between(10*time.Millisecond, 3*time.Second)) }

// failoverStore lets the replica fall behind first, so that something is lost.
func failoverStore(w *world, d *dice) {
	if d.chance(0.7) {
		w.store.replication.set(true)
		w.sleep(d.between(0, 1500*time.Millisecond))
	}
	zombie := time.Duration(0)
	if d.chance(0.5) {
		zombie = d.between(0, 3*time.Second)
	}
	w.store.replication.set(false)
	w.store.failover(zombie)
}

func stallReplica(w *world, d *dice) { shut(w, d, w.store.replication) }

// leader returns the newest operator.
func (w *world) leader() *operator {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.operators[len(w.operators)-1]
}

func (w *world) lead() {
	o := w.startOperator()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.operators = append(w.operators, o)
}

func crashOperator(w *world, d *dice) {
	w.leader().kill()
	w.sleep(d.between(10*time.Millisecond, 4*time.Second))
	w.lead()
}

// freezeOperator: the one that lost its lease in its sleep wakes up beside the
// new leader, and takes a while to notice.
func freezeOperator(w *world, d *dice) {
	old := w.leader()
	old.frozen.set(true)
	w.sleep(d.between(100*time.Millisecond, 3*time.Second))
	w.lead()
	w.sleep(most(d))
	old.frozen.set(false)
	w.sleep(d.between(0, 3*time.Second))
	old.kill()
}

func cutOperator(w *world, d *dice) { cut(w, d, w.leader().store.link) }

func cutAPI(w *world, d *dice) { cut(w, d, w.leader().cache.link) }

func lagCache(w *world, d *dice) {
	cache := w.leader().cache
	cache.setLag(most(d))
	w.sleep(most(d))
	cache.setLag(d.between(0, 50*time.Millisecond))
}

func moveByHand(w *world, d *dice) {
	name := w.names[d.intn(len(w.names))]
	to := ""
	if d.chance(0.5) {
		to = shardNames[d.intn(len(shardNames))]
	}
	id := fmt.Sprintf("m%d", d.intn(1_000_000))
	w.api.edit(name, func(gs *v1alpha1.GameSession) { gs.Spec.Move = &v1alpha1.MoveRequest{ID: id, To: to} })
}

func losePackets(w *world, d *dice) {
	before := w.losses.Load()
	w.losses.Store(uint64(50_000 + d.float()*250_000))
	w.sleep(most(d))
	if !w.quiet.Load() {
		w.losses.Store(before)
	}
}
