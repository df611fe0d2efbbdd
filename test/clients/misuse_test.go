// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"os"
	"path/filepath"
	"testing"
)

// TestMisuse: observers and credentials that throw, actions that cannot be sent and
// frames that cannot be understood leave the TypeScript client as it was.
func TestMisuse(t *testing.T) {
	t.Log(node(t, "misuse.mjs", filepath.Join(os.Getenv("CLIENT_TOOLS"), "ts/index.js")))
}
