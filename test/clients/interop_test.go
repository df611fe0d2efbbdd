// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"strings"
	"testing"
)

// TestOtherPeoplesWebSockets: libraries that nobody here wrote connect, play a turn,
// are cut and resume.
func TestOtherPeoplesWebSockets(t *testing.T) {
	for _, library := range []string{"ws", "undici", "global"} {
		t.Run(library, func(t *testing.T) {
			shard := startDev(t)
			played(t, node(t, "play.mjs", library, shard.url, shard.tokens["gm"]))
		})
	}
	t.Run("python3-websockets", func(t *testing.T) {
		shard := startDev(t)
		played(t, run(t, "/usr/bin/python3", "play.py", shard.url, shard.tokens["gm"]))
	})
}

func played(t *testing.T, out string) {
	t.Helper()
	if !strings.Contains(out, "played by ") {
		t.Errorf("it says: %s", out)
	}
	t.Log(strings.TrimSpace(out))
}
