// SPDX-License-Identifier: Apache-2.0

package client

import (
	"math/rand/v2"
	"time"
)

const (
	minBackoff = 50 * time.Millisecond
	maxBackoff = 2 * time.Second
)

// backoff spaces attempts: each wait is drawn from the upper half of a step
// that doubles, so that clients which lost their shard together do not come
// back together.
type backoff struct{ step time.Duration }

func (b *backoff) next() time.Duration {
	b.step = min(max(b.step*2, minBackoff), maxBackoff)
	return b.step/2 + rand.N(b.step/2) //nolint:gosec // it spreads attempts and keeps no secret
}

func (b *backoff) reset() { b.step = 0 }
