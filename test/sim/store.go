// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"sync"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// waitTimeout is how long a write waits for its replication.
const waitTimeout = time.Second

// store is Redis: a primary that takes writes, and a replica that has the
// first so many of them. What a failover loses is the rest.
type store struct {
	world       *world
	dice        *dice
	replication *gate         // shut: the replica gets nothing
	turn        chan struct{} // held while a primary follows another

	mu      sync.Mutex
	primary *server
}

// server is one run of one redis-server. The writes that it took are kept, so
// that another server can be made of the first of them.
type server struct {
	store *store
	life  context.Context
	stop  context.CancelFunc

	mu     sync.Mutex
	down   bool
	past   bool // its replica has become the primary: it replicates to nobody
	tables *tables
	writes []write
	safe   int           // how many of the writes are replicated
	grown  chan struct{} // closed and replaced when there are more of either
}

// write is one atomic step. It must do the same on every server that has taken
// the same writes before.
type write func(t *tables) error

func (w *world) newStore() *store {
	s := &store{world: w, dice: newDice(w.seed, partStore), replication: newGate(), turn: make(chan struct{}, 1)}
	s.primary = s.newServer(nil)
	return s
}

// newServer starts a server that has taken some writes.
func (s *store) newServer(writes []write) *server {
	v := &server{store: s, tables: newTables(s.world), grown: make(chan struct{})}
	v.life, v.stop = context.WithCancel(s.world.ctx)
	for _, w := range writes {
		_ = w(v.tables) // it succeeded the first time
	}
	v.writes, v.safe = writes[:len(writes):len(writes)], len(writes)
	s.world.run(v.replicate)
	return v
}

func (s *store) server() *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.primary
}

// replicate brings the writes to the replica, in order, a little later.
func (v *server) replicate() {
	for {
		v.mu.Lock()
		grown, seen, safe := v.grown, len(v.writes), v.safe
		v.mu.Unlock()
		if seen == safe {
			select {
			case <-grown:
				continue
			case <-v.life.Done():
				return
			}
		}
		time.Sleep(v.store.dice.between(100*time.Microsecond, 3*time.Millisecond))
		if !v.store.replication.pass(v.life.Done()) {
			return
		}
		v.mu.Lock()
		past := v.past || v.life.Err() != nil
		if !past {
			v.safe = seen
			v.grow()
		}
		v.mu.Unlock()
		if past {
			return
		}
	}
}

func (v *server) grow() {
	close(v.grown)
	v.grown = make(chan struct{})
}

// apply takes one write and returns its number.
func (v *server) apply(w write) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.down {
		return 0, errRefused
	}
	if err := w(v.tables); err != nil {
		return 0, err
	}
	v.writes = append(v.writes, w)
	v.grow()
	return len(v.writes), nil
}

// commit takes one write and returns when it is replicated.
func (v *server) commit(w write) error {
	n, err := v.apply(w)
	if err != nil || v.store.world.plant == PlantAckEarly {
		return err
	}
	return v.await(n)
}

// barrier returns when everything taken so far is replicated.
func (v *server) barrier() error {
	v.mu.Lock()
	n, down := len(v.writes), v.down
	v.mu.Unlock()
	if down {
		return errRefused
	}
	return v.await(n)
}

func (v *server) await(n int) error {
	timer := time.NewTimer(waitTimeout)
	defer timer.Stop()
	for {
		v.mu.Lock()
		grown, safe := v.grown, v.safe
		v.mu.Unlock()
		if safe >= n {
			return nil
		}
		select {
		case <-grown:
		case <-timer.C:
			return journal.ErrNotReplicated
		case <-v.life.Done():
			return errReset
		}
	}
}

// read looks at what is there now.
func read[T any](v *server, look func(t *tables) (T, error)) (T, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var none T
	if v.down {
		return none, errRefused
	}
	return look(v.tables)
}

// kill ends the server: what is under way on it gets no answer.
func (v *server) kill() {
	v.mu.Lock()
	v.down = true
	v.mu.Unlock()
	v.stop()
}

// restart is a crash of the primary that comes back with what it had on disk.
func (s *store) restart(down time.Duration) {
	s.turn <- struct{}{}
	old := s.server()
	old.kill()
	time.Sleep(down)
	s.promote(old)
	<-s.turn
}

// failover makes the replica the primary. The old primary goes on as a zombie
// for a while: who is connected to it does not know yet.
func (s *store) failover(zombie time.Duration) {
	s.turn <- struct{}{}
	old := s.server()
	s.promote(old)
	<-s.turn
	time.Sleep(zombie)
	old.kill()
}

// promote starts a server with what of another one is safe.
func (s *store) promote(old *server) {
	old.mu.Lock()
	old.past = true
	kept, lost := old.writes[:old.safe], len(old.writes)-old.safe
	old.mu.Unlock()
	s.world.note("the store goes on without %d of %d writes", lost, len(kept)+lost)
	next := s.newServer(kept)
	s.mu.Lock()
	s.primary = next
	s.mu.Unlock()
	s.world.reconnect(s.dice)
}

// connection is one process's connection to the store.
type connection struct {
	link *link

	mu     sync.Mutex
	server *server
}

func (w *world) newConnection(from *process, part uint64) *connection {
	c := &connection{link: w.newLink(from, part), server: w.store.server()}
	w.mu.Lock()
	w.connections = append(w.connections, c)
	w.mu.Unlock()
	return c
}

func (c *connection) at() *server {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.server
}

func (c *connection) switchTo(v *server) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.server = v
}

// reconnect leads every client to the primary, each at its own time.
func (w *world) reconnect(d *dice) {
	w.mu.Lock()
	all := w.connections
	w.mu.Unlock()
	for _, c := range all {
		wait := d.between(0, 50*time.Millisecond)
		if d.chance(0.3) {
			wait = d.between(0, 3*time.Second)
		}
		w.run(func() {
			w.sleep(wait)
			c.switchTo(w.store.server())
		})
	}
}

// limits of one exchange, as the shards' own.
const (
	readLimit  = 2 * time.Second
	writeLimit = 2*time.Second + waitTimeout
)

// doubt gives the failure of a write its meaning.
func doubt(err error) error {
	switch {
	case errors.Is(err, errRefused), errors.Is(err, errKilled):
		return journal.ErrUnavailable
	case errors.Is(err, errSilence), errors.Is(err, errReset):
		return journal.ErrUnknown
	}
	return err
}

// absence gives the failure of a read its meaning.
func absence(err error) error {
	for _, trouble := range []error{errRefused, errKilled, errSilence, errReset} {
		if errors.Is(err, trouble) {
			return journal.ErrUnavailable
		}
	}
	return err
}
