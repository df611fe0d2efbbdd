// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of one formula. They bound its text, the work of one roll and the size
// of its result, whatever is written.
const (
	MaxFormula  = 200           // bytes of text
	MaxDepth    = 10            // parentheses and minus signs inside each other
	MaxFaces    = 1000          // sides of a die
	MaxDice     = 100           // dice of a formula before any explodes or is rerolled
	MaxExtra    = 100           // dice that explosions and rerolls may add to it
	MaxNumber   = 10_000        // a number that is written
	MaxTotal    = 1_000_000_000 // what the formula can come to, or below zero
	MaxLabel    = 40            // characters of a label
	maxModified = 6             // modifiers of one group of dice
)

// Formula is a parsed formula of dice: groups of dice and numbers, joined by
// + - * / and parentheses. The zero value is none; [ParseFormula] makes one.
//
//	4d6kh3          the three highest of four          kh kl dh dl (1 if no number)
//	1d20ro<3        dice below 3 are rolled once more  ro; rr as often as it takes
//	1d20mi10        dice below 10 count as 10          mi; ma is the other bound
//	3d6!            a six rolls another die            !, or !>4
//	d% 2d10[fire]   percent dice; a label after dice
//	(2d6+3)*2/3     whole numbers; division by a number, rounded down
//
// Modifiers work in the order they are written, each once. A comparison is =N
// or N, <N, <=N, >N or >=N.
type Formula struct {
	root node
}

// node is a part of a formula.
type node interface {
	// eval rolls what is below it, left to right.
	eval(*roller) int
	// bounds gives the least and the greatest value.
	bounds() (low, high int)
	write(*strings.Builder)
}

type whole int

type negative struct{ of node }

type inParentheses struct{ of node }

// operation is a sum, a difference, a product, or a quotient by a number.
type operation struct {
	op          byte
	left, right node
}

// group is a number of dice of the same sides.
type group struct {
	count, sides int
	modifiers    []modifier
	label        string
}

// modifier changes the dice of a group.
type modifier struct {
	kind  string
	count int     // of kh, kl, dh, dl, mi and ma
	when  compare // of ro, rr and !
}

// compare picks faces: those from low to high.
type compare struct {
	text      string
	low, high int
}

func (c compare) matches(face int) bool { return face >= c.low && face <= c.high }

// String gives the formula in one spelling; it reads as the same formula.
func (f Formula) String() string {
	if f.root == nil {
		return ""
	}
	var b strings.Builder
	f.root.write(&b)
	return b.String()
}

// Bounds gives the least and the greatest total that the formula can come to.
func (f Formula) Bounds() (low, high int) {
	if f.root == nil {
		return 0, 0
	}
	return f.root.bounds()
}

func (n whole) write(b *strings.Builder)    { b.WriteString(strconv.Itoa(int(n))) }
func (n negative) write(b *strings.Builder) { b.WriteByte('-'); n.of.write(b) }
func (n inParentheses) write(b *strings.Builder) {
	b.WriteByte('(')
	n.of.write(b)
	b.WriteByte(')')
}

func (n operation) write(b *strings.Builder) {
	n.left.write(b)
	b.WriteByte(n.op)
	n.right.write(b)
}

func (g *group) write(b *strings.Builder) {
	fmt.Fprintf(b, "%dd%d", g.count, g.sides)
	for _, m := range g.modifiers {
		b.WriteString(m.kind)
		if m.count > 0 {
			b.WriteString(strconv.Itoa(m.count))
		}
		b.WriteString(m.when.text)
	}
	if g.label != "" {
		b.WriteString("[" + g.label + "]")
	}
}

func (n whole) bounds() (low, high int)         { return int(n), int(n) }
func (n inParentheses) bounds() (low, high int) { return n.of.bounds() }
func (n negative) bounds() (low, high int) {
	low, high = n.of.bounds()
	return -high, -low
}

func (n operation) bounds() (low, high int) {
	a, b := n.left.bounds()
	c, d := n.right.bounds()
	switch n.op {
	case '+':
		return a + c, b + d
	case '-':
		return a - d, b - c
	case '*':
		return min(a*c, a*d, b*c, b*d), max(a*c, a*d, b*c, b*d)
	default:
		return floor(a, c), floor(b, c)
	}
}

// bounds of a group are loose: they do not look into what modifiers do, but
// hold for whatever explodes.
func (g *group) bounds() (low, high int) {
	most := g.count
	least, greatest := 1, g.sides
	for _, m := range g.modifiers {
		switch m.kind {
		case "!", "ro", "rr":
			// New dice, which no modifier before this one has looked at.
			least, greatest = min(least, 1), max(greatest, g.sides)
			if m.kind == "!" {
				most += MaxExtra
			}
		case "mi":
			least, greatest = max(least, m.count), max(greatest, m.count)
		case "ma":
			least, greatest = min(least, m.count), min(greatest, m.count)
		}
	}
	for _, m := range g.modifiers {
		if strings.HasPrefix(m.kind, "k") || strings.HasPrefix(m.kind, "d") {
			return 0, most * greatest
		}
	}
	return g.count * least, most * greatest
}

// floor divides and rounds down, below zero too; b is positive (Playing the
// Game: Round Down).
func floor(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
