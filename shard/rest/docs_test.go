// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the generated parts of docs/api.md")

// TestWritten compares what people read with the document and the catalogue.
func TestWritten(t *testing.T) {
	const by = "written by `go test ./shard/rest -run Written -update`"
	docpart.Check(t, "../../docs/api.md", by, operationsTable(t), *update)
	docpart.Check(t, "../../docs/api.md", "codes, "+by, codesTable(), *update)
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
