// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"encoding/json"
	"slices"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

// TestEveryFrameIsInAConversation, and every close code that a shard sends.
func TestEveryFrameIsInAConversation(t *testing.T) {
	scripts, err := Load("scripts")
	check(t, err)
	frames, closes := map[wire.Type]bool{}, map[int]bool{}
	for _, s := range scripts {
		for _, step := range s.Steps {
			if len(step.Frame) > 0 && step.Frame[0] == '{' { // else it is none
				var f struct{ Type wire.Type }
				check(t, json.Unmarshal(step.Frame, &f))
				frames[f.Type] = true
			}
			codes := []json.RawMessage{step.Code}
			if string(step.Code) == `"$code"` {
				codes = s.Each["code"]
			}
			for _, raw := range codes {
				var code int
				if raw != nil {
					check(t, json.Unmarshal(raw, &code))
				}
				closes[code] = true
			}
		}
	}
	for _, k := range wire.Kinds() {
		if !frames[k.Type] {
			t.Errorf("no conversation has a frame %s", k.Type)
		}
	}
	for _, c := range wire.Closings() {
		if !closes[c.Code] {
			t.Errorf("in no conversation does a shard close with %d", c.Code)
		}
	}
	if unlisted := slices.DeleteFunc([]int{1010, 4150, 4099, 1001}, func(code int) bool { return closes[code] }); len(unlisted) > 0 {
		t.Errorf("no conversation has the unlisted codes %v", unlisted)
	}
}
