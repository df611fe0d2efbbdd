// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeFrameRefuses(t *testing.T) {
	tests := map[string]string{
		"empty":                  ``,
		"not JSON":               `hello`,
		"an array":               `[]`,
		"no type":                `{"data":{}}`,
		"type is a number":       `{"type":1}`,
		"unknown envelope field": `{"type":"ack","seq":1}`,
		"something behind":       `{"type":"ack"} {}`,
		"invalid UTF-8":          "{\"type\":\"a\xff\"}",
		"byte order mark":        "\ufeff{\"type\":\"ack\"}",
		"too deep":               `{"type":"ack","data":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}`,
		"cut short":              `{"type":"ack","data":{`,
	}
	for name, message := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := DecodeFrame([]byte(message)); !errors.Is(err, ErrBadFrame) {
				t.Errorf("DecodeFrame = %v, want %v", err, ErrBadFrame)
			}
		})
	}
}

func TestDecodeDataRefuses(t *testing.T) {
	tests := map[string]string{
		"unknown field":   `{"type":"action_declare","data":{"n":1,"dice":[20]}}`,
		"negative n":      `{"type":"action_declare","data":{"n":-1}}`,
		"n past 64 bits":  `{"type":"action_declare","data":{"n":1e400}}`,
		"n is a fraction": `{"type":"action_declare","data":{"n":1.5}}`,
		"data is a list":  `{"type":"action_declare","data":[]}`,
	}
	for name, message := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := DecodeFrame([]byte(message))
			if err != nil {
				t.Fatal(err)
			}
			if err := DecodeData(f, new(ActionDeclare)); !errors.Is(err, ErrBadFrame) {
				t.Errorf("DecodeData = %v, want %v", err, ErrBadFrame)
			}
		})
	}
}

func TestBracketsInStringsDoNotNest(t *testing.T) {
	message := `{"type":"error","data":{"code":"internal","message":"` + strings.Repeat(`[{\"`, 100) + `"}}`
	if _, err := DecodeFrame([]byte(message)); err != nil {
		t.Error(err)
	}
}

// TestEncodeKeepsLeafText: a leaf is hashed by its text, so no encoder on the
// way may rewrite it.
func TestEncodeKeepsLeafText(t *testing.T) {
	leaf := json.RawMessage(`"<Bo & \"Ann\"> \u2028 é"`)
	message := Encode(TypeStateUpdate, Update{Changes: []Change{{Path: "/title", Value: leaf}}})
	f, err := DecodeFrame(message)
	if err != nil {
		t.Fatal(err)
	}
	var u Update
	if err := DecodeData(f, &u); err != nil {
		t.Fatal(err)
	}
	if got := u.Changes[0].Value; !bytes.Equal(got, leaf) {
		t.Errorf("leaf = %s, want %s", got, leaf)
	}
}

// FuzzDecodeFrame: whatever arrives, decoding neither panics nor takes what it
// cannot give back.
func FuzzDecodeFrame(f *testing.F) {
	for typ := range messages {
		f.Add(golden(f, typ))
	}
	f.Add([]byte(`{"type":"heartbeat"}`))
	f.Add([]byte(`{"type":"resume","data":null}`))
	f.Fuzz(func(t *testing.T, message []byte) {
		frame, err := DecodeFrame(message)
		if err != nil {
			if !errors.Is(err, ErrBadFrame) {
				t.Fatalf("error %v does not wrap %v", err, ErrBadFrame)
			}
			return
		}
		fresh, known := messages[frame.Type]
		if !known {
			return
		}
		first, second := fresh(), fresh()
		if DecodeData(frame, first) != nil {
			return
		}
		again, err := DecodeFrame(Encode(frame.Type, first))
		if err != nil {
			t.Fatalf("decoding what was encoded: %v", err)
		}
		if err := DecodeData(again, second); err != nil {
			t.Fatalf("decoding what was encoded: %v", err)
		}
		// Encoding makes the two comparable: absent and empty become one.
		if diff := cmp.Diff(string(Encode(frame.Type, first)), string(Encode(frame.Type, second))); diff != "" {
			t.Errorf("not stable (-first +second):\n%s", diff)
		}
	})
}
