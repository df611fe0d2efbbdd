// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAPIDocument: the tables of frames and close codes in docs/api.md are those of
// this package.
func TestAPIDocument(t *testing.T) {
	const file = "../../docs/api.md"
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := between(t, string(have), "frames", frameTable())
	want = between(t, want, "closes", closeTable())
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("docs/api.md is out of date (-have +want):\n%s", diff)
	}
}

// between puts a table behind the mark of that name.
func between(t *testing.T, text, name, table string) string {
	t.Helper()
	mark := "<!-- " + name + ": written by `go test ./shard/wire -run APIDocument -update` -->\n"
	before, rest, found := strings.Cut(text, mark)
	_, after, ends := strings.Cut(rest, "<!-- end -->")
	if !found || !ends {
		t.Fatalf("docs/api.md has no place for the %s", name)
	}
	return before + mark + table + "<!-- end -->" + after
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

func closeTable() string {
	var out strings.Builder
	out.WriteString("| code | do | because |\n|---|---|---|\n")
	for _, c := range Closings() {
		fmt.Fprintf(&out, "| %d | `%s` | %s |\n", c.Code, c.Return, c.Meaning)
	}
	return out.String()
}
