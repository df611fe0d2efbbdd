// SPDX-License-Identifier: Apache-2.0

package plainjson

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"sync"
)

// kind is how values of a type are written and read.
type kind int

const (
	general kind = iota // by encoding/json
	text
	boolean
	integer
	natural
	object
	pointer
	list
	array
)

// plan says how values of one type are written and read.
type plan struct {
	kind   kind
	fields []field // of an object
	of     *plan   // what a pointer leads to, or a list has
}

// field is one field of an object.
type field struct {
	index int
	name  string
	key   string // with quotes and colon
	omit  omission
	plan  *plan
}

// omission is when a field is left out.
type omission int

const (
	never omission = iota
	whenEmpty
	whenZero
)

var plans sync.Map // reflect.Type → *plan

func planOf(t reflect.Type) *plan {
	if p, known := plans.Load(t); known {
		return p.(*plan)
	}
	made := map[reflect.Type]*plan{}
	p := makePlan(t, made)
	for t, p := range made {
		plans.LoadOrStore(t, p)
	}
	return p
}

// own are the ways in which a type can have a say in its form.
var own = []reflect.Type{
	reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler](),
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

func hasOwnForm(t reflect.Type) bool {
	for _, way := range own {
		if t.Implements(way) || reflect.PointerTo(t).Implements(way) {
			return true
		}
	}
	return false
}

// makePlan makes the plan of a type and those of its parts. A type that contains
// itself finds its plan in made.
func makePlan(t reflect.Type, made map[reflect.Type]*plan) *plan {
	if p, known := made[t]; known {
		return p
	}
	p := &plan{}
	made[t] = p
	if hasOwnForm(t) {
		return p
	}
	switch t.Kind() {
	case reflect.String:
		p.kind = text
	case reflect.Bool:
		p.kind = boolean
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.kind = integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		p.kind = natural
	case reflect.Pointer:
		p.kind, p.of = pointer, makePlan(t.Elem(), made)
	case reflect.Slice:
		if t.Elem().Kind() != reflect.Uint8 { // bytes are written as text
			p.kind, p.of = list, makePlan(t.Elem(), made)
		}
	case reflect.Array:
		p.kind, p.of = array, makePlan(t.Elem(), made)
	case reflect.Struct:
		if fields, plain := fieldsOf(t, made); plain {
			p.kind, p.fields = object, fields
		}
	}
	return p
}

// fieldsOf lists the fields of a struct; plain is false for what this package does
// not know how to write.
func fieldsOf(t reflect.Type, made map[reflect.Type]*plan) (fields []field, plain bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			return nil, false
		case !f.IsExported() || f.Tag.Get("json") == "-":
			continue
		case name == "":
			name = f.Name
		}
		if !IsPlain(name) {
			return nil, false
		}
		own := field{index: i, name: name, key: `"` + name + `":`}
		switch options {
		case "":
		case "omitempty":
			own.omit = whenEmpty
		case "omitzero":
			own.omit = whenZero
			if _, says := f.Type.MethodByName("IsZero"); says {
				return nil, false
			}
		default:
			return nil, false
		}
		own.plan = makePlan(f.Type, made)
		fields = append(fields, own)
	}
	return fields, true
}

// IsPlain says whether encoding/json writes a string as it is, with whatever
// options.
func IsPlain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}
