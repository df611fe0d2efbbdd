// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// messages holds, for every frame of the protocol, a fresh value of its data.
var messages = func() map[Type]func() any {
	all := map[Type]func() any{}
	for _, k := range Kinds() {
		all[k.Type] = k.New
	}
	return all
}()

func golden(t testing.TB, typ Type) []byte {
	t.Helper()
	pretty, err := os.ReadFile(filepath.Join("testdata", string(typ)+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var message bytes.Buffer
	if err := json.Compact(&message, pretty); err != nil {
		t.Fatal(err)
	}
	return message.Bytes()
}

// TestGoldenBothWays pins the protocol: each example is decoded strictly and
// encoded again, and what comes out is the example to the byte.
func TestGoldenBothWays(t *testing.T) {
	for typ, fresh := range messages {
		t.Run(string(typ), func(t *testing.T) {
			want := golden(t, typ)
			f, err := DecodeFrame(want)
			if err != nil {
				t.Fatal(err)
			}
			if f.Type != typ {
				t.Fatalf("type = %q, want %q", f.Type, typ)
			}
			data := fresh()
			if err := DecodeData(f, data); err != nil {
				t.Fatal(err)
			}
			if got := Encode(typ, data); !bytes.Equal(got, want) {
				t.Errorf("encoded again:\n got %s\nwant %s", got, want)
			}
		})
	}
}

func TestEveryExampleIsAFrame(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(messages) {
		t.Errorf("%d examples for %d frame types", len(files), len(messages))
	}
	for _, file := range files {
		name := filepath.Base(file)
		if _, ok := messages[Type(name[:len(name)-len(".json")])]; !ok {
			t.Errorf("%s is not an example of any frame type", name)
		}
	}
}

func TestUpdateCarriers(t *testing.T) {
	var got []Type
	for typ := range messages {
		if typ.CarriesUpdate() {
			got = append(got, typ)
		}
	}
	slices.Sort(got)
	want := []Type{TypeActionResolve, TypeInitiativeRoll, TypeStateUpdate, TypeTurnChange}
	if !slices.Equal(got, want) {
		t.Errorf("types that carry an update = %v, want %v", got, want)
	}
}
