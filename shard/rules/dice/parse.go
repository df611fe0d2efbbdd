// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says what is wrong with a formula and where: At is the byte of
// the text, from 0. It is safe to show to a user.
type SyntaxError struct {
	At      int
	Message string
}

// Error gives the place, counted from 1, and the message.
func (e *SyntaxError) Error() string { return fmt.Sprintf("at character %d: %s", e.At+1, e.Message) }

// ParseFormula reads a formula. Spaces may stand between its parts. The error
// is a *SyntaxError.
func ParseFormula(text string) (Formula, error) {
	p := &parser{text: text}
	switch {
	case len(text) > MaxFormula:
		return Formula{}, &SyntaxError{MaxFormula, fmt.Sprintf("the formula is longer than %d characters", MaxFormula)}
	case !utf8.ValidString(text):
		return Formula{}, &SyntaxError{0, "the formula is not valid text"}
	}
	root := p.sum(0)
	p.spaces()
	if p.err == nil && p.at < len(p.text) {
		p.failf("expected + - * / or the end, not %s", p.seen())
	}
	if p.err != nil {
		return Formula{}, p.err
	}
	return Formula{root}, nil
}

// parser reads from left to right; after the first error it reads nothing.
type parser struct {
	text string
	at   int
	dice int
	err  *SyntaxError
}

func (p *parser) failf(format string, args ...any) { p.failAt(p.at, format, args...) }

func (p *parser) failAt(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &SyntaxError{at, fmt.Sprintf(format, args...)}
	}
}

func (p *parser) spaces() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

// seen names what stands at the place, for messages.
func (p *parser) seen() string {
	if p.at >= len(p.text) {
		return "the end"
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return fmt.Sprintf("%q", r)
}

// take skips a text if it comes next.
func (p *parser) take(text string) bool {
	if p.err != nil || !strings.HasPrefix(p.text[p.at:], text) {
		return false
	}
	p.at += len(text)
	return true
}

// operator takes one of the operators if it comes next, spaces before it or
// not; 0 if none does.
func (p *parser) operator(of string) byte {
	p.spaces()
	if p.err != nil || p.at >= len(p.text) || strings.IndexByte(of, p.text[p.at]) < 0 {
		return 0
	}
	p.at++
	return p.text[p.at-1]
}

func (p *parser) sum(depth int) node {
	left := p.product(depth)
	for {
		at := p.at
		op := p.operator("+-")
		if op == 0 {
			return left
		}
		left = p.join(at, op, left, p.product(depth))
	}
}

func (p *parser) product(depth int) node {
	left := p.factor(depth)
	for {
		at := p.at
		op := p.operator("*/")
		if op == 0 {
			return left
		}
		right := p.factor(depth)
		if n, isNumber := right.(whole); op == '/' && p.err == nil && (!isNumber || n == 0) {
			p.failAt(at, "only a number from 1 up can divide")
		}
		left = p.join(at, op, left, right)
	}
}

// join makes an operation whose value stays within the limit.
func (p *parser) join(at int, op byte, left, right node) node {
	if p.err != nil {
		return left
	}
	joined := operation{op, left, right}
	if low, high := joined.bounds(); low < -MaxTotal || high > MaxTotal {
		p.failAt(at, "this can come to more than %d", MaxTotal)
	}
	return joined
}

func (p *parser) factor(depth int) node {
	p.spaces()
	if depth > MaxDepth {
		p.failf("more than %d parentheses inside each other", MaxDepth)
	}
	switch {
	case p.err != nil:
		return whole(0)
	case p.take("-"):
		return negative{p.factor(depth + 1)}
	case p.take("("):
		inside := p.sum(depth + 1)
		p.spaces()
		if !p.take(")") {
			p.failf("expected ), not %s", p.seen())
		}
		return inParentheses{inside}
	case p.digit() || p.at < len(p.text) && p.text[p.at] == 'd':
		return p.diceOrNumber()
	}
	p.failf("expected dice or a number, not %s", p.seen())
	return whole(0)
}

func (p *parser) digit() bool {
	return p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9'
}

// number reads digits, a value from low to high; the message names what it is.
func (p *parser) number(what string, low, high int) int {
	start, value := p.at, 0
	for p.digit() {
		value = min(value*10+int(p.text[p.at]-'0'), 10*MaxNumber)
		p.at++
	}
	switch {
	case p.err != nil:
	case start == p.at:
		p.failf("expected %s, not %s", what, p.seen())
	case value < low || value > high:
		p.failAt(start, "%s must be %d to %d", what, low, high)
	}
	return value
}

func (p *parser) diceOrNumber() node {
	start, count := p.at, 1
	if p.digit() {
		count = p.number("a number", 0, MaxNumber)
	}
	if !p.take("d") {
		return whole(count)
	}
	if p.dice += count; count < 1 || p.dice > MaxDice {
		p.failAt(start, "a formula rolls 1 to %d dice", MaxDice)
	}
	g := &group{count: count, sides: 100}
	if !p.take("%") {
		g.sides = p.number("the sides of a die", 2, MaxFaces)
	}
	p.modifiers(g)
	g.label = p.label()
	return g
}

// kinds of modifiers, longer ones before those they begin with.
var modifierKinds = []string{"kh", "kl", "dh", "dl", "ro", "rr", "mi", "ma", "!"}

func (p *parser) modifiers(g *group) {
	for p.err == nil {
		start, kind := p.at, ""
		for _, known := range modifierKinds {
			if p.take(known) {
				kind = known
				break
			}
		}
		if kind == "" {
			return
		}
		if len(g.modifiers) == maxModified || g.has(kind) {
			p.failAt(start, "%s stands here a second time", kind)
			return
		}
		m := modifier{kind: kind}
		switch kind {
		case "kh", "kl", "dh", "dl":
			if g.has("kh", "kl", "dh", "dl") {
				p.failAt(start, "dice are kept or dropped once")
			}
			m.count = 1
			if p.digit() {
				m.count = p.number("how many dice are kept or dropped", 1, MaxDice)
			}
		case "mi", "ma":
			m.count = p.number("the bound of the dice", 1, g.sides)
		case "ro", "rr":
			m.when = p.compare(g.sides, false)
		case "!":
			m.when = p.compare(g.sides, true)
		}
		if endless := m.when.low <= 1 && m.when.high >= g.sides; endless && (kind == "rr" || kind == "!") {
			p.failAt(start, "every face would roll again")
		}
		g.modifiers = append(g.modifiers, m)
	}
}

func (g *group) has(kinds ...string) bool {
	for _, m := range g.modifiers {
		for _, kind := range kinds {
			if m.kind == kind {
				return true
			}
		}
	}
	return false
}

// compare reads which faces are meant; an optional one means the highest.
func (p *parser) compare(sides int, optional bool) compare {
	start := p.at
	op := ""
	for _, known := range []string{"<=", ">=", "<", ">", "="} {
		if p.take(known) {
			op = known
			break
		}
	}
	if op == "" && optional && !p.digit() {
		return compare{low: sides, high: sides}
	}
	n := p.number("the face to compare with", 1, sides)
	c := compare{text: p.text[start:p.at], low: n, high: n}
	switch op {
	case "<":
		c.low, c.high = 1, n-1
	case "<=":
		c.low = 1
	case ">":
		c.low, c.high = n+1, sides
	case ">=":
		c.high = sides
	}
	if p.err == nil && c.low > c.high {
		p.failAt(start, "no face of the die is meant")
	}
	return c
}

// label reads "[some words]" behind dice; "" if there is none.
func (p *parser) label() string {
	if !p.take("[") {
		return ""
	}
	start := p.at
	for p.at < len(p.text) && p.text[p.at] != ']' {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if r == '[' || !unicode.IsPrint(r) {
			p.failf("a label has no %q", r)
		}
		p.at += size
	}
	label := p.text[start:p.at]
	if n := utf8.RuneCountInString(label); n < 1 || n > MaxLabel {
		p.failAt(start, "a label has 1 to %d characters", MaxLabel)
	}
	if !p.take("]") {
		p.failf("expected ], not %s", p.seen())
	}
	return label
}
