// SPDX-License-Identifier: Apache-2.0

package content

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gamesession.dev/operator/shard/rules/dice"
)

// Limits of names.
const (
	MaxIDLength   = 40
	MaxNameLength = 80
)

// maxProblems bounds how much of a broken document one error names.
const maxProblems = 20

// Problem is one wrong field. Path is in the words of the JSON form, such as
// creatures[2].actions[0].attack.reach.
type Problem struct {
	Path    string
	Message string
}

func (p Problem) String() string { return p.Path + ": " + p.Message }

// Problems gathers wrong fields in the order of a document, at most 20. The
// zero value is ready to use.
type Problems struct {
	List []Problem
}

// Addf notes a problem.
func (p *Problems) Addf(path, format string, args ...any) {
	if len(p.List) < maxProblems {
		p.List = append(p.List, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
	}
}

// Error tells all problems in one line. It is safe to show to a user.
func (p *Problems) Error() string {
	texts := make([]string, len(p.List))
	for i, problem := range p.List {
		texts[i] = problem.String()
	}
	return "content is not valid: " + strings.Join(texts, "; ")
}

// Err gives the problems as an error; nil if there are none.
func (p *Problems) Err() error {
	if len(p.List) == 0 {
		return nil
	}
	return p
}

// Between wants a number in its range.
func (p *Problems) Between(path string, value, low, high int) {
	if value < low || value > high {
		p.Addf(path, "must be %d to %d, not %d", low, high, value)
	}
}

// Feet wants a multiple of 5 in a range.
func (p *Problems) Feet(path string, value, low, high int) {
	if value < low || value > high || value%5 != 0 {
		p.Addf(path, "must be a multiple of 5 feet from %d to %d, not %d", low, high, value)
	}
}

// OneOf wants one of the allowed words; "" among them may be left out.
func (p *Problems) OneOf(path, value string, allowed ...string) {
	if !slices.Contains(allowed, value) {
		named := slices.DeleteFunc(slices.Clone(allowed), func(text string) bool { return text == "" })
		p.Addf(path, "must be one of %s, not %.60q", strings.Join(named, ", "), value)
	}
}

// ID wants the form of an id.
func (p *Problems) ID(path, value string) {
	if !ValidID(value) {
		p.Addf(path, "must be 1 to %d characters of a-z, 0-9 and -, not %.60q", MaxIDLength, value)
	}
}

// Name accepts text that every JSON writer spells alike, so that views hash
// to the same value everywhere: printable, valid UTF-8.
func (p *Problems) Name(path, value string) {
	printable := utf8.ValidString(value) && !strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) })
	if n := utf8.RuneCountInString(value); n < 1 || n > MaxNameLength || !printable {
		p.Addf(path, "must be 1 to %d printable characters, not %.100q", MaxNameLength, value)
	}
}

// Dice wants dice in notation; empty passes if it may be left out.
func (p *Problems) Dice(path, value string, optional bool) {
	if optional && value == "" {
		return
	}
	if _, err := dice.Parse(strings.TrimPrefix(value, "-")); err != nil {
		p.Addf(path, "%v", err)
	}
}

// AtMost bounds the length of a list and tells whether it is within.
func (p *Problems) AtMost(path string, count, most int) bool {
	if count > most {
		p.Addf(path, "must list at most %d, not %d", most, count)
	}
	return count <= most
}

// words checks that a list has known words, each once.
func words[W ~string](p *Problems, path string, list, allowed []W) {
	if !p.AtMost(path, len(list), len(allowed)) {
		return
	}
	for i, word := range list {
		if !slices.Contains(allowed, word) {
			p.Addf(fmt.Sprintf("%s[%d]", path, i), "must be one of %s, not %.60q", spell(allowed), string(word))
		}
		if slices.Index(list, word) != i {
			p.Addf(fmt.Sprintf("%s[%d]", path, i), "%q is listed twice", string(word))
		}
	}
}

func spell[W ~string](list []W) string {
	texts := make([]string, len(list))
	for i, word := range list {
		texts[i] = string(word)
	}
	return strings.Join(texts, ", ")
}

// DamageTypes wants damage types, each once.
func (p *Problems) DamageTypes(path string, list []DamageType) { words(p, path, list, DamageTypes) }

// ValidID tells whether text is 1 to 40 characters of a-z, 0-9 and -.
func ValidID(text string) bool {
	if text == "" || len(text) > MaxIDLength {
		return false
	}
	for _, b := range []byte(text) {
		if (b < 'a' || b > 'z') && (b < '0' || b > '9') && b != '-' {
			return false
		}
	}
	return true
}
