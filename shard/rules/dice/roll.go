// SPDX-License-Identifier: Apache-2.0

package dice

import "slices"

// Source gives faces, 1 to sides, one die for each call.
type Source interface {
	Roll(sides int) int
}

// Result is one roll of a formula.
type Result struct {
	Total int `json:"total"`
	// Groups are the groups of dice in the order they stand and were rolled.
	Groups []Group `json:"groups"`
	// Stopped says that explosions or rerolls came to their limit.
	Stopped bool `json:"stopped,omitempty"`
}

// Rolled counts all dice of the result, also those that do not count.
func (r Result) Rolled() int {
	count := 0
	for _, g := range r.Groups {
		count += len(g.Dice)
	}
	return count
}

// Group is the dice of one group.
type Group struct {
	Notation string `json:"notation"`
	Label    string `json:"label,omitempty"`
	Dice     []Die  `json:"dice"`
	Total    int    `json:"total"`
}

// Die is one die. Face is what it showed, Value what it counts as (mi, ma).
type Die struct {
	Face  int `json:"face"`
	Value int `json:"value"`
	// Fate says why a die does not count, or how it came.
	Fate Fate `json:"fate,omitempty"`
}

// Fate is what became of a die; empty for a die that counts.
type Fate string

// The fates.
const (
	Dropped  Fate = "dropped"  // by kh, kl, dh or dl
	Rerolled Fate = "rerolled" // by ro or rr: the next die stands for it
	Exploded Fate = "exploded" // counts, and rolled another one
)

func (d Die) counts() bool { return d.Fate == "" || d.Fate == Exploded }

// Roll rolls the dice of the formula in the order they stand, each group as a
// whole before its modifiers do their work. It takes at most MaxDice+MaxExtra
// dice from the source.
func (f Formula) Roll(from Source) Result {
	r := &roller{from: from, extra: MaxExtra}
	if f.root != nil {
		r.Total = f.root.eval(r)
	}
	return r.Result
}

type roller struct {
	Result
	from  Source
	extra int
}

func (n whole) eval(*roller) int           { return int(n) }
func (n negative) eval(r *roller) int      { return -n.of.eval(r) }
func (n inParentheses) eval(r *roller) int { return n.of.eval(r) }

func (n operation) eval(r *roller) int {
	a, b := n.left.eval(r), n.right.eval(r)
	switch n.op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return a * b
	default:
		return floor(a, b)
	}
}

func (g *group) eval(r *roller) int {
	dice := make([]Die, 0, g.count)
	for range g.count {
		dice = append(dice, g.die(r))
	}
	for _, m := range g.modifiers {
		dice = m.apply(g, r, dice)
	}
	bare := *g
	bare.label = ""
	result := Group{Notation: Formula{&bare}.String(), Label: g.label, Dice: dice}
	for _, d := range dice {
		if d.counts() {
			result.Total += d.Value
		}
	}
	r.Groups = append(r.Groups, result)
	return result.Total
}

func (g *group) die(r *roller) Die {
	face := r.from.Roll(g.sides)
	return Die{Face: face, Value: face}
}

// another rolls one die more, if the budget has one.
func (g *group) another(r *roller) (Die, bool) {
	if r.extra == 0 {
		r.Stopped = true
		return Die{}, false
	}
	r.extra--
	return g.die(r), true
}

func (m modifier) apply(g *group, r *roller, dice []Die) []Die {
	switch m.kind {
	case "mi":
		for i := range dice {
			dice[i].Value = max(dice[i].Value, m.count)
		}
	case "ma":
		for i := range dice {
			dice[i].Value = min(dice[i].Value, m.count)
		}
	case "kh", "kl", "dh", "dl":
		m.drop(dice)
	default:
		return m.again(g, r, dice)
	}
	return dice
}

// again rolls more dice: one behind each die that matches. Explosions and rr
// look at the new die too, ro does not.
func (m modifier) again(g *group, r *roller, dice []Die) []Die {
	fate := Rerolled
	if m.kind == "!" {
		fate = Exploded
	}
	out := make([]Die, 0, len(dice))
	for _, d := range dice {
		for d.counts() && m.when.matches(d.Value) {
			more, ok := g.another(r)
			if !ok {
				break
			}
			d.Fate = fate
			out = append(out, d)
			d = more
			if m.kind == "ro" {
				break
			}
		}
		out = append(out, d)
	}
	return out
}

// drop takes dice out until the number asked for is kept, or dropped. Of equal
// dice the earlier one is kept.
func (m modifier) drop(dice []Die) {
	var order []int
	for i, d := range dice {
		if d.counts() {
			order = append(order, i)
		}
	}
	highest := m.kind == "kh" || m.kind == "dl" // the highest are kept
	slices.SortStableFunc(order, func(a, b int) int {
		if highest {
			return dice[b].Value - dice[a].Value
		}
		return dice[a].Value - dice[b].Value
	})
	keep := min(m.count, len(order))
	if m.kind[0] == 'd' {
		keep = len(order) - keep
	}
	for _, i := range order[keep:] {
		dice[i].Fate = Dropped
	}
}
