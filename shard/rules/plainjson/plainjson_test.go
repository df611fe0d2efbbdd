// SPDX-License-Identifier: Apache-2.0

package plainjson_test

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/plainjson"
)

type word string

type inner struct {
	A int    `json:"a,omitempty"`
	B []word `json:"b,omitempty"`
}

type hidden struct{ X int }

func (hidden) MarshalJSON() ([]byte, error) { return []byte(`"own"`), nil }

type pointed struct{ X int }

func (*pointed) MarshalText() ([]byte, error) { return []byte("by address"), nil }

type embedding struct {
	inner
	C int
}

// outer has a field of every kind, plain or not.
type outer struct {
	Plain   string
	Named   word            `json:"named"`
	Small   int8            `json:"small"`
	Big     uint64          `json:"big,omitempty"`
	Yes     bool            `json:"yes,omitempty"`
	Inner   inner           `json:"inner"`
	Zero    inner           `json:"zero,omitzero"`
	Empty   inner           `json:"empty,omitempty"`
	Pointer *inner          `json:"pointer,omitempty"`
	Itself  *outer          `json:"itself,omitempty"`
	List    []inner         `json:"list"`
	Pair    [2]int          `json:"pair"`
	Bytes   []byte          `json:"bytes"`
	Float   float64         `json:"float"`
	Map     map[string]int  `json:"map,omitempty"`
	Any     any             `json:"any"`
	Own     hidden          `json:"own"`
	Owns    []pointed       `json:"owns,omitempty"`
	Raw     json.RawMessage `json:"raw,omitempty"`
	Time    time.Time       `json:"time,omitzero"`
	Text    int             `json:"text,string"`
	Dash    int             `json:"-"`
	Embeds  embedding       `json:"embeds"`
	secret  int
}

func samples() map[string]any {
	full := outer{
		Plain: "a", Named: "b<c>&\u2028\"\\\x01é", Small: -8, Big: math.MaxUint64, Yes: true, Inner: inner{1, []word{"x", "<"}},
		Zero: inner{A: 2}, Pointer: &inner{}, Itself: &outer{Plain: "again"}, List: []inner{{}, {A: 3}}, Pair: [2]int{-1, 2},
		Bytes: []byte{1, 2}, Float: 1e30, Map: map[string]int{"z": 1, "a": 2}, Any: []any{1, "x", nil}, Owns: []pointed{{}, {}},
		Raw: json.RawMessage(`{"k": [1]}`), Time: time.Unix(7, 0).UTC(), Text: 5, Dash: 6, Embeds: embedding{inner{A: 1}, 2}, secret: 9,
	}
	return map[string]any{
		"nothing": nil, "zero": outer{}, "full": full, "pointer": &full, "no pointer": (*outer)(nil), "list": []outer{full, {}},
		"words": []string{"a", "<"}, "no words": []string(nil), "number": 17, "map": map[string]string{"a": "<"}, "own": hidden{},
	}
}

func TestAppendGivesWhatEncodingJSONGives(t *testing.T) {
	for name, value := range samples() {
		t.Run(name, func(t *testing.T) {
			want, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			got, err := plainjson.Append([]byte("before "), value)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != "before "+string(want) {
				t.Errorf("got  %s\nwant before %s", got, want)
			}
			var b bytes.Buffer
			encoder := json.NewEncoder(&b)
			encoder.SetEscapeHTML(false)
			if err := encoder.Encode(value); err != nil {
				t.Fatal(err)
			}
			text, err := plainjson.AppendText(nil, value)
			if err != nil {
				t.Fatal(err)
			}
			if string(text)+"\n" != b.String() {
				t.Errorf("without escapes: got  %s\nwant %s", text, b.String())
			}
		})
	}
	if _, err := plainjson.Append(nil, struct{ F float64 }{math.NaN()}); err == nil {
		t.Error("what encoding/json refuses is written")
	}
}

// form is read in the fuzz test.
type form struct {
	Name  string   `json:"name"`
	Count int8     `json:"count,omitempty"`
	Size  uint16   `json:"size"`
	On    bool     `json:"on"`
	Path  [][2]int `json:"path"`
	Parts []inner  `json:"parts"`
	More  *form    `json:"more"`
}

var texts = []string{
	`{}`, ` { } `, `{"type":"x","name":"aria"}`, `{"name":"aria","type":"x","count":-3,"size":65535,"on":true}`,
	`{"path":[[1,2],[3,4]],"parts":[{"a":1,"b":["x"]},{}],"more":{"name":"in","more":{}}}`, "{\n\t\"name\" : \"a\" ,\r\"on\" : false }",
	`{"path":[],"parts":[]}`, `{"count":0}`, `{"count":-0}`, `{"path":null,"more":null}`,
	// Not plain, or not JSON.
	`{"name":"a","name":"b"}`, `{"Name":"a"}`, `{"type":"x","type":"y"}`, `{"other":1}`, `{"name":null}`, `{"name":"\u0041"}`, `{"name":"é"}`,
	`{"count":128}`, `{"count":1.0}`, `{"count":1e2}`, `{"count":01}`, `{"size":-1}`, `{"size":99999999999999999999}`, `{"path":[[1]]}`, `{"path":[[1,2,3]]}`,
	`{"name":"a",}`, `{"name":"a"`, `{"name" "a"}`, `{"on":tru}`, `{"on":trues}`, `{"on":1}`, `{"type":1}`, `{"path":[[1,2],]}`, `{} {}`, `[]`, ``, `{"more":{"type":"x"}}`,
}

// FuzzReadObject: what is taken is what encoding/json takes, and gives the same.
func FuzzReadObject(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var got form
		if !plainjson.ReadObject(raw, "type", &got) {
			return
		}
		var want struct {
			Type string `json:"type"`
			form
		}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("%q is taken; encoding/json says %v", raw, err)
		}
		if rest := strings.TrimSpace(string(raw[decoder.InputOffset():])); rest != "" {
			t.Fatalf("%q is taken with %q behind it", raw, rest)
		}
		if diff := cmp.Diff(want.form, got); diff != "" {
			t.Fatalf("%q is read as (-want +got):\n%s", raw, diff)
		}
	})
}

// What clients and journals hold is plain: it must be taken.
func TestReadObjectTakesWhatIsPlain(t *testing.T) {
	for i, text := range texts[:10] {
		if !plainjson.ReadObject([]byte(text), "type", &form{}) {
			t.Errorf("%d: %q is left to encoding/json", i, text)
		}
	}
	if plainjson.ReadObject([]byte(`{}`), "", new(int)) {
		t.Error("an object is read into a number")
	}
}

func BenchmarkAppend(b *testing.B) {
	value := outerPlain()
	for name, write := range map[string]func() ([]byte, error){
		"plainjson":     func() ([]byte, error) { return plainjson.Append(make([]byte, 0, 256), value) },
		"encoding/json": func() ([]byte, error) { return json.Marshal(value) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := write(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkReadObject(b *testing.B) {
	text, err := json.Marshal(outerPlain())
	if err != nil {
		b.Fatal(err)
	}
	for name, read := range map[string]func(*form) bool{
		"plainjson": func(f *form) bool { return plainjson.ReadObject(text, "type", f) },
		"encoding/json": func(f *form) bool {
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.DisallowUnknownFields()
			return decoder.Decode(f) == nil
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !read(&form{}) {
					b.Fatal("not read")
				}
			}
		})
	}
}

func outerPlain() form {
	return form{Name: "aria", Size: 12, Path: [][2]int{{1, 2}, {3, 4}}, Parts: []inner{{A: 1, B: []word{"x", "y"}}}, More: &form{Name: "more"}}
}
