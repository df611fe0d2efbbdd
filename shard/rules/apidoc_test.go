// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAPIDocument: docs/api.md lists the codes of refusals.
func TestAPIDocument(t *testing.T) {
	const (
		file = "../../docs/api.md"
		mark = "<!-- rules: written by `go test ./shard/rules -run APIDocument -update` -->\n"
	)
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(have), mark)
	_, after, ends := strings.Cut(rest, "<!-- end -->")
	if !found || !ends {
		t.Fatalf("%s has no place for the codes", file)
	}
	list := make([]string, len(codes))
	for i, code := range codes {
		list[i] = "`" + string(code) + "`"
	}
	want := before + mark + strings.Join(list, " ") + "\n<!-- end -->" + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(have)); diff != "" {
		t.Errorf("%s is out of date (-want +have):\n%s", file, diff)
	}
}
