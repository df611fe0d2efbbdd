// SPDX-License-Identifier: Apache-2.0

package plainjson

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
)

// Append appends what json.Marshal gives for a value. The error is that of
// json.Marshal; out may have grown by a part of the value then.
func Append(out []byte, value any) ([]byte, error) {
	return writer{marshal: json.Marshal}.append(out, value)
}

// AppendText is Append without escapes that only HTML needs.
func AppendText(out []byte, value any) ([]byte, error) {
	return writer{marshal: marshalText}.append(out, value)
}

func marshalText(value any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte{'\n'}), nil
}

// writer writes values; marshal writes what is not plain.
type writer struct {
	marshal func(any) ([]byte, error)
}

func (w writer) append(out []byte, value any) ([]byte, error) {
	v := reflect.ValueOf(value)
	if !v.IsValid() {
		return append(out, "null"...), nil
	}
	return w.write(out, planOf(v.Type()), v)
}

func (w writer) write(out []byte, p *plan, v reflect.Value) ([]byte, error) {
	switch p.kind {
	case text:
		if s := v.String(); IsPlain(s) {
			return append(append(append(out, '"'), s...), '"'), nil
		}
		return w.general(out, v)
	case boolean:
		return strconv.AppendBool(out, v.Bool()), nil
	case integer:
		return strconv.AppendInt(out, v.Int(), 10), nil
	case natural:
		return strconv.AppendUint(out, v.Uint(), 10), nil
	case object:
		return w.object(out, p, v)
	case pointer:
		if v.IsNil() {
			return append(out, "null"...), nil
		}
		return w.write(out, p.of, v.Elem())
	case list:
		if v.IsNil() {
			return append(out, "null"...), nil
		}
		return w.list(out, p, v)
	case array:
		return w.list(out, p, v)
	}
	return w.general(out, v)
}

func (w writer) object(out []byte, p *plan, v reflect.Value) ([]byte, error) {
	var err error
	next := byte('{')
	for i := range p.fields {
		f := &p.fields[i]
		value := v.Field(f.index)
		if f.omit != never && f.omitted(value) {
			continue
		}
		if out, err = w.write(append(append(out, next), f.key...), f.plan, value); err != nil {
			return out, err
		}
		next = ','
	}
	if next == '{' {
		out = append(out, '{')
	}
	return append(out, '}'), nil
}

// omitted says whether a field with such a value is left out.
func (f *field) omitted(v reflect.Value) bool {
	if f.omit == whenEmpty {
		switch v.Kind() {
		case reflect.Array, reflect.Map, reflect.Slice:
			return v.Len() == 0
		case reflect.Struct:
			return false
		}
	}
	return v.IsZero()
}

func (w writer) list(out []byte, p *plan, v reflect.Value) ([]byte, error) {
	var err error
	out = append(out, '[')
	for i := range v.Len() {
		if i > 0 {
			out = append(out, ',')
		}
		if out, err = w.write(out, p.of, v.Index(i)); err != nil {
			return out, err
		}
	}
	return append(out, ']'), nil
}

// general writes what is not plain. What can be addressed is handed over by its
// address, for methods of the pointer.
func (w writer) general(out []byte, v reflect.Value) ([]byte, error) {
	value := v.Interface
	if v.CanAddr() {
		value = v.Addr().Interface
	}
	text, err := w.marshal(value())
	return append(out, text...), err
}
