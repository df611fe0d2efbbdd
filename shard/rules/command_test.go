// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommandForms(t *testing.T) {
	tests := map[string]Command{
		`{"type":"start_combat"}`:                                                    StartCombat{},
		`{"type":"move","creature":"aria","path":[[1,2],[2,3]]}`:                     Move{Creature: "aria", Path: []Point{{1, 2}, {2, 3}}},
		`{"type":"attack","attacker":"aria","target":"goblin-1","attack":"longbow"}`: MakeAttack{"aria", "goblin-1", "longbow"},
		`{"type":"dash","creature":"aria"}`:                                          Dash{Creature: "aria"},
		`{"type":"dodge","creature":"aria"}`:                                         Dodge{Creature: "aria"},
		`{"type":"end_turn","creature":"aria"}`:                                      EndTurn{Creature: "aria"},
	}
	covered := map[string]bool{}
	for form, want := range tests {
		covered[want.Kind()] = true
		got, refusal := DecodeCommand([]byte(form))
		if refusal != nil {
			t.Errorf("%s refused: %+v", form, refusal)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
		encoded, err := EncodeCommand(got)
		if err != nil || string(encoded) != form {
			t.Errorf("encoded %s, %v; want %s", encoded, err, form)
		}
	}
	for kind := range commands {
		if !covered[kind] {
			t.Errorf("no example of %s", kind)
		}
	}
}

func TestMalformedCommands(t *testing.T) {
	tests := map[string]struct {
		raw      string
		wantCode Code
		wantText string
	}{
		"nothing":         {"", CodeMalformedCommand, "JSON object"},
		"no object":       {`[1]`, CodeMalformedCommand, "JSON object"},
		"no type":         {`{}`, CodeUnknownCommand, "there are attack, dash,"},
		"other type":      {`{"type":"fly"}`, CodeUnknownCommand, `"fly"`},
		"type no string":  {`{"type":7}`, CodeMalformedCommand, "JSON object"},
		"unknown field":   {`{"type":"dash","creature":"a","extra":1}`, CodeMalformedCommand, `unknown field "extra"`},
		"wrong value":     {`{"type":"dash","creature":7}`, CodeMalformedCommand, `field "creature" cannot be a number`},
		"fraction":        {`{"type":"move","creature":"a","path":[[1.5,2]]}`, CodeMalformedCommand, `cannot be a number 1.5`},
		"trailing data":   {`{"type":"start_combat"} {}`, CodeMalformedCommand, "more than one JSON value"},
		"type not first":  {`{"creature":7,"type":"dash"}`, CodeMalformedCommand, `field "creature" cannot be a number`},
		"far too long":    {`{"type":"dash","creature":"` + strings.Repeat("a", MaxCommandBytes) + `"}`, CodeMalformedCommand, "at most 16384 bytes"},
		"dice of its own": {`{"type":"attack","attacker":"a","target":"b","attack":"c","roll":20}`, CodeMalformedCommand, `unknown field "roll"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			command, refusal := DecodeCommand([]byte(tc.raw))
			if command != nil || refusal == nil {
				t.Fatalf("got %+v, want a refusal", command)
			}
			if refusal.Code != tc.wantCode || !strings.Contains(refusal.Message, tc.wantText) {
				t.Errorf("got %+v, want %s with %q", refusal, tc.wantCode, tc.wantText)
			}
		})
	}
}

func TestMalformedEvents(t *testing.T) {
	tests := map[string]string{
		"no list":         `{}`,
		"unknown type":    `[{"type":"sneezed"}]`,
		"unknown field":   `[{"type":"dodged","creature":"a","x":1}]`,
		"wrong value":     `[{"type":"dodged","creature":[]}]`,
		"no object":       `[1]`,
		"trailing data":   `[] []`,
		"too many":        `[` + strings.Repeat(`{"type":"dodged"},`, MaxEvents) + `{"type":"dodged"}]`,
		"far too long":    `[` + strings.Repeat(" ", MaxEventsBytes) + `]`,
		"half a document": `[{"type":"dodged"`,
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := DecodeEvents([]byte(raw)); err == nil {
				t.Errorf("got %+v, want an error", got)
			}
		})
	}
}
