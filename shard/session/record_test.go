// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
)

// TestRecordsAreEncodingJSONs: an entry's bytes are compared when an append had no
// answer, and must not depend on which way they were written.
func TestRecordsAreEncodingJSONs(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,12}`), rapid.StringMatching(`[a-z0-9-]{0,12}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		r := &record{
			Player: text.Draw(t, "player"), N: rapid.Uint64().Draw(t, "n"), ActionID: text.Draw(t, "action"),
			Digest: text.Draw(t, "digest"), Time: rapid.Int64().Draw(t, "time"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "events") {
			r.events = append(r.events, rules.TurnEnded{Creature: text.Draw(t, "creature"), By: r.Player})
		}
		for range rapid.IntRange(0, 3).Draw(t, "dice") {
			r.Dice = append(r.Dice, dice.Rolled{Sides: 20, Face: rapid.IntRange(1, 20).Draw(t, "face")})
		}
		got, err := r.encode(&rules.Texts{})
		if err != nil {
			t.Fatal(err)
		}
		r.Events = nil
		if len(r.events) > 0 {
			if r.Events, err = rules.EncodeEvents(r.events); err != nil {
				t.Fatal(err)
			}
		}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Fatalf("record\n%s, want\n%s", got, want)
		}
	})
}

// TestNoFieldOfARecordIsForgotten sets each field alone.
func TestNoFieldOfARecordIsForgotten(t *testing.T) {
	fields := reflect.TypeFor[record]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		if !f.IsExported() || f.Name == "Events" { // encode sets that itself
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			r := &record{}
			v := reflect.ValueOf(r).Elem().Field(i)
			switch v.Kind() {
			case reflect.Pointer:
				v.Set(reflect.New(f.Type.Elem()))
			case reflect.Slice:
				v.Set(reflect.MakeSlice(f.Type, 1, 1))
			case reflect.String:
				v.SetString("x")
			case reflect.Uint64:
				v.SetUint(7)
			case reflect.Int64:
				v.SetInt(7)
			default:
				t.Fatalf("this test does not know how to set a %s", v.Kind())
			}
			want, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.encode(&rules.Texts{}); err != nil || !bytes.Equal(got, want) {
				t.Errorf("record\n%s (%v), want\n%s", got, err, want)
			}
		})
	}
}
