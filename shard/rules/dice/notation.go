// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"fmt"
	"strconv"
	"strings"
)

// Limits of one expression. They bound the work of one roll: a critical hit
// rolls at most 2*MaxCount dice per expression.
const (
	MaxCount  = 50
	MinSides  = 2
	MaxSides  = 100
	MaxBonus  = 1000
	maxLength = 16
)

// Expr is a parsed dice expression: Count dice of Sides sides plus Bonus.
// Count 0 (and then Sides 0) is a fixed number. Bonus may be negative.
type Expr struct {
	Count, Sides, Bonus int
}

// Parse reads "2d6+3", "d8", "1d4-1" or a plain number such as "1". The error
// repeats the text and says what is wanted; it is safe to show to a user.
func Parse(text string) (Expr, error) {
	if text == "" || len(text) > maxLength {
		return Expr{}, fmt.Errorf("dice must be 1 to %d characters like 2d6+3, not %d", maxLength, len(text))
	}
	count, rest, hasDice := strings.Cut(text, "d")
	if !hasDice {
		bonus, ok := number(text, MaxBonus)
		if !ok {
			return Expr{}, fmt.Errorf("dice %q: want dice like 2d6+3 or a number of at most %d", text, MaxBonus)
		}
		return Expr{Bonus: bonus}, nil
	}
	expr := Expr{Count: 1}
	var ok bool
	if count != "" {
		if expr.Count, ok = number(count, MaxCount); !ok || expr.Count == 0 {
			return Expr{}, fmt.Errorf("dice %q: the number of dice must be 1 to %d", text, MaxCount)
		}
	}
	sides, bonus, sign := cutSign(rest)
	if expr.Sides, ok = number(sides, MaxSides); !ok || expr.Sides < MinSides {
		return Expr{}, fmt.Errorf("dice %q: the sides must be %d to %d", text, MinSides, MaxSides)
	}
	if sign != 0 {
		if expr.Bonus, ok = number(bonus, MaxBonus); !ok {
			return Expr{}, fmt.Errorf("dice %q: the bonus must be a number of at most %d", text, MaxBonus)
		}
		expr.Bonus *= sign
	}
	return expr, nil
}

// String gives the canonical notation; Parse of it gives the same Expr.
func (e Expr) String() string {
	switch {
	case e.Count == 0:
		return strconv.Itoa(e.Bonus)
	case e.Bonus == 0:
		return fmt.Sprintf("%dd%d", e.Count, e.Sides)
	default:
		return fmt.Sprintf("%dd%d%+d", e.Count, e.Sides, e.Bonus)
	}
}

// cutSign splits "6+3" into "6", "3" and 1; without a sign the last is 0.
func cutSign(text string) (before, after string, sign int) {
	at := strings.IndexAny(text, "+-")
	switch {
	case at < 0:
		return text, "", 0
	case text[at] == '-':
		return text[:at], text[at+1:], -1
	default:
		return text[:at], text[at+1:], 1
	}
}

// number reads plain decimal digits, at most max.
func number(text string, max int) (int, bool) {
	if text == "" || len(text) > 4 {
		return 0, false
	}
	value := 0
	for _, digit := range []byte(text) {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		value = value*10 + int(digit-'0')
	}
	return value, value <= max
}
