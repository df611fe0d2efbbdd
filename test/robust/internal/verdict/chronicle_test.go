// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"

	"gamesession.dev/operator/shard/journal"
)

// TestDamagedSnapshots: what a fault put in the place of a snapshot is not taken
// for what the product stored; what the product stored is kept.
func TestDamagedSnapshots(t *testing.T) {
	at := journal.Position{Epoch: 1, Version: 2}
	for name, tt := range map[string]struct {
		base bool // of the first command
		want string
	}{
		"stored, then damaged": {want: "whole"},
		"copied when damaged":  {base: true},
	} {
		t.Run(name, func(t *testing.T) {
			c := &chronicle{snapshots: map[journal.Position]stored{}}
			first := "whole"
			if tt.base {
				first = "dam"
			}
			for _, step := range []struct {
				value string
				base  bool
			}{{first, tt.base}, {"dam", false}} {
				if err := c.take("hset", "snapshots", []string{"1-2", step.value}, step.base); err != nil {
					t.Fatal(err)
				}
			}
			c.forget("1-2")
			if got := string(c.snapshots[at].data); got != tt.want {
				t.Errorf("the snapshot is %q, want %q", got, tt.want)
			}
		})
	}
}
