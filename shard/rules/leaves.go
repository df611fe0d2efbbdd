// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gamesession.dev/operator/shard/rules/plainjson"
)

// Leaves are the leaves of entities as one view sees them, in canonical JSON:
// entity by entity as they were rendered, and sorted by path in each. Reset keeps
// their memory, so that rendering again and again allocates nothing. The zero
// value is empty. Leaves are not safe for concurrent use.
type Leaves struct {
	list []span
	text []byte // of all values
	now  entity // being rendered
}

// entity is what has leaves: all their paths begin with prefix and, unless it is
// empty, id and a slash.
type entity struct {
	number     int // from 1, in the order of rendering
	prefix, id string
}

// span is one leaf: where its value stands in the text.
type span struct {
	of       entity
	name     string
	from, to int
}

// Reset makes l empty. What At gave is overwritten from then on.
func (l *Leaves) Reset() {
	clear(l.list)
	l.list, l.text, l.now = l.list[:0], l.text[:0], entity{}
}

// Len is the number of leaves.
func (l *Leaves) Len() int { return len(l.list) }

// Path gives the JSON Pointer of a leaf.
func (l *Leaves) Path(i int) string {
	leaf := &l.list[i]
	if leaf.of.id == "" {
		return leaf.of.prefix + leaf.name
	}
	return leaf.of.prefix + leaf.of.id + "/" + leaf.name
}

// Value gives the JSON text of a leaf. It is good until the next Reset.
func (l *Leaves) Value(i int) []byte { return l.text[l.list[i].from:l.list[i].to] }

// Compare orders two leaves by entity, in the order of rendering, and by name.
func (l *Leaves) Compare(i int, other *Leaves, j int) int {
	a, b := &l.list[i], &other.list[j]
	return cmp.Or(cmp.Compare(a.of.number, b.of.number), strings.Compare(a.name, b.name))
}

// Begin starts an entity. Its paths begin with a prefix and, unless that is empty,
// an id and a slash.
func (l *Leaves) Begin(prefix, id string) {
	l.now = entity{l.now.number + 1, prefix, id}
}

// Add adds a leaf of the entity begun.
func (l *Leaves) Add(name string, value []byte) {
	l.text = append(l.text, value...)
	l.end(name, len(l.text)-len(value))
}

// Sort puts the leaves of the entity begun in order.
func (l *Leaves) Sort() {
	first := len(l.list)
	for first > 0 && l.list[first-1].of.number == l.now.number {
		first--
	}
	slices.SortFunc(l.list[first:], func(a, b span) int { return strings.Compare(a.name, b.name) })
}

// end makes a leaf of the text from an index on.
func (l *Leaves) end(name string, from int) {
	l.list = append(l.list, span{l.now, name, from, len(l.text)})
}

func (l *Leaves) int(name string, value int) {
	from := len(l.text)
	l.text = strconv.AppendInt(l.text, int64(value), 10)
	l.end(name, from)
}

func (l *Leaves) bool(name string, value bool) {
	from := len(l.text)
	l.text = strconv.AppendBool(l.text, value)
	l.end(name, from)
}

func (l *Leaves) string(name, value string) {
	from := len(l.text)
	l.text = appendString(l.text, value)
	l.end(name, from)
}

func (l *Leaves) point(name string, value Point) {
	from := len(l.text)
	l.text = strconv.AppendInt(append(l.text, '['), int64(value[0]), 10)
	l.text = strconv.AppendInt(append(l.text, ','), int64(value[1]), 10)
	l.text = append(l.text, ']')
	l.end(name, from)
}

func (l *Leaves) order(name string, order []Placing) {
	from := len(l.text)
	l.text = append(l.text, '[')
	for i, placing := range order {
		if i > 0 {
			l.text = append(l.text, ',')
		}
		l.text = strconv.AppendInt(append(l.text, `{"count":`...), int64(placing.Count), 10)
		l.text = appendString(append(l.text, `,"creature":`...), placing.Creature)
		l.text = append(l.text, '}')
	}
	l.text = append(l.text, ']')
	l.end(name, from)
}

// value writes a list of plain values or of structs whose fields are sorted
// by JSON name. A nil list is an empty one.
func (l *Leaves) value(name string, value any) {
	from := len(l.text)
	text, err := plainjson.AppendText(l.text, value)
	if err != nil {
		panic("rules: a leaf does not encode: " + err.Error())
	}
	if l.text = text; string(text[from:]) == "null" {
		l.text = append(text[:from], "[]"...)
	}
	l.end(name, from)
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
