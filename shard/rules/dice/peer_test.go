// SPDX-License-Identifier: Apache-2.0

//go:build npm

package dice

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// peerFormulas is how many formulas are compared.
const peerFormulas = 4000

// spelling turns a formula into the notation of rpg-dice-roller.
func spelling(text string) string {
	text = strings.NewReplacer("mi", "min", "ma", "max", "rr", "r").Replace(text)
	return regexp.MustCompile(`(ro?)(\d)`).ReplaceAllString(text, "$1=$2")
}

// Another program comes to the same totals with the same faces: rpg-dice-roller,
// which `make test-dice` installs. It has no limits, so formulas that roll more
// than a few dice are left to the other tests.
func TestFormulaAgreesWithAnotherProgram(t *testing.T) {
	dir := os.Getenv("DICE_ROLLER")
	if dir == "" {
		t.Fatal("DICE_ROLLER must name the directory of rpg-dice-roller: run make test-dice")
	}
	type request struct {
		Notation string `json:"notation"`
		Faces    []int  `json:"faces"`
		formula  string
		total    int
	}
	var requests []request
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	modified := 0
	formulas := rapid.Custom(func(t *rapid.T) string { return drawFormula(t, 0) })
	for i := 0; len(requests) < peerFormulas; i++ {
		text := formulas.Example(i)
		// There != means not equal, and is no explosion on a face.
		if strings.Contains(text, "!=") {
			continue
		}
		formula, err := ParseFormula(text)
		if err != nil {
			continue
		}
		rolled := &Recorder{From: NewCounter([32]byte{4}, uint64(i)<<20)}
		result := formula.Roll(rolled)
		if result.Stopped {
			continue
		}
		faces := []int{}
		for _, d := range rolled.All {
			faces = append(faces, d.Face)
		}
		if strings.ContainsAny(text, "khdlmar!") && len(faces) > 0 {
			modified++
		}
		r := request{spelling(formula.String()), faces, text, result.Total}
		requests = append(requests, r)
		if err := encoder.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	if modified < peerFormulas/4 {
		t.Fatalf("only %d of %d formulas roll dice", modified, peerFormulas)
	}
	node := exec.CommandContext(t.Context(), "node", "roll.mjs")
	node.Dir, node.Stdin, node.Stderr = dir, &input, os.Stderr
	output, err := node.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(bytes.NewReader(output))
	for _, r := range requests {
		var answer struct {
			Total, Left int
			Error       string
		}
		if err := answers.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if answer.Error != "" || answer.Left != 0 || answer.Total != r.total {
			t.Errorf("%s (there %s) with %v: %d, there %+v", r.formula, r.Notation, r.Faces, r.total, answer)
		}
	}
}
