// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"sync"
	"sync/atomic"
	"time"

	"gamesession.dev/operator/cmd/bots/internal/check"
)

// Bounds of what a run remembers for its report.
const (
	maxViolations = 1000
	maxCloses     = 20_000
)

// tally is what all bots of a run count together. It is safe for concurrent
// use.
type tally struct {
	sent, acked, repeated atomic.Uint64
	refused, unanswered   atomic.Uint64
	attempts              atomic.Uint64 // to connect that came to nothing
	broken                atomic.Uint64 // violations, also those past the bound
	live                  atomic.Int64  // bots whose connection carries the chain
	acks                  latency

	mu         sync.Mutex
	refusals   map[string]int
	violations []Violation
	closes     []Close
	failed     error // the last attempt to connect that came to nothing
}

// Violation is a promise that was broken, and whose.
type Violation struct {
	check.Violation
	Session, Player string
	At              time.Time
}

// Close is a connection that a shard ended, or that was cut.
type Close struct {
	Session    string `json:"session"`
	Player     string `json:"player"`
	UnixMillis int64  `json:"t"`
	Code       int    `json:"code"`
	Reason     string `json:"reason,omitempty"`
	Kind       Kind   `json:"kind"`
	// BackMillis is how long the bot was away; -1 when it did not come back.
	BackMillis int64 `json:"back_ms"`
	// Resumed says that it came back along the chain, without a sync.
	Resumed bool `json:"resumed"`
}

func (t *tally) violation(v Violation) {
	t.broken.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.violations) < maxViolations {
		t.violations = append(t.violations, v)
	}
}

func (t *tally) refusal(code string) {
	t.refused.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refusals == nil {
		t.refusals = map[string]int{}
	}
	t.refusals[code]++
}

func (t *tally) failure(err error) {
	t.attempts.Add(1)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failed = err
}

func (t *tally) lastFailure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// closed remembers a close and returns its number, for back.
func (t *tally) closed(c Close) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.closes) >= maxCloses {
		return -1
	}
	c.BackMillis = -1
	t.closes = append(t.closes, c)
	return len(t.closes) - 1
}

func (t *tally) back(number int, after time.Duration, resumed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if number >= 0 {
		t.closes[number].BackMillis, t.closes[number].Resumed = after.Milliseconds(), resumed
	}
}

func (t *tally) closeCount() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.closes)
}
