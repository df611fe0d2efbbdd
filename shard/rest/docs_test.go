// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

var update = flag.Bool("update", false, "write the generated parts of docs/api.md")

const (
	apiDoc        = "../../docs/api.md"
	operationsTop = "<!-- written by `go test ./shard/rest -run Written -update` -->\n"
	codesTop      = "<!-- codes, written by `go test ./shard/rest -run Written -update` -->\n"
	bottom        = "<!-- end -->\n"
)

// TestWritten compares what people read with the document and the catalogue.
func TestWritten(t *testing.T) {
	text, err := os.ReadFile(apiDoc)
	check(t, err)
	doc := string(text)
	for top, want := range map[string]string{operationsTop: operationsTable(t), codesTop: codesTable()} {
		before, rest, found := strings.Cut(doc, top)
		got, after, closed := strings.Cut(rest, bottom)
		switch {
		case !found || !closed:
			t.Fatalf("%s has no place for %s", apiDoc, top)
		case *update:
			doc = before + top + want + bottom + after
		case got != want:
			t.Errorf("%s says:\n%s\nthe code says:\n%s", apiDoc, got, want)
		}
	}
	if *update {
		check(t, os.WriteFile(apiDoc, []byte(doc), 0o644))
	}
}

func operationsTable(t *testing.T) string {
	described := map[string]described{}
	for _, op := range readDocument(t).operations {
		described[op.OperationID] = op
	}
	var b strings.Builder
	b.WriteString("| request | verb | what | codes beside the usual ones |\n|---|---|---|---|\n")
	for _, op := range operations {
		d := described[op.id]
		codes := make([]string, len(d.Codes))
		for i, code := range d.Codes {
			codes[i] = "`" + code + "`"
		}
		fmt.Fprintf(&b, "| `%s %s` | `%s` | %s | %s |\n", op.method, strings.TrimPrefix(op.path, "/api/v2/sessions"), d.Verb, d.Summary, strings.Join(codes, " "))
	}
	return b.String()
}

func codesTable() string {
	var b strings.Builder
	b.WriteString("| status | code | again? | what |\n|---|---|---|---|\n")
	for _, f := range wire.Faults {
		again := ""
		if f.Again {
			again = "later"
		}
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", f.Status, f.Code, again, f.Meaning)
	}
	return b.String()
}
