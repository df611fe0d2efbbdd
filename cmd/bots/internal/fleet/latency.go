// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"math"
	"sync/atomic"
	"time"
)

// latency counts durations in buckets that grow by 2 %, from 10 µs to over a
// minute: a quantile is right to that, whatever the number of commands. It is
// safe for concurrent use.
type latency struct {
	buckets [latencyBuckets]atomic.Uint64
	max     atomic.Int64
}

const (
	latencyBuckets = 800
	latencyFloor   = 10 * time.Microsecond
)

var latencyGrowth = math.Log(1.02)

func (l *latency) add(d time.Duration) {
	i := 0
	if d > latencyFloor {
		i = min(int(math.Log(float64(d)/float64(latencyFloor))/latencyGrowth)+1, latencyBuckets-1)
	}
	l.buckets[i].Add(1)
	for {
		most := l.max.Load()
		if int64(d) <= most || l.max.CompareAndSwap(most, int64(d)) {
			return
		}
	}
}

// quantiles returns the durations below which the shares lie, upper bounds of
// their buckets.
func (l *latency) quantiles(shares ...float64) []time.Duration {
	var counts [latencyBuckets]uint64
	var total uint64
	for i := range l.buckets {
		counts[i] = l.buckets[i].Load()
		total += counts[i]
	}
	out := make([]time.Duration, len(shares))
	for k, share := range shares {
		need := uint64(math.Ceil(share * float64(total)))
		var sum uint64
		for i, n := range counts {
			if sum += n; sum >= need && sum > 0 {
				out[k] = time.Duration(float64(latencyFloor) * math.Pow(1.02, float64(i)))
				break
			}
		}
	}
	return out
}

func (l *latency) longest() time.Duration { return time.Duration(l.max.Load()) }
