// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// filled gives a value of a type with anything in every field, down to a depth.
func filled(t *rapid.T, typ reflect.Type, depth int) reflect.Value {
	v := reflect.New(typ).Elem()
	if rapid.IntRange(0, 3).Draw(t, "leave") == 0 {
		return v
	}
	switch typ.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "aria", "a<b>&c", `"q\`, "né", "\u2028", "x y"}).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(-3, 1000).Draw(t, "int")))
	case reflect.Uint64, reflect.Uint8:
		v.SetUint(rapid.Uint64Range(0, 200).Draw(t, "uint"))
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(typ.Elem()))
			v.Elem().Set(filled(t, typ.Elem(), depth-1))
		}
	case reflect.Slice:
		for range rapid.IntRange(0, min(depth, 2)).Draw(t, "len") {
			v.Set(reflect.Append(v, filled(t, typ.Elem(), depth-1)))
		}
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).Set(filled(t, typ.Elem(), depth-1))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if typ.Field(i).IsExported() {
				v.Field(i).Set(filled(t, typ.Field(i).Type, depth))
			}
		}
	}
	return v
}

// Every event and every command has the form that encoding/json gives it, with its
// type first, and is read back.
func TestTypedFormIsThatOfItsDeclaration(t *testing.T) {
	typed := map[string]reflect.Type{}
	for kind, read := range events {
		e, err := read([]byte(`{"type":"` + kind + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		typed[kind] = reflect.TypeOf(e)
	}
	for kind, read := range commands {
		c, err := read([]byte(`{"type":"` + kind + `"}`))
		if err != nil {
			t.Fatal(err)
		}
		typed[kind] = reflect.TypeOf(c)
	}
	for kind, typ := range typed {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				value := filled(t, typ, 3).Interface()
				got, err := encodeTyped(kind, value)
				if err != nil {
					t.Fatal(err)
				}
				body, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				want := `{"type":"` + kind + `"}`
				if len(body) > len("{}") {
					want = `{"type":"` + kind + `",` + string(body[1:])
				}
				if string(got) != want {
					t.Fatalf("got %s, want %s", got, want)
				}
				read := commands[kind]
				var again any
				if read != nil {
					again, err = read(got)
				} else {
					again, err = events[kind](got)
				}
				if err != nil {
					t.Fatalf("reading %s: %v", got, err)
				}
				plain := reflect.New(typ)
				if err := json.Unmarshal(body, plain.Interface()); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(plain.Elem().Interface(), again); diff != "" {
					t.Fatalf("%s is read as (-want +got):\n%s", got, diff)
				}
			})
		})
	}
}
