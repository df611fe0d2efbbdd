// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/rules/content"
)

// vocabulary gives the string constants of package content by their type, in
// the order of the source: what a field of that type can hold.
func vocabulary(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	names, err := filepath.Glob("../content/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("reading the source of content: %v", err)
	}
	for _, name := range names {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			if group, ok := decl.(*ast.GenDecl); ok && group.Tok == token.CONST {
				constants(group, found)
			}
		}
	}
	return found
}

func constants(group *ast.GenDecl, found map[string][]string) {
	for _, spec := range group.Specs {
		value := spec.(*ast.ValueSpec)
		of, ok := value.Type.(*ast.Ident)
		if !ok {
			continue
		}
		for _, expr := range value.Values {
			if literal, ok := expr.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					found[of.Name] = append(found[of.Name], text)
				}
			}
		}
	}
}

// unused are the words that no data and no condition uses. Each needs a reason:
// the data is to have one of every mechanic.
var unused = map[string][]string{
	// What gives these is out of the SRD's fights, or lasts longer than one.
	"ModifierKind": {"max_hp", "ignore_difficult_terrain", "immunity", "vulnerability"},
	// SRD 5.2.1 counts a lair as more legendary actions; these are of SRD 5.1.
	"Cost": {"lair"},
	// Not cast in a fight.
	"CastingTime": {"minutes"},
}

// Every mechanic has something in the data that uses it.
func TestEveryMechanicHasOne(t *testing.T) {
	data, err := json.Marshal(load(t))
	if err != nil {
		t.Fatal(err)
	}
	conditions, err := json.Marshal([2][]content.Condition{content.Conditions(false), content.Conditions(true)})
	if err != nil {
		t.Fatal(err)
	}
	text := string(data) + string(conditions)
	words := vocabulary(t)
	for _, of := range []string{"ModifierKind", "Shape", "AttackKind", "Cost", "ConditionID", "DamageType", "DurationKind", "Size", "CastingTime"} {
		if len(words[of]) < 2 {
			t.Fatalf("the source has no %s", of)
		}
		for _, word := range words[of] {
			used := strings.Contains(text, strconv.Quote(word))
			if exempt := slices.Contains(unused[of], word); used == exempt {
				t.Errorf("%s %q: used %v, listed as unused %v", of, word, used, exempt)
			}
		}
	}
}
