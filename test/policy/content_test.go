// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/rules/srd"
)

// homonyms are words of the rules that happen to be the name of a spell too, by the
// file that has them: a weapon mastery, what is worn on an arm.
var homonyms = map[string]string{
	"shard/rules/content/bundle.go": "slow",
	"shard/rules/mastery.go":        "Slow",
	"shard/rules/content/check.go":  "shield",
	"shard/rules/srd/check.go":      "shield",
}

// contentNames gives the ids and the names of all creatures and spells that are shipped.
func contentNames(t *testing.T) map[string]bool {
	t.Helper()
	library, err := srd.Load(srd.V1)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for i := range library.Creatures {
		names[library.Creatures[i].ID], names[library.Creatures[i].Name] = true, true
	}
	for i := range library.Spells {
		names[library.Spells[i].ID], names[library.Spells[i].Name] = true, true
	}
	return names
}

// namedContent tells which of the names are texts of a file: alone, or as a part of a
// reference such as "spell:shield". A word in a sentence is no name, nor is a tag.
func namedContent(tree *ast.File, names map[string]bool) []string {
	var found []string
	tags := map[*ast.BasicLit]bool{}
	ast.Inspect(tree, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			tags[node.Tag] = true
		case *ast.BasicLit:
			text, err := strconv.Unquote(node.Value)
			if err != nil || node.Kind != token.STRING || tags[node] {
				return true
			}
			if slices.ContainsFunc(strings.Split(text, ":"), func(part string) bool { return names[part] }) {
				found = append(found, text)
			}
		}
		return true
	})
	return found
}

// Creatures and spells are data: what the rules know by its name is a rule that nothing
// else can have.
func TestRulesNameNoCreatureAndNoSpell(t *testing.T) {
	names := contentNames(t)
	for _, file := range sources(t) {
		if file.test() || !strings.HasPrefix(file.path, "shard/rules/") {
			continue
		}
		for _, text := range namedContent(file.tree, names) {
			if homonyms[file.path] != text {
				t.Errorf("%s names %q: creatures and spells are data", file.path, text)
			}
		}
	}
}

func TestNamedContentIsSeen(t *testing.T) {
	names := contentNames(t)
	for text, want := range map[string][]string{
		`if c.Block == "owlbear" {}`:             {"owlbear"},
		`if ref == "spell:shield" {}`:            {"spell:shield"},
		`switch name { case "Magic Missile": }`:  {"Magic Missile"},
		"if id == `fireball` {}":                 {"fireball"},
		`say("A mage knows no command.")`:        nil,
		"type x struct { Y int `json:\"web\"` }": nil,
		`if id == "longsword" {}`:                nil,
	} {
		tree, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; func f() { "+text+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, namedContent(tree, names)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
