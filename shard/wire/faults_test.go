// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

// TestEveryCodeIsInTheCatalogue: once each, in the order of statuses.
func TestEveryCodeIsInTheCatalogue(t *testing.T) {
	tree, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var declared []string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		declared = append(declared, text)
		return true
	})
	var listed []string
	last := 0
	for _, f := range wire.Faults {
		listed = append(listed, f.Code)
		if f.Status != 0 && f.Status < last || f.Meaning == "" || wire.FaultOf(f.Code) != f {
			t.Errorf("%+v", f)
		}
		last = f.Status
	}
	slices.Sort(declared)
	slices.Sort(listed)
	if !slices.Equal(declared, listed) {
		t.Errorf("declared %v\nlisted   %v", declared, listed)
	}
	if got := wire.FaultOf("nonsense"); got.Status != 500 {
		t.Errorf("an unknown code: %+v", got)
	}
}
