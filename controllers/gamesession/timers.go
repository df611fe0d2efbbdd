// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// refreshInterval bounds how often the part of a status that changes all the
// time is written.
const refreshInterval = 10 * time.Second

// timers remember when things began, on the monotonic clock. A new process
// begins to count anew.
type timers struct {
	mu      sync.Mutex
	pending map[types.UID]pendingSince
	refresh map[types.UID]time.Time
	move    map[types.UID]time.Time
	mark    map[types.UID]int64
}

type pendingSince struct {
	epoch int64
	time  time.Time
}

func newTimers() *timers {
	return &timers{
		pending: map[types.UID]pendingSince{}, refresh: map[types.UID]time.Time{}, move: map[types.UID]time.Time{},
		mark: map[types.UID]int64{},
	}
}

// pendingFor is how long the binding of an epoch has been seen pending.
func (t *timers) pendingFor(uid types.UID, epoch int64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	since, known := t.pending[uid]
	if !known || since.epoch != epoch {
		since = pendingSince{epoch: epoch, time: time.Now()}
		t.pending[uid] = since
	}
	return time.Since(since.time)
}

// markDue says whether the shard of a binding is still to be marked by this
// process.
func (t *timers) markDue(uid types.UID, epoch int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mark[uid] != epoch
}

// marked: the shard of the binding of an epoch was marked.
func (t *timers) marked(uid types.UID, epoch int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark[uid] = epoch
}

// settle: nothing is pending, or nothing can be said about it.
func (t *timers) settle(uid types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, uid)
}

// due says whether the slow part of a status is to be written now.
func (t *timers) due(uid types.UID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if last, known := t.refresh[uid]; known && time.Since(last) < refreshInterval {
		return false
	}
	t.refresh[uid] = time.Now()
	return true
}

// moved: the owner has just changed.
func (t *timers) moved(uid types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.move[uid] = time.Now()
}

// movedWithin says whether the owner changed less than d ago.
func (t *timers) movedWithin(uid types.UID, d time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, known := t.move[uid]
	if known && time.Since(last) >= d {
		delete(t.move, uid)
		return false
	}
	return known
}

func (t *timers) drop(uid types.UID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pending, uid)
	delete(t.refresh, uid)
	delete(t.move, uid)
	delete(t.mark, uid)
}
