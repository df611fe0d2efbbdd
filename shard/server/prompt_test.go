// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"
	"time"
)

// soon is how late the end of what lets a client in may reach its connections.
const soon = time.Second

// promptness judges how late something comes, less the time for which the machine let
// nothing of this process on: that is not the shard's.
type promptness struct {
	begun time.Time
	asks  chan chan<- time.Duration // for how long nothing was let on so far
}

const (
	lookEvery = 10 * time.Millisecond
	// jitter is what a look may be late without being a stall.
	jitter = 40 * time.Millisecond
)

// watchPromptness begins to look for stalls. What is to be prompt begins then.
func watchPromptness(t *testing.T) *promptness {
	t.Helper()
	p := &promptness{begun: time.Now(), asks: make(chan chan<- time.Duration)}
	go func() {
		var stalled time.Duration
		last := time.Now()
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			var answer chan<- time.Duration
			select {
			case <-tick.C:
			case answer = <-p.asks:
			case <-t.Context().Done():
				return
			}
			if late := time.Since(last) - lookEvery; late > jitter {
				stalled += late
			}
			last = time.Now()
			if answer != nil {
				answer <- stalled
			}
		}
	}()
	return p
}

// check fails if now is later than soon after a moment.
func (p *promptness) check(t *testing.T, what string, since time.Time) {
	t.Helper()
	late := time.Since(since)
	answer := make(chan time.Duration)
	p.asks <- answer
	stalled := <-answer
	if late < 0 || late > soon+stalled {
		t.Errorf("%s: %s, of which the machine stood still for %s; want at most %s besides", what, late, stalled, soon)
	}
	t.Logf("%s: %s", what, late.Round(10*time.Microsecond))
}
