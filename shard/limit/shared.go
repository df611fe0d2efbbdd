// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed scripts/take.lua
var takeScript string

// Shared counts in Redis, by the clock of Redis: all shards see the same bucket.
// A bucket's key is gone when the bucket is full. It is safe for concurrent use.
type Shared struct {
	client redis.Scripter
	script *redis.Script
	prefix string
	rule   Rule
}

// NewShared returns the buckets of one rule; name is part of their keys.
func NewShared(client redis.Scripter, prefix, name string, rule Rule) *Shared {
	return &Shared{client: client, script: redis.NewScript(takeScript), prefix: prefix + ":limit:" + name + ":", rule: rule}
}

// Take takes one for a subject, or returns how long to wait.
func (s *Shared) Take(ctx context.Context, subject string) (wait time.Duration, err error) {
	if s.rule.Unlimited() {
		return 0, nil
	}
	key := s.prefix + "{" + subject + "}"
	micros, err := s.script.Run(ctx, s.client, []string{key}, s.rule.each().Microseconds(), s.rule.Per.Microseconds()).Int64()
	if err != nil {
		return 0, fmt.Errorf("counting against a limit: %w", err)
	}
	return time.Duration(micros) * time.Microsecond, nil
}
