// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func formula(t *testing.T, text string) Formula {
	t.Helper()
	f, err := ParseFormula(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f
}

// Each row lists the faces that come; all must be used.
func TestFormulaRolls(t *testing.T) {
	tests := map[string]struct {
		faces []int
		want  int
	}{
		"7":                   {nil, 7},
		"1d6":                 {[]int{4}, 4},
		"d6":                  {[]int{4}, 4},
		"2d6+3":               {[]int{4, 5}, 12},
		"2d6 - 3":             {[]int{1, 1}, -1},
		"1+2*3":               {nil, 7},
		"(1+2)*3":             {nil, 9},
		"10-2-3":              {nil, 5},
		"7/2":                 {nil, 3},
		"-7/2":                {nil, -4},
		"-(1d6)*2":            {[]int{3}, -6},
		"1d6*1d4":             {[]int{5, 3}, 15},
		"4d6kh3":              {[]int{3, 1, 6, 2}, 11},
		"4d6kh":               {[]int{3, 1, 6, 2}, 6},
		"2d20kl":              {[]int{14, 3}, 3},
		"4d6dl":               {[]int{3, 1, 6, 2}, 11},
		"4d6dh2":              {[]int{3, 1, 6, 2}, 3},
		"2d6kh5":              {[]int{3, 1}, 4},
		"2d6dl5":              {[]int{3, 1}, 0},
		"2d6ro<3":             {[]int{2, 5, 1}, 6}, // 2 became 1 and stays
		"2d6rr<3":             {[]int{2, 5, 1, 2, 6}, 11},
		"1d20ro1":             {[]int{1, 1}, 1},
		"1d20mi10":            {[]int{4}, 10},
		"2d6ma3":              {[]int{2, 6}, 5},
		"1d6!":                {[]int{6, 6, 2}, 14},
		"2d6!>4":              {[]int{5, 3, 6, 1}, 15},
		"3d6!kh2":             {[]int{6, 1, 2, 4}, 10},
		"2d6mi3ro<3":          {[]int{1, 2}, 6}, // 1 counts as 3 already
		"2d6ro<3mi3":          {[]int{1, 2, 1, 5}, 8},
		"d%":                  {[]int{57}, 57},
		"2d10[fire]+1d4[ice]": {[]int{9, 8, 2}, 19},
		"1d6ro<=2":            {[]int{2, 6}, 6},
		"1d6ro>=5":            {[]int{5, 3}, 3},
		"1d6ro=4":             {[]int{4, 3}, 3},
	}
	for text, tc := range tests {
		faces := NewListed(tc.faces...)
		got := formula(t, text).Roll(faces)
		if got.Total != tc.want || len(faces.Left()) > 0 || got.Rolled() != len(tc.faces) || got.Stopped {
			t.Errorf("%s with %v: %+v, left %v; want %d", text, tc.faces, got, faces.Left(), tc.want)
		}
	}
}

func TestFormulaResult(t *testing.T) {
	got := formula(t, "2*(4d6!kh2[luck]-1)").Roll(NewListed(6, 1, 3, 3, 2))
	// The 2 comes last, but stands behind the six that exploded.
	want := Result{Total: 16, Groups: []Group{{Notation: "4d6!kh2", Label: "luck", Total: 9, Dice: []Die{
		{6, 6, Exploded}, {2, 2, Dropped}, {1, 1, Dropped}, {3, 3, ""}, {3, 3, Dropped},
	}}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	low, high := formula(t, "2*(4d6!kh2[luck]-1)").Bounds()
	if got.Total < low || got.Total > high {
		t.Errorf("bounds %d to %d do not hold %d", low, high, got.Total)
	}
}

// same shows one face for ever.
type same int

func (s same) Roll(int) int { return int(s) }

func TestFormulaBudget(t *testing.T) {
	for _, text := range []string{"5d6!", "5d6rr6", "100d6!rr6", "1d6!+1d6!"} {
		got := formula(t, text).Roll(same(6))
		if !got.Stopped || got.Rolled() > MaxDice+MaxExtra {
			t.Errorf("%s with sixes: %d dice, stopped %v", text, got.Rolled(), got.Stopped)
		}
	}
	if got := formula(t, "5d6!").Roll(same(5)); got.Stopped || got.Rolled() != 5 {
		t.Errorf("nothing explodes, but %+v", got)
	}
}

func TestFormulaRefuses(t *testing.T) {
	long := strings.Repeat("1+", 110)
	tests := map[string]struct {
		at   int
		want string
	}{
		"":                   {0, "expected dice or a number, not the end"},
		"  ":                 {2, "not the end"},
		"2d":                 {2, "expected the sides of a die, not the end"},
		"2d6+":               {4, "expected dice or a number, not the end"},
		"2x6":                {1, `expected + - * / or the end, not 'x'`},
		"2D6":                {1, `not 'D'`},
		"2 d6":               {2, `expected + - * / or the end`},
		"(1d6":               {4, "expected ), not the end"},
		"1d6)":               {3, "or the end, not ')'"},
		"0d6":                {0, "a formula rolls 1 to 100 dice"},
		"60d6+41d6":          {5, "a formula rolls 1 to 100 dice"},
		"1d1":                {2, "the sides of a die must be 2 to 1000"},
		"1d1001":             {2, "must be 2 to 1000"},
		"10001":              {0, "a number must be 0 to 10000"},
		"99999999999999":     {0, "must be 0 to 10000"},
		"1d6/0":              {3, "only a number from 1 up can divide"},
		"1d6/(2)":            {3, "only a number from 1 up"},
		"6/1d6":              {1, "only a number from 1 up"},
		"10000*10000*10000":  {11, "more than 1000000000"},
		"4d6kh0":             {5, "how many dice are kept or dropped must be 1 to 100"},
		"4d6khkl":            {5, "kept or dropped once"},
		"4d6khkh":            {5, "kh stands here a second time"},
		"4d6mi":              {5, "expected the bound of the dice"},
		"4d6mi7":             {5, "must be 1 to 6"},
		"4d6rr":              {5, "expected the face to compare with"},
		"4d6rr7":             {5, "must be 1 to 6"},
		"4d6rr<1":            {5, "no face of the die is meant"},
		"4d6!>=1":            {3, "every face would roll again"},
		"4d6rr<=6":           {3, "every face would roll again"},
		"1d6[]":              {4, "a label has 1 to 40"},
		"1d6[a":              {5, "expected ], not the end"},
		"1d6[a[b]]":          {5, `a label has no '['`},
		"1d6[a\n]":           {5, "a label has no"},
		"((((((((((((1":      {11, "more than 10 parentheses"},
		"------------1":      {11, "more than 10"},
		long:                 {MaxFormula, "longer than 200"},
		"1d6\xff":            {0, "not valid text"},
		"１d6":                {0, `not '１'`},
		"1d6" + "+" + "\x00": {4, "expected dice or a number"},
	}
	for text, tc := range tests {
		f, err := ParseFormula(text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.At != tc.at || !strings.Contains(syntax.Message, tc.want) {
			t.Errorf("%q: %q, %v; want at %d %q", text, f, err, tc.at, tc.want)
		}
	}
	if Formula.String(Formula{}) != "" || (Formula{}).Roll(same(1)).Total != 0 {
		t.Error("the zero formula is something")
	}
}

func FuzzFormula(f *testing.F) {
	for _, seed := range []string{"4d6kh3+1", "(2d6!>4-1)*3/2", "1d20ro<3mi10[luck]", "-d%", "1d6rr<=2dl", "((1))", "2d6[a b]+3d4ma2"} {
		f.Add(seed, uint64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		formula, err := ParseFormula(text)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.At < 0 || syntax.At > len(text) {
				t.Fatalf("%q: an error at no place: %v", text, err)
			}
			return
		}
		again, err := ParseFormula(formula.String())
		if err != nil || again.String() != formula.String() {
			t.Fatalf("%q is written %q, which reads as %q, %v", text, formula, again, err)
		}
		one, two := formula.Roll(NewCounter([32]byte{1}, seed)), again.Roll(NewCounter([32]byte{1}, seed))
		if diff := cmp.Diff(one, two); diff != "" {
			t.Fatalf("%q and %q roll differently: %s", text, formula, diff)
		}
		low, high := formula.Bounds()
		if one.Total < low || one.Total > high || low < -MaxTotal || high > MaxTotal || one.Rolled() > MaxDice+MaxExtra {
			t.Fatalf("%q: %d of %d dice is not within %d to %d", text, one.Total, one.Rolled(), low, high)
		}
	})
}

// drawFormula draws text that is a formula; the modifiers stand in the order
// that keeps their meaning in other programs: bounds, explosions, rerolls, drops.
func drawFormula(t *rapid.T, depth int) string {
	pick := rapid.IntRange(0, 5).Draw(t, "kind")
	switch {
	case pick == 0:
		return rapid.StringMatching(`[0-9]{1,2}`).Draw(t, "number")
	case pick == 1 && depth < 3:
		return "(" + drawFormula(t, depth+1) + ")"
	case pick <= 3 && depth < 3:
		op := rapid.SampledFrom([]string{"+", "-", "*"}).Draw(t, "op")
		return drawFormula(t, depth+1) + op + drawFormula(t, depth+1)
	}
	text := rapid.StringMatching(`[1-4]d(4|6|8|10|20|%)`).Draw(t, "dice")
	for _, kind := range []string{`|mi2|ma3`, `|!|!>3|!=2|!>=4`, `|ro<2|rr1|ro>3|rr<3`, `|kh|kl1|dh|dl2|kh2`} {
		text += rapid.StringMatching("("+kind+")").Draw(t, "modifier")
	}
	return text
}

// TestBoundsHoldForNewDice: a die that comes in place of another is not what a
// modifier before that made of the first.
func TestBoundsHoldForNewDice(t *testing.T) {
	tests := map[string][2]int{
		"1d10ma3":     {1, 3},
		"1d10ma3rr<3": {1, 10},
		"1d10ma3ro<3": {1, 10},
		"1d10mi4ro>3": {1, 10},
		"2d6mi2ma5":   {4, 10},
	}
	for text, want := range tests {
		if low, high := formula(t, text).Bounds(); low != want[0] || high != want[1] {
			t.Errorf("%s: %d to %d, want %d to %d", text, low, high, want[0], want[1])
		}
	}
}

func TestFormulaReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawFormula(t, 0)
		f, err := ParseFormula(text)
		if err != nil {
			return // too many dice, or too long
		}
		seed := rapid.Uint64().Draw(t, "seed")
		got := f.Roll(NewCounter([32]byte{2}, seed))
		if low, high := f.Bounds(); got.Total < low || got.Total > high {
			t.Fatalf("%s: %d is not within %d to %d", text, got.Total, low, high)
		}
		kept := 0
		for _, g := range got.Groups {
			for _, d := range g.Dice {
				if d.counts() {
					kept++
				}
			}
		}
		if kept > got.Rolled() {
			t.Fatalf("%s keeps %d of %d dice", text, kept, got.Rolled())
		}
		if again, err := ParseFormula(f.String()); err != nil || again.String() != f.String() {
			t.Fatalf("%s is written %s, which reads as %s, %v", text, f, again, err)
		}
	})
}

func BenchmarkFormula(b *testing.B) {
	f, err := ParseFormula("4d6kh3+2d8[fire]*2-1")
	if err != nil {
		b.Fatal(err)
	}
	c := NewCounter([32]byte{1}, 0)
	b.ReportAllocs()
	for b.Loop() {
		f.Roll(c)
	}
}
