// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/redisaddr"
)

// maxPools bounds the connections that are kept: one to the Redis of each pool.
const maxPools = 64

// buckets count creations in the Redis of each pool, where all replicas see them.
type buckets struct {
	prefix string

	mu    sync.Mutex
	links map[string]link // by pool
}

type link struct {
	address redisaddr.Address
	client  *redis.Client
}

const redisTimeout = 2 * time.Second

// take counts one creation of a user in a pool whose Redis is at an address, or
// returns how long to wait.
func (b *buckets) take(ctx context.Context, pool string, at redisaddr.Address, user string, perHour int32) (time.Duration, error) {
	client, err := b.client(pool, at)
	if err != nil {
		return 0, err
	}
	rule := limit.Rule{N: int(perHour), Per: time.Hour}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return limit.NewShared(client, cmp.Or(b.prefix, journal.DefaultPrefix), "creations", rule).Take(ctx, user)
}

func (b *buckets) client(pool string, at redisaddr.Address) (*redis.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if have, known := b.links[pool]; known && have.address == at {
		return have.client, nil
	}
	options, err := at.Options()
	if err != nil {
		return nil, fmt.Errorf("reaching Redis: %w", err)
	}
	options.MaxRetries = -1
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = redisTimeout, redisTimeout, redisTimeout
	options.ContextTimeoutEnabled = true
	if len(b.links) >= maxPools {
		b.closeAll()
	} else if old, known := b.links[pool]; known {
		_ = old.client.Close() // nothing is written through it any more
	}
	if b.links == nil {
		b.links = map[string]link{}
	}
	client := redis.NewClient(options)
	b.links[pool] = link{at, client}
	return client, nil
}

func (b *buckets) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closeAll()
}

func (b *buckets) closeAll() {
	for _, l := range b.links {
		_ = l.client.Close() // nothing is written through it any more
	}
	b.links = nil
}
