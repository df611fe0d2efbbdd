// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"sync"
	"time"
)

// pace spreads the commands of one session evenly. A command that takes long
// uses up its successors' slots; they are not caught up with.
type pace struct {
	mu    sync.Mutex
	every time.Duration // zero: as fast as it goes
	next  time.Time
}

func newPace(rate float64) *pace {
	p := &pace{}
	if rate > 0 {
		p.every = time.Duration(float64(time.Second) / rate)
	}
	return p
}

// wait returns when the next command may go, or false when ctx has ended.
func (p *pace) wait(ctx context.Context) bool {
	p.mu.Lock()
	now := time.Now()
	at := p.next
	if at.Before(now) {
		at = now
	}
	p.next = at.Add(p.every)
	p.mu.Unlock()
	if at.Equal(now) {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
