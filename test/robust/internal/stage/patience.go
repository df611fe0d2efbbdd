// SPDX-License-Identifier: Apache-2.0

package stage

import "time"

// Patience bounds a wait for what must happen, on however slow a machine: only
// time in which this process was woken when it asked for it counts. What the
// machine gives to others is not held against what is tested.
type Patience struct {
	left time.Duration
	end  time.Time
	now  func() time.Time
	wait func(time.Duration)
}

const (
	// slice is how long one wait is, and late is how long it may take and count.
	slice = 10 * time.Millisecond
	late  = 3 * slice
	// neverMore bounds a wait, as a multiple of what was asked for.
	neverMore = 20
)

// NewPatience returns patience for d.
func NewPatience(d time.Duration) *Patience {
	return &Patience{left: d, end: time.Now().Add(neverMore * d), now: time.Now, wait: time.Sleep}
}

// Wait waits a moment. It says whether there is patience left.
func (p *Patience) Wait() bool {
	begun := p.now()
	p.wait(slice)
	now := p.now()
	if took := now.Sub(begun); took <= late {
		p.left -= took
	}
	return p.left > 0 && now.Before(p.end)
}
