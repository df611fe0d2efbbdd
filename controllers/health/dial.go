// SPDX-License-Identifier: Apache-2.0

package health

import (
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/registry"
)

// timeouts of one Redis command. The operator waits for nothing longer.
const (
	dialTimeout    = 2 * time.Second
	commandTimeout = 2 * time.Second
)

// Dialer returns a function that connects to a Redis and uses keys with the prefix.
// It does not wait for the server: Redis may be away.
func Dialer(prefix string) (func(redisaddr.Address) (Link, error), error) {
	keys, err := journal.NewKeys(prefix)
	if err != nil {
		return nil, err
	}
	return func(address redisaddr.Address) (Link, error) {
		options, err := address.Options()
		if err != nil {
			return Link{}, fmt.Errorf("reaching Redis: %w", err)
		}
		options.MaxRetries = -1
		options.DialTimeout = dialTimeout
		options.ReadTimeout, options.WriteTimeout = commandTimeout, commandTimeout
		options.ContextTimeoutEnabled = true
		options.DisableIdentity = true
		client := redis.NewClient(options)
		return Link{Registry: registry.New(client, keys), Closer: client}, nil
	}, nil
}
