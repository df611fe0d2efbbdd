// SPDX-License-Identifier: Apache-2.0

//go:build npm

package clients

import (
	"encoding/json"
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
	t.Run("node", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "tutorial.mjs")
		code := strings.Join(blocks(t, startDev(t)), "") + "\nprocess.exit();\n"
		check(t, os.WriteFile(file, []byte(code), 0o600))
		won(t, node(t, file))
	})
	t.Run("chromium", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "blocks.json")
		list, err := json.Marshal(blocks(t, startDev(t)))
		check(t, err)
		check(t, os.WriteFile(file, list, 0o600))
		won(t, node(t, "console.mjs", "/usr/bin/chromium", file))
	})
}

// blocks returns the code of the tutorial, with what the server has printed.
func blocks(t *testing.T, shard dev) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/tutorial.md")
	check(t, err)
	pasted := strings.NewReplacer(
		"ws://127.0.0.1:8080/api/v2/sessions/demo/ws", shard.url,
		"PASTE THE TOKEN OF aria", shard.tokens["aria"], "PASTE THE TOKEN OF gm", shard.tokens["gm"],
	)
	var list []string
	for _, found := range block.FindAllStringSubmatch(string(text), -1) {
		list = append(list, pasted.Replace(found[1]))
	}
	if all := strings.Join(list, ""); strings.Contains(all, "PASTE") || strings.Contains(all, ":8080") {
		t.Fatalf("something is left to paste:\n%s", all)
	}
	return list
}

// won checks what the reader sees.
func won(t *testing.T, out string) {
	t.Helper()
	for _, want := range []string{
		"Aria has 60 hit points.", "She sees a goblin's: undefined - the game master: 10", "gm: Two goblins stand on the bridge.",
		"aria may not: ", "Won by the heroes in round ", "aria was closed: ", "Aria is back at version ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q:\n%s", want, out)
		}
	}
	t.Log(out)
}
