// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

func declaring(data string) string { return `{"type":"action_declare","data":` + data + `}` }

// manyKeys are those of an object, with a comma behind each.
func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":1,`, i)
	}
	return b.String()
}

// badJSON is what a strict reader does not take.
var badJSON = map[string]string{
	"depth of ten thousand":        strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
	"open without end":             strings.Repeat(`{"a":`, 5000),
	"three thousand keys":          declaring(`{"n":1,"action_id":"x","action":{` + manyKeys(3000) + `"z":1}}`),
	"a key twice":                  declaring(`{"n":1,"n":2,"action_id":"x","action":{}}`),
	"type twice":                   `{"type":"heartbeat","type":"sync_request"}`,
	"type in capitals":             `{"TYPE":"heartbeat"}`,
	"1e400":                        declaring(`{"n":1e400,"action_id":"x","action":{}}`),
	"1e400 in the action":          declaring(`{"n":1,"action_id":"x","action":{"type":"dash","x":1e400}}`),
	"2^53 + 1":                     declaring(`{"n":9007199254740993,"action_id":"x","action":{}}`),
	"resume past 2^53":             `{"type":"resume","data":{"epoch":18446744073709551615,"version":1}}`,
	"NaN":                          declaring(`{"n":NaN,"action_id":"x","action":{}}`),
	"trailing data":                `{"type":"heartbeat"}{"type":"heartbeat"}`,
	"trailing garbage":             `{"type":"heartbeat"}]`,
	"byte order mark":              "\ufeff" + `{"type":"heartbeat"}`,
	"lone surrogate":               declaring(`{"n":1,"action_id":"\ud800","action":{}}`),
	"U+0000":                       declaring(`{"n":1,"action_id":"\u0000","action":{}}`),
	"unknown field":                declaring(`{"n":1,"action_id":"x","action":{},"as":"gm"}`),
	"unknown envelope":             `{"type":"heartbeat","session":"other"}`,
	"unknown type":                 `{"type":"grant_role","data":{"role":"gm"}}`,
	"a shard's frame":              `{"type":"moved","data":{}}`,
	"a peer's frame":               `{"type":"relay_ready"}`,
	"not an object":                `"heartbeat"`,
	"null":                         `null`,
	"nothing":                      ``,
	"prototype":                    `{"type":"heartbeat","__proto__":{"role":"gm"}}`,
	"n below zero":                 declaring(`{"n":-1,"action_id":"x","action":{}}`),
	"n is text":                    declaring(`{"n":"1","action_id":"x","action":{}}`),
	"action is text":               declaring(`{"n":1,"action_id":"x","action":"dash"}`),
	"too many paths":               `{"type":"sync_request","data":{"paths":["/x"` + strings.Repeat(`,"/x"`, wire.MaxSyncPaths) + `]}}`,
	"two keys that differ in case": declaring(`{"n":1,"N":2,"action_id":"x","action":{}}`),
	"a key twice, escaped once":    `{"type":"heartbeat","t\u0079pe":"sync_request"}`,
	"a key twice, deep down":       declaring(`{"n":1,"action_id":"x","action":{"type":"dash","a":{"b":1,"b":2}}}`),
	"a key of 65 bytes":            declaring(`{"n":1,"action_id":"x","action":{"` + strings.Repeat("k", 65) + `":1}}`),
	"Infinity":                     declaring(`{"n":-Infinity,"action_id":"x","action":{}}`),
	"-2^53 - 1 in the action":      declaring(`{"n":1,"action_id":"x","action":{"type":"dash","x":-9007199254740993}}`),
	"low half of a pair alone":     declaring(`{"n":1,"action_id":"\udc00","action":{}}`),
	"halves of a pair turned":      declaring(`{"n":1,"action_id":"\udc00\ud800","action":{}}`),
	"a comment":                    `{"type":"heartbeat"/* or what */}`,
	"a comma too many":             `{"type":"heartbeat",}`,
	"single quotes":                `{'type':'heartbeat'}`,
	"UTF-16":                       "{\x00\"\x00t\x00",
}

// TestBadJSON: each bad frame is told as bad_request and the connection stays.
func TestBadJSON(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	for name, frame := range badJSON {
		t.Run(name, func(t *testing.T) {
			c := a.attack(t)
			c.send(text(`{"type":"sync_request"}`))
			if code, told := c.verdict(); code != 0 || len(told) > 0 {
				t.Fatalf("closed with %d after %v", code, told)
			}
			c.send(text(frame), text(`{"type":"sync_request"}`))
			code, told := c.verdict()
			if code != 0 || len(told) != 1 || told[0] != wire.CodeBadRequest {
				t.Errorf("closed with %d after %v, want %s and no close", code, told, wire.CodeBadRequest)
			}
		})
	}
	t.Run("ten in a row", func(t *testing.T) {
		c := a.attack(t)
		for range maxStrikes {
			c.send(text(`{}`))
		}
		if code, told := c.verdict(); code != 1008 || len(told) != maxStrikes {
			t.Errorf("closed with %d after %d errors, want 1008 after %d", code, len(told), maxStrikes)
		}
	})
}
