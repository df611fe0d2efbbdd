// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

// TestRefusedCommandIsNotPassedOnAgain: a copy that is read after the refusal gets
// that refusal; one that was asked to be sent again is passed on.
func TestRefusedCommandIsNotPassedOnAgain(t *testing.T) {
	declare := func(n uint64, action string) wire.ActionDeclare {
		return wire.ActionDeclare{N: n, ActionID: "a", Action: json.RawMessage(action)}
	}
	refusal := func(n uint64, retry bool) []byte {
		return wire.Encode(wire.TypeRefusal, wire.Refusal{N: n, ActionID: "a", Code: "not_your_turn", Retry: retry})
	}
	var p pending
	for n, retry := range map[uint64]bool{1: false, 2: true} {
		p.add(declare(n, `{"type":"dodge"}`))
		p.refuse(n, refusal(n, retry))
		p.answered(n)
	}
	tests := map[string]struct {
		command wire.ActionDeclare
		want    bool
	}{
		"refused":          {declare(1, `{"type":"dodge"}`), true},
		"to be sent again": {declare(2, `{"type":"dodge"}`), false},
		"another command":  {declare(1, `{"type":"dash"}`), false},
		"never seen":       {declare(3, `{"type":"dodge"}`), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			frame, again := p.again(tt.command)
			if again != tt.want || again && string(frame) != string(refusal(1, false)) {
				t.Errorf("refused before: %t, %s", again, frame)
			}
		})
	}
	for n := uint64(10); n < 10+2*pendingMax; n++ {
		p.add(declare(n, `{}`))
		p.refuse(n, refusal(n, false))
		p.answered(n)
	}
	if len(p.refused) > pendingMax {
		t.Errorf("%d refusals are kept", len(p.refused))
	}
}
