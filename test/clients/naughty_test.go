// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"fmt"
	"testing"
)

// TestNaughtyStrings: what has broken other people's programs is passed on as it was
// said, or refused, and nothing ends by it.
func TestNaughtyStrings(t *testing.T) {
	shard := startDev(t)
	out := node(t, "naughty.mjs", shard.url, shard.tokens["aria"], shard.tokens["gm"])
	var heard, refused int
	if _, err := fmt.Sscanf(out, "heard %d, refused %d", &heard, &refused); err != nil || heard < 400 || refused == 0 {
		t.Errorf("it says %q", out)
	}
	t.Log(out)
}
