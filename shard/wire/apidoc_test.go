// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"gamesession.dev/operator/test/docpart"
)

// TestAPIDocument: the tables of frames, refusals and close codes in docs/api.md are
// those of this package.
func TestAPIDocument(t *testing.T) {
	for name, table := range map[string]string{"frames": frameTable(), "refusals": refusalTable(), "closes": closeTable()} {
		docpart.Check(t, "../../docs/api.md", name+": written by `go test ./shard/wire -run APIDocument -update`", table, *update)
	}
}

func frameTable() string {
	var out strings.Builder
	out.WriteString("| from | frame | data | |\n|---|---|---|---|\n")
	for _, k := range Kinds() {
		fmt.Fprintf(&out, "| %s | `%s` | %s | %s |\n", k.Sender, k.Type, strings.Join(fieldList(reflect.TypeOf(k.New()).Elem()), ", "), k.Meaning)
	}
	return out.String()
}

// fieldList names a message's fields in their order, those that may be absent with a
// question mark.
func fieldList(t reflect.Type) []string {
	var list []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			list = append(list, fieldList(f.Type)...)
			continue
		}
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if rest != "" {
			name += "?"
		}
		list = append(list, name)
	}
	return list
}

func refusalTable() string {
	var out strings.Builder
	out.WriteString("| code | `retry` | because |\n|---|---|---|\n")
	for _, r := range Refusals {
		retry := ""
		if r.Retry {
			retry = "yes"
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s |\n", r.Code, retry, r.Meaning)
	}
	return out.String()
}

func closeTable() string {
	var out strings.Builder
	out.WriteString("| code | do | because |\n|---|---|---|\n")
	for _, c := range Closings() {
		fmt.Fprintf(&out, "| %d | `%s` | %s |\n", c.Code, c.Return, c.Meaning)
	}
	return out.String()
}

// TestEveryCodeIsListed: whatever constant of this package a client can get as a code
// or a reason is in the list that docs/api.md is written from, and in it.
func TestEveryCodeIsListed(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, f := range Faults {
		listed["Code "+f.Code] = true
	}
	for _, r := range Refusals {
		listed["Refusal "+r.Code] = true
	}
	for _, c := range Closings() {
		listed["Close "+strconv.Itoa(c.Code)] = true
	}
	seen := 0
	for name, value := range constants(t) {
		kind := codeName.FindString(name)
		if kind == "" {
			continue
		}
		seen++
		if kind != "Reason" && !listed[kind+" "+value] {
			t.Errorf("%s is in no list of codes", name)
		}
		if sentence := regexp.MustCompile("(?m)^\\|.*\\b" + value + "\\b.*\\|$|`" + value + "` \\("); !sentence.Match(text) {
			t.Errorf("%s: docs/api.md does not say what %s means", name, value)
		}
	}
	if want := len(Faults) + len(Refusals); seen < want {
		t.Errorf("found %d constants, there are at least %d codes", seen, want)
	}
}

var codeName = regexp.MustCompile(`^(Code|Refusal|Close|Reason)`)

// constants are those of the package, with their values as text.
func constants(t *testing.T) map[string]string {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if spec, is := n.(*ast.ValueSpec); is && len(spec.Names) == len(spec.Values) {
				for i, name := range spec.Names {
					if value, is := spec.Values[i].(*ast.BasicLit); is {
						all[name.Name] = strings.Trim(value.Value, `"`)
					}
				}
			}
			return true
		})
	}
	return all
}
