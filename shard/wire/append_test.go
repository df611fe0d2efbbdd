// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// values are compact, as those of the rules are.
var values = []string{"", "0", "-7", `"x"`, `"a\"b"`, "[1,2]", `{"a":[true,null]}`, `"ü<&>"`}

func drawUpdate(t *rapid.T) Update {
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,12}`), rapid.String())
	value := rapid.Map(rapid.SampledFrom(values), func(s string) json.RawMessage { return json.RawMessage(s) })
	u := Update{
		UpdateID: text.Draw(t, "id"), Position: Position{rapid.Uint64().Draw(t, "epoch"), rapid.Uint64().Draw(t, "version")},
		From: rapid.Uint64().Draw(t, "from"), By: text.Draw(t, "by"), ActionID: text.Draw(t, "action"),
		Hash: text.Draw(t, "hash"), Timestamp: rapid.Int64().Draw(t, "time"),
	}
	u.Changes = []Change{}
	for range rapid.IntRange(0, 4).Draw(t, "changes") {
		u.Changes = append(u.Changes, Change{Path: text.Draw(t, "path"), Value: value.Draw(t, "value"), Previous: value.Draw(t, "previous")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "events") {
		if e := value.Draw(t, "event"); len(e) > 0 {
			u.Events = append(u.Events, e)
		}
	}
	return u
}

func TestAppendedFramesAreTheEncoders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := drawUpdate(t)
		if got, want := EncodeUpdate(TypeTurnChange, &u), Encode(TypeTurnChange, u); !bytes.Equal(got, want) {
			t.Fatalf("update\n%s, want\n%s", got, want)
		}
		a := Ack{N: u.From, ActionID: u.By, Position: u.Position, Repeated: len(u.Events) > 0}
		if got, want := EncodeAck(a), Encode(TypeAck, a); !bytes.Equal(got, want) {
			t.Fatalf("ack\n%s, want\n%s", got, want)
		}
		leaves := map[string]json.RawMessage{}
		for _, c := range u.Changes {
			if len(c.Value) > 0 {
				leaves[c.Path] = c.Value
			}
		}
		s := SyncResponse{Position: u.Position, State: leaves, Hash: u.Hash, LastN: u.From}
		if got, want := EncodeSync(s.Position, EncodeState(leaves), s.Hash, s.LastN), Encode(TypeSyncResponse, s); !bytes.Equal(got, want) {
			t.Fatalf("sync\n%s, want\n%s", got, want)
		}
	})
}

// TestNothingChangedIsAList: clients go through the changes, and null is no list.
func TestNothingChangedIsAList(t *testing.T) {
	if got := EncodeUpdate(TypeActionResolve, &Update{Events: []json.RawMessage{[]byte(`{}`)}}); !bytes.Contains(got, []byte(`"changes":[],`)) {
		t.Errorf("%s", got)
	}
}

// FuzzDecodeDeclare: what is read in the short way reads the same in the long one.
func FuzzDecodeDeclare(f *testing.F) {
	const usual = `{"type":"action_declare","data":{"n":12,"action_id":"a-1","action":{"type":"end_turn","creature":"x"}}}`
	f.Add([]byte(usual))
	for _, swap := range [][2]string{
		{`12`, `0`}, {`12`, `012`}, {`12`, `9007199254740993`}, {`12`, `1e3`}, {`"a-1"`, `"a\u0031"`}, {`"a-1"`, `""`}, {`"x"}`, `"x"}}`},
		{`"x"}`, `"x"},"more":{}`}, {`"x"`, `{"a":{"b":[]}}`}, {`"creature"`, `"type"`}, {`{"type":"end_turn","creature":"x"}`, `7`}, {`"x"`, `"\ud800"`},
		{`a-1`, `a","action":{"b":1},"c":"`},
	} {
		f.Add([]byte(strings.Replace(usual, swap[0], swap[1], 1)))
	}
	if _, ok := DecodeDeclare([]byte(usual)); !ok {
		f.Fatal("the usual spelling is not read")
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		got, ok := DecodeDeclare(message)
		if !ok || !utf8.Valid(message) {
			return
		}
		frame, err := DecodeRequest(message)
		if err != nil {
			t.Fatalf("%q is refused: %v", message, err)
		}
		var want ActionDeclare
		if err := DecodeData(frame, &want); err != nil {
			t.Fatalf("%q is refused: %v", message, err)
		}
		if frame.Type != TypeActionDeclare || got.N != want.N || got.ActionID != want.ActionID || !bytes.Equal(got.Action, want.Action) {
			t.Fatalf("%q reads as %+v, want %+v", message, got, want)
		}
	})
}

var benchUpdate = Update{
	UpdateID: "1-100", Position: Position{1, 100}, From: 99, By: "p1", ActionID: "a12", Hash: "0123456789abcdef", Timestamp: 1 << 40,
	Changes: []Change{
		{Path: "/combat/turn", Value: json.RawMessage(`"p2"`), Previous: json.RawMessage(`"p1"`)},
		{Path: "/creatures/p6/hp", Value: json.RawMessage(`9991`), Previous: json.RawMessage(`9999`)},
	},
	Events: []json.RawMessage{
		json.RawMessage(`{"type":"attack_rolled","attacker":"p1","target":"p6","attack":"sword","roll":{"natural":15,"total":21},"ac":14,"outcome":"hit"}`),
		json.RawMessage(`{"type":"turn_ended","creature":"p1","by":"p1"}`),
	},
}

// A session keeps the frames of a thousand entries.
func TestAnUpdateReservesWhatItTakes(t *testing.T) {
	out := EncodeUpdate(TypeTurnChange, &benchUpdate)
	if spare := cap(out) - len(out); len(out) > benchUpdate.size() || spare > 64 {
		t.Errorf("%d bytes were reserved for %d, and %d are left", benchUpdate.size(), len(out), spare)
	}
}

func BenchmarkEncodeUpdate(b *testing.B) {
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			EncodeUpdate(TypeTurnChange, &benchUpdate)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Encode(TypeTurnChange, benchUpdate)
		}
	})
}

func BenchmarkDecodeDeclare(b *testing.B) {
	message := []byte(`{"type":"action_declare","data":{"n":12,"action_id":"a-1","action":{"type":"sequence","actions":[{"type":"attack","attacker":"p3","target":"p8","attack":"sword"},{"type":"end_turn","creature":"p3"}]}}}`)
	b.Run("usual", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, ok := DecodeDeclare(message); !ok {
				b.Fatal("not read")
			}
		}
	})
	b.Run("any", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := DecodeRequest(message)
			if err == nil {
				err = DecodeData(f, &ActionDeclare{})
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
