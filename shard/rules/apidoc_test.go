// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gamesession.dev/operator/test/docpart"
)

// TestAPIDocument: docs/api.md lists the actions, in the words of their comments, and
// the codes of refusals.
func TestAPIDocument(t *testing.T) {
	const by = ": written by `go test ./shard/rules -run APIDocument -update`"
	docpart.Check(t, "../../docs/api.md", "actions"+by, actionTable(t), *update)
	docpart.Check(t, "../../docs/api.md", "codes of the rules"+by, codeList(), *update)
}

func codeList() string {
	list := make([]string, len(codes))
	for i, code := range codes {
		list[i] = "`" + string(code) + "`"
	}
	return strings.Join(list, " ") + "\n"
}

func actionTable(t *testing.T) string {
	comments := typeComments(t)
	var out strings.Builder
	out.WriteString("| `type` | fields | |\n|---|---|---|\n")
	for _, kind := range slices.Sorted(maps.Keys(commands)) {
		command, err := commands[kind](fmt.Appendf(nil, `{"type":%q}`, kind))
		if err != nil {
			t.Fatal(err)
		}
		typ := reflect.TypeOf(command)
		comment := strings.Join(strings.Fields(comments[typ.Name()]), " ")
		text, found := strings.CutPrefix(comment, typ.Name()+" ")
		if !found {
			t.Errorf("the comment of %s does not begin with its name", typ.Name())
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", kind, strings.Join(fieldNames(typ), ", "), strings.TrimSuffix(text, "."))
	}
	return out.String()
}

// fieldNames are those of a command's JSON, with a question mark if they may be
// absent.
func fieldNames(typ reflect.Type) []string {
	var list []string
	for i := range typ.NumField() {
		name, rest, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if rest != "" {
			name += "?"
		}
		list = append(list, name)
	}
	return list
}

// typeComments are what the package says of its types.
func typeComments(t *testing.T) map[string]string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			if d, is := decl.(*ast.GenDecl); is && d.Tok == token.TYPE && len(d.Specs) == 1 {
				all[d.Specs[0].(*ast.TypeSpec).Name.Name] = d.Doc.Text()
			}
		}
	}
	return all
}
