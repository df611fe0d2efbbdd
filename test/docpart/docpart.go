// SPDX-License-Identifier: Apache-2.0

// Package docpart keeps the parts of documents that are written from code in step
// with it. A part stands between a comment that says how it is written and the next
// <!-- end -->.
package docpart

import (
	"os"
	"strings"

	"github.com/google/go-cmp/cmp"
)

const end = "<!-- end -->\n"

// Test is what [Check] needs of a test.
type Test interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
}

// Check fails the test if the part of a file behind the comment is not text; with
// update it writes it.
func Check(t Test, file, comment, text string, update bool) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("reading a document: %v", err)
		return
	}
	mark := "<!-- " + comment + " -->\n"
	before, rest, found := strings.Cut(string(raw), mark)
	have, after, ends := strings.Cut(rest, end)
	switch {
	case !found || !ends:
		t.Fatalf("%s has no place for %s", file, mark)
	case have == text:
	case update:
		if err := os.WriteFile(file, []byte(before+mark+text+end+after), 0o644); err != nil {
			t.Fatalf("writing a document: %v", err)
		}
	default:
		t.Errorf("%s is out of date behind %s(-want +have):\n%s", file, mark, cmp.Diff(text, have))
	}
}
