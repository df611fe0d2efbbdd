// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/rules/plainjson"
)

// Events and commands are JSON objects with a "type" and the fields of a struct.

// typeOf reads the "type" of a JSON object. encodeTyped writes it first, which
// saves a pass over the text; others may put it anywhere.
func typeOf(raw []byte) (string, error) {
	if rest, first := bytes.CutPrefix(raw, []byte(`{"type":"`)); first {
		if kind, _, closed := bytes.Cut(rest, []byte{'"'}); closed {
			return string(kind), nil
		}
	}
	var head struct {
		Type string `json:"type"`
	}
	err := json.Unmarshal(raw, &head)
	return head.Type, err
}

// readTyped reads a JSON object with "type" and the fields of T, and no others.
func readTyped[T any](raw []byte) (T, error) {
	var value, none T
	if plainjson.ReadObject(raw, "type", &value) {
		return value, nil
	}
	value = none
	rest, first := bytes.CutPrefix(raw, []byte(`{"type":"`))
	if first {
		if _, body, closed := bytes.Cut(rest, []byte{'"'}); closed && len(body) > 0 {
			object := make([]byte, 0, len(body)+1)
			object = append(object, '{')
			object = append(object, bytes.TrimPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte{','})...)
			return value, strict(object, &value)
		}
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return value, err
	}
	delete(fields, "type")
	object, err := json.Marshal(fields)
	if err != nil {
		return value, err
	}
	return value, strict(object, &value)
}

// encodeTyped writes a value as a JSON object with "type" first.
func encodeTyped(kind string, value any) ([]byte, error) {
	return appendTyped(nil, kind, value)
}

func appendTyped(out []byte, kind string, value any) ([]byte, error) {
	out = append(append(append(out, `{"type":"`...), kind...), '"')
	at := len(out)
	out, err := plainjson.Append(out, value)
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", kind, err)
	}
	if len(out) == at+len("{}") {
		return append(out[:at], '}'), nil
	}
	out[at] = ',' // in place of the brace
	return out, nil
}

// Texts are JSON objects with a "type" each, in memory that they share. Reset keeps
// the memory, so that writing again and again allocates nothing. The zero value is
// empty. Texts are not safe for concurrent use.
type Texts struct {
	list []json.RawMessage
	text []byte
}

// List gives the texts. They are good until the next Reset.
func (w *Texts) List() []json.RawMessage { return w.list }

// Reset makes w empty.
func (w *Texts) Reset() {
	clear(w.list)
	w.list, w.text = w.list[:0], w.text[:0]
}

// expect makes room for n texts of the usual size.
func (w *Texts) expect(n int) {
	const usual = 192 // bytes of an event
	w.list, w.text = slices.Grow(w.list, n), slices.Grow(w.text, n*usual)
}

func (w *Texts) add(kind string, value any) error {
	at := len(w.text)
	text, err := appendTyped(w.text, kind, value)
	if err != nil {
		return err
	}
	w.text = text
	w.list = append(w.list, text[at:len(text):len(text)])
	return nil
}
