// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDecodeRequestRefuses(t *testing.T) {
	data := func(d string) string { return `{"type":"action_declare","data":` + d + `}` }
	keys := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"k%d":0,`, i)
		}
		return `{` + strings.TrimSuffix(b.String(), ",") + `}`
	}
	tests := map[string]struct{ frame, why string }{
		"depth":                    {data(strings.Repeat(`{"a":`, maxDepth) + "1" + strings.Repeat("}", maxDepth)), "nested"},
		"depth of ten thousand":    {strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000), "nested"},
		"keys":                     {data(`{"action":` + keys(maxKeys) + `}`), "keys"},
		"a long key":               {data(`{"action":{"` + strings.Repeat("k", maxKeyBytes+1) + `":1}}`), "key has more"},
		"a key twice":              {data(`{"n":1,"n":2}`), "comes twice"},
		"a key twice, apart":       {data(`{"n":1,"action":{"n":1},"n":2}`), "comes twice"},
		"a key in two spellings":   {data(`{"action":{"target":"a","Target":"b"}}`), "comes twice"},
		"type twice":               {`{"type":"resume","data":{},"type":"heartbeat"}`, "comes twice"},
		"type in another case":     {`{"Type":"heartbeat"}`, "unknown field"},
		"field in another case":    {data(`{"N":1}`), "unknown field"},
		"field that folds":         {`{"type":"heartbeat","data":{"\u017ferver_time":1}}`, "unknown field"},
		"escaped key":              {`{"\u0074ype":"heartbeat"}`, "unknown field"},
		"unknown field":            {data(`{"n":1,"dice":[20]}`), ""},
		"unknown envelope field":   {`{"type":"heartbeat","seq":1}`, "unknown field"},
		"1e400":                    {data(`{"action":{"x":1e400}}`), "not a number"},
		"-1e400":                   {data(`{"action":{"x":-1e400}}`), "not a number"},
		"2^53":                     {data(`{"n":9007199254740992}`), "beyond"},
		"2^53 + 1":                 {data(`{"n":9007199254740993}`), "beyond"},
		"-2^53":                    {data(`{"action":{"x":-9007199254740992}}`), "beyond"},
		"2^64":                     {data(`{"n":18446744073709551616}`), "beyond"},
		"a number of 30000 digits": {data(`{"n":` + strings.Repeat("9", 30_000) + `}`), "beyond"},
		"NaN":                      {data(`{"n":NaN}`), "bad frame"},
		"Infinity":                 {data(`{"n":-Infinity}`), "bad frame"},
		"something behind":         {`{"type":"heartbeat"} {}`, "follows"},
		"byte order mark":          {"\ufeff" + `{"type":"heartbeat"}`, "bad frame"},
		"first half":               {data(`{"action_id":"\ud800"}`), "surrogate"},
		"first half, then text":    {data(`{"action_id":"\ud800x"}`), "surrogate"},
		"second half":              {data(`{"action_id":"\udc00"}`), "surrogate"},
		"halves in wrong order":    {data(`{"action_id":"\udc00\ud800"}`), "surrogate"},
		"three halves":             {data(`{"action_id":"\ud800\udc00\ud800"}`), "surrogate"},
		"U+0000":                   {data(`{"action_id":"a\u0000b"}`), "U+0000"},
		"raw control character":    {data("{\"action_id\":\"a\x01b\"}"), "bad frame"},
		"invalid UTF-8":            {"{\"type\":\"heart\xffbeat\"}", "UTF-8"},
		"surrogate as UTF-8":       {"{\"type\":\"\xed\xa0\x80\"}", "UTF-8"},
		"overlong UTF-8":           {"{\"type\":\"\xc0\xaf\"}", "UTF-8"},
		"no character":             {data(`{"action_id":"\uzzzz"}`), "no character"},
		"string without end":       {`{"type":"heartbeat`, "bad frame"},
		"escape at the end":        {`{"type":"\`, "bad frame"},
		"comment":                  {`{"type":"heartbeat"/**/}`, "bad frame"},
		"single quotes":            {`{'type':'heartbeat'}`, "bad frame"},
		"empty":                    {``, "bad frame"},
		"null":                     {`null`, "type is missing"},
		"closed too often":         {`]}]}{"type":"heartbeat"}`, "bad frame"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := DecodeRequest([]byte(tc.frame))
			if err == nil {
				err = DecodeData(f, new(ActionDeclare))
			}
			if !errors.Is(err, ErrBadFrame) || !strings.Contains(err.Error(), tc.why) {
				t.Errorf("error %v, want %v that says %q", err, ErrBadFrame, tc.why)
			}
			if err != nil && len(err.Error()) > 512 {
				t.Errorf("the error has %d bytes: it gives the input back", len(err.Error()))
			}
		})
	}
}

func TestDecodeRequestTakes(t *testing.T) {
	data := func(d string) string { return `{"type":"action_declare","data":` + d + `}` }
	tests := map[string]string{
		"every escape":               data(`{"action_id":"\"\\\/\b\f\n\r\t\u00e9"}`),
		"a pair of surrogates":       data(`{"action_id":"\ud83d\ude00"}`),
		"an escaped backslash":       data(`{"action_id":"\\ud800"}`),
		"2^53 - 1":                   data(`{"n":9007199254740991}`),
		"a fraction":                 data(`{"action":{"x":-1.5e3}}`),
		"keys of different objects":  data(`{"action":{"n":1,"to":[{"n":1},{"n":2}]},"n":1}`),
		"other spellings in actions": data(`{"action":{"maxHP":1,"Größe":2}}`),
		"spaces":                     " {\n\t\"type\" :\r\"heartbeat\" } ",
		"a key's look in a string":   data(`{"action_id":"\"n\":1,\"n\":2"}`),
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			f, err := DecodeRequest([]byte(frame))
			if err == nil {
				err = DecodeData(f, new(ActionDeclare))
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestDecodeRequestTakesWhatClientsEncode: whatever a client of this package
// says passes, and reads the same.
func TestDecodeRequestTakesWhatClientsEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		action, err := json.Marshal(map[string]any{
			"type": "attack", "text": rapid.StringMatching(`[^\x00]{0,40}`).Draw(t, "text"),
			"number": rapid.IntRange(-maxInteger, maxInteger).Draw(t, "number"),
		})
		if err != nil {
			t.Fatal(err)
		}
		want := ActionDeclare{N: rapid.Uint64Range(0, maxInteger).Draw(t, "n"), ActionID: "x", Action: action}
		f, err := DecodeRequest(Encode(TypeActionDeclare, want))
		if err != nil {
			t.Fatal(err)
		}
		var got ActionDeclare
		if err := DecodeData(f, &got); err != nil {
			t.Fatal(err)
		}
		if got.N != want.N || string(got.Action) != string(want.Action) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

// FuzzDecodeRequest: it takes no more than DecodeFrame, neither panics, and what
// it takes has keys that any two readers agree on.
func FuzzDecodeRequest(f *testing.F) {
	for typ := range messages {
		f.Add(golden(f, typ))
	}
	for _, s := range []string{`{"type":"a","type":"b"}`, `{"data":{"n":1e400}}`, `{"type":"\ud800"}`, `[[[[`, `{"a":"\`, `{"type":"x","data":{"a":{"b":1,"B":2}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := DecodeRequest(message)
		if err != nil {
			if !errors.Is(err, ErrBadFrame) {
				t.Fatalf("error %v does not wrap %v", err, ErrBadFrame)
			}
			return
		}
		want, err := DecodeFrame(message)
		if err != nil || got.Type != want.Type || string(got.Data) != string(want.Data) {
			t.Fatalf("DecodeFrame gives %+v, %v", want, err)
		}
		if first, _ := firstKey(message, got.Type); !first {
			t.Fatalf("%s: the first type of the message is not %q", message, got.Type)
		}
	})
}

// firstKey reads the message as a decoder that keeps the first of two equal keys
// would.
func firstKey(message []byte, want Type) (bool, error) {
	dec := json.NewDecoder(strings.NewReader(string(message)))
	if _, err := dec.Token(); err != nil {
		return false, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return false, err
		}
		if key == "type" {
			var got Type
			err := json.Unmarshal(value, &got)
			return got == want, err
		}
	}
	return false, nil
}
