// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var block = regexp.MustCompile("(?ms)^```js\n(.*?)^```$")

// TestTutorial runs the blocks of docs/tutorial.md as they stand there, but for what
// the reader has to paste, against the server that it has the reader start.
func TestTutorial(t *testing.T) {
	text, err := os.ReadFile("../../docs/tutorial.md")
	check(t, err)
	shard := startDev(t)
	var code strings.Builder
	for _, found := range block.FindAllStringSubmatch(string(text), -1) {
		code.WriteString(found[1])
	}
	pasted := strings.NewReplacer(
		"ws://127.0.0.1:8080/api/v2/sessions/demo/ws", shard.url,
		"PASTE THE TOKEN OF aria", shard.tokens["aria"], "PASTE THE TOKEN OF gm", shard.tokens["gm"],
	).Replace(code.String())
	if strings.Contains(pasted, "PASTE") || strings.Contains(pasted, ":8080") {
		t.Fatalf("something is left to paste:\n%s", pasted)
	}
	file := filepath.Join(t.TempDir(), "tutorial.mjs")
	check(t, os.WriteFile(file, []byte(pasted+"\nprocess.exit();\n"), 0o600))
	out := node(t, file)
	for _, want := range []string{
		"Aria has 60 hit points.", "She sees a goblin's: undefined - the game master: 10", "gm: Two goblins stand on the bridge.",
		"aria may not: ", "Won by the heroes in round ", "aria was closed: ", "Aria is back at version ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
}
