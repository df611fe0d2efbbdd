// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
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
	url    string
	client *redis.Client
}

const redisTimeout = 2 * time.Second

// take counts one creation of a user in a pool whose Redis is at a URL, or
// returns how long to wait.
func (b *buckets) take(ctx context.Context, pool, url, user string, perHour int32) (time.Duration, error) {
	client, err := b.client(pool, url)
	if err != nil {
		return 0, err
	}
	rule := limit.Rule{N: int(perHour), Per: time.Hour}
	ctx, cancel := context.WithTimeout(ctx, redisTimeout)
	defer cancel()
	return limit.NewShared(client, cmp.Or(b.prefix, journal.DefaultPrefix), "creations", rule).Take(ctx, user)
}

func (b *buckets) client(pool, url string) (*redis.Client, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if have, known := b.links[pool]; known && have.url == url {
		return have.client, nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, errors.New("the URL of Redis cannot be parsed") // it may hold a password
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
	b.links[pool] = link{url, client}
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
