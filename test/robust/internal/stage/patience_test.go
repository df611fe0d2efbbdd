// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"testing"
	"time"
)

// TestPatience: a machine that has no time for a process does not use up its
// patience; that ends all the same.
func TestPatience(t *testing.T) {
	for name, tt := range map[string]struct {
		takes time.Duration // what a wait of a slice takes
		waits int
	}{
		"idle":  {slice, 100},
		"busy":  {2 * slice, 50},
		"stuck": {time.Second, 20},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(0, 0)
			p := &Patience{
				left: time.Second, end: now.Add(neverMore * time.Second),
				now: func() time.Time { return now }, wait: func(time.Duration) { now = now.Add(tt.takes) },
			}
			waits := 1
			for p.Wait() {
				waits++
			}
			if waits != tt.waits {
				t.Errorf("waited %d times, want %d", waits, tt.waits)
			}
		})
	}
}
