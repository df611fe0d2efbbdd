// SPDX-License-Identifier: Apache-2.0

package plainjson

import (
	"reflect"
	"strings"
)

// ReadObject reads a JSON object into the struct that into points to, but for the
// field named skip, which is left alone and must be a string. It takes nothing but
// what json.Decoder takes with DisallowUnknownFields. False says nothing about the
// text: it is not plain, and for encoding/json; the struct may then hold a part of
// it. Texts of the struct share one copy of raw.
func ReadObject(raw []byte, skip string, into any) bool {
	v := reflect.ValueOf(into).Elem()
	p := planOf(v.Type())
	r := reader{text: string(raw)}
	if p.kind != object || !r.object(p, v, skip) {
		return false
	}
	r.space()
	return r.at == len(r.text)
}

// reader reads plain JSON. Its methods return false for everything else.
type reader struct {
	text string
	at   int
}

// space passes over white space.
func (r *reader) space() {
	for r.at < len(r.text) && strings.IndexByte(" \t\r\n", r.text[r.at]) >= 0 {
		r.at++
	}
}

// token passes over one character, and white space before it.
func (r *reader) token(c byte) bool {
	r.space()
	if r.at >= len(r.text) || r.text[r.at] != c {
		return false
	}
	r.at++
	return true
}

// word passes over a word.
func (r *reader) word(w string) bool {
	if !strings.HasPrefix(r.text[r.at:], w) {
		return false
	}
	r.at += len(w)
	return true
}

func (r *reader) string() (string, bool) {
	if !r.token('"') {
		return "", false
	}
	end := strings.IndexByte(r.text[r.at:], '"')
	if end < 0 {
		return "", false
	}
	s := r.text[r.at : r.at+end]
	r.at += end + 1
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return "", false
		}
	}
	return s, true
}

// digits reads a whole number of at most 18 digits.
func (r *reader) digits() (n uint64, ok bool) {
	from := r.at
	for r.at < len(r.text) && '0' <= r.text[r.at] && r.text[r.at] <= '9' {
		n = n*10 + uint64(r.text[r.at]-'0')
		r.at++
	}
	long := r.at - from
	if long == 0 || long > 18 || long > 1 && r.text[from] == '0' {
		return 0, false
	}
	// What follows could make another number of it.
	return n, r.at == len(r.text) || strings.IndexByte(",]} \t\r\n", r.text[r.at]) >= 0
}

func (r *reader) value(p *plan, v reflect.Value) bool {
	r.space()
	switch p.kind {
	case text:
		s, ok := r.string()
		v.SetString(s)
		return ok
	case boolean:
		yes := r.word("true")
		v.SetBool(yes)
		return yes || r.word("false")
	case integer:
		minus := r.word("-")
		n, ok := r.digits()
		value := int64(n)
		if minus {
			value = -value
		}
		if !ok || v.OverflowInt(value) {
			return false
		}
		v.SetInt(value)
		return true
	case natural:
		n, ok := r.digits()
		if !ok || v.OverflowUint(n) {
			return false
		}
		v.SetUint(n)
		return true
	case object:
		return r.object(p, v, "")
	case pointer:
		if r.word("null") {
			return true
		}
		v.Set(reflect.New(v.Type().Elem()))
		return r.value(p.of, v.Elem())
	case list:
		return r.word("null") || r.list(p, v)
	case array:
		return r.array(p, v)
	}
	return false
}

// skipped marks the field that is left alone.
const skipped = 1 << 63

func (r *reader) object(p *plan, v reflect.Value, skip string) bool {
	if !r.token('{') {
		return false
	}
	var seen uint64 // of the fields
	for first := true; !r.token('}'); first = false {
		if !first && !r.token(',') {
			return false
		}
		name, ok := r.string()
		if !ok || !r.token(':') {
			return false
		}
		if name == skip && skip != "" {
			if _, ok := r.string(); !ok || seen&skipped != 0 {
				return false
			}
			seen |= skipped
			continue
		}
		i := 0
		for i < len(p.fields) && p.fields[i].name != name {
			i++
		}
		if i == len(p.fields) || i >= 63 || seen&(1<<i) != 0 {
			return false
		}
		seen |= 1 << i
		if !r.value(p.fields[i].plan, v.Field(p.fields[i].index)) {
			return false
		}
	}
	return true
}

func (r *reader) list(p *plan, v reflect.Value) bool {
	if !r.token('[') {
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for !r.token(']') {
		n := v.Len()
		if n > 0 && !r.token(',') {
			return false
		}
		v.Grow(1)
		v.SetLen(n + 1)
		if !r.value(p.of, v.Index(n)) {
			return false
		}
	}
	return true
}

// array takes neither more nor fewer values than the array has.
func (r *reader) array(p *plan, v reflect.Value) bool {
	if !r.token('[') {
		return false
	}
	for i := range v.Len() {
		if i > 0 && !r.token(',') || !r.value(p.of, v.Index(i)) {
			return false
		}
	}
	return r.token(']')
}
