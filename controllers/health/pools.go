// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/shard/redisaddr"
)

// ErrNotYet says that nobody has tried to connect the pool yet.
var ErrNotYet = errors.New("the pool is not connected yet")

// Config is what a pool's connection and its Watcher depend on.
type Config struct {
	ID    string // of the pool in Redis
	Redis redisaddr.Address
	Lease time.Duration
}

// Pools keeps a connection and a Watcher for each pool. It is safe for
// concurrent use. Its watchers run between Start and the end of Start's context.
type Pools struct {
	dial  func(redisaddr.Address) (Link, error)
	log   logr.Logger
	sinks []chan<- Event

	mu    sync.Mutex
	ctx   context.Context // of Start; nil before
	pools map[types.NamespacedName]*Pool
	fails map[types.NamespacedName]error // why a pool is not there
	done  sync.WaitGroup
}

// Pool is one pool's connection and Watcher.
type Pool struct {
	*Watcher
	Link
	config Config
	stop   context.CancelFunc
}

// NewPools returns Pools that connect with dial and tell every sink what
// changes. A sink that is full holds up the watchers, not the shards.
func NewPools(dial func(redisaddr.Address) (Link, error), log logr.Logger, sinks ...chan<- Event) *Pools {
	return &Pools{dial: dial, log: log, sinks: sinks,
		pools: map[types.NamespacedName]*Pool{}, fails: map[types.NamespacedName]error{}}
}

// Start lets watchers run until ctx ends, then closes all connections.
func (p *Pools) Start(ctx context.Context) error {
	p.mu.Lock()
	p.ctx = ctx
	for _, pool := range p.pools {
		p.launch(pool)
	}
	p.mu.Unlock()
	<-ctx.Done()
	p.done.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, pool := range p.pools {
		_ = pool.Link.Close() // nothing is written through it any more
		delete(p.pools, name)
	}
	return nil
}

// Ensure returns the pool's Watcher, connected as config says. A changed config
// replaces connection and Watcher; what was known of the shards is then learnt
// anew.
func (p *Pools) Ensure(name types.NamespacedName, config Config) (*Pool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.pools[name]
	if old != nil && old.config == config {
		return old, nil
	}
	link, err := p.dial(config.Redis)
	if err != nil {
		return nil, fmt.Errorf("connecting to the Redis of pool %s: %w", name, err)
	}
	if old != nil {
		p.drop(name, old)
	}
	log := p.log.WithValues("pool", name.String())
	pool := &Pool{Link: link, config: config}
	pool.Watcher = newWatcher(name, config.ID, config.Lease, link, p.tell, log)
	p.pools[name] = pool
	delete(p.fails, name)
	if p.ctx != nil {
		p.launch(pool)
	}
	return pool, nil
}

func (p *Pools) launch(pool *Pool) {
	ctx, cancel := context.WithCancel(p.ctx)
	pool.stop = cancel
	p.done.Go(func() { pool.run(ctx) })
}

// Fail notes why a pool cannot be connected. It stays as it is if it was.
func (p *Pools) Fail(name types.NamespacedName, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails[name] = err
}

// Get returns a pool that Ensure has made. Without one the error says why, or
// is ErrNotYet.
func (p *Pools) Get(name types.NamespacedName) (*Pool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if pool := p.pools[name]; pool != nil {
		return pool, nil
	}
	if err := p.fails[name]; err != nil {
		return nil, err
	}
	return nil, ErrNotYet
}

// Drop ends a pool's Watcher and closes its connection.
func (p *Pools) Drop(name types.NamespacedName) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.fails, name)
	if pool := p.pools[name]; pool != nil {
		p.drop(name, pool)
	}
}

func (p *Pools) drop(name types.NamespacedName, pool *Pool) {
	if pool.stop != nil {
		pool.stop()
	}
	_ = pool.Link.Close() // whoever still uses it gets an error and comes again
	delete(p.pools, name)
}

func (p *Pools) tell(ctx context.Context, s Signal) {
	for _, sink := range p.sinks {
		select {
		case sink <- Event{Object: s}:
		case <-ctx.Done():
			return
		}
	}
}
