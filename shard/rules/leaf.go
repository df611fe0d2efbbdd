// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// leaves writes the leaves of one entity in canonical JSON. Callers write
// them sorted by name.
type leaves struct {
	prefix string
	list   []Leaf
}

func newLeaves(prefix string, size int) *leaves {
	return &leaves{prefix: prefix, list: make([]Leaf, 0, size)}
}

func (l *leaves) add(name string, value []byte) {
	l.list = append(l.list, Leaf{Path: l.prefix + name, Value: value})
}

func (l *leaves) int(name string, value int) { l.add(name, strconv.AppendInt(nil, int64(value), 10)) }

func (l *leaves) bool(name string, value bool) { l.add(name, strconv.AppendBool(nil, value)) }

func (l *leaves) string(name, value string) { l.add(name, appendString(nil, value)) }

func (l *leaves) point(name string, value Point) {
	out := strconv.AppendInt([]byte{'['}, int64(value[0]), 10)
	out = strconv.AppendInt(append(out, ','), int64(value[1]), 10)
	l.add(name, append(out, ']'))
}

func (l *leaves) order(name string, order []Placing) {
	out := append(make([]byte, 0, 2+48*len(order)), '[')
	for i, placing := range order {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(append(out, `{"count":`...), int64(placing.Count), 10)
		out = appendString(append(out, `,"creature":`...), placing.Creature)
		out = append(out, '}')
	}
	l.add(name, append(out, ']'))
}

// value writes a list of plain values or of structs whose fields are sorted
// by JSON name. A nil list is an empty one.
func (l *leaves) value(name string, value any) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("rules: a leaf does not encode: " + err.Error())
	}
	out := bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))
	if string(out) == "null" {
		out = []byte("[]")
	}
	l.add(name, out)
}

// appendString writes a JSON string. Names are printable and valid UTF-8
// (see Validate), so only quote and backslash need an escape.
func appendString(out []byte, text string) []byte {
	out = append(out, '"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			out = append(out, '\\')
		}
		out = append(out, text[i])
	}
	return append(out, '"')
}

// attackLeaf is Attack with sorted keys.
type attackLeaf struct {
	AttackBonus int          `json:"attackBonus"`
	Damage      []DamageDice `json:"damage"`
	ID          string       `json:"id"`
	Kind        AttackKind   `json:"kind"`
	LongRange   int          `json:"longRange,omitempty"`
	Name        string       `json:"name"`
	Range       int          `json:"range,omitempty"`
	Reach       int          `json:"reach,omitempty"`
}

func attackLeaves(list []Attack) []attackLeaf {
	out := make([]attackLeaf, len(list))
	for i, a := range list {
		out[i] = attackLeaf{
			AttackBonus: a.AttackBonus, Damage: a.Damage, ID: a.ID, Kind: a.Kind,
			LongRange: a.LongRange, Name: a.Name, Range: a.Range, Reach: a.Reach,
		}
	}
	return out
}

// adjustmentLeaf is DamageAdjustment with sorted keys.
type adjustmentLeaf struct {
	Amount int        `json:"amount"`
	Source string     `json:"source"`
	Type   DamageType `json:"type,omitempty"`
}

func adjustmentLeaves(list []DamageAdjustment) []adjustmentLeaf {
	out := make([]adjustmentLeaf, len(list))
	for i, a := range list {
		out[i] = adjustmentLeaf{Amount: a.Amount, Source: a.Source, Type: a.Type}
	}
	return out
}
