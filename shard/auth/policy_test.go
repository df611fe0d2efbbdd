// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"flag"
	"strings"
	"testing"

	"gamesession.dev/operator/test/docpart"
)

var update = flag.Bool("update", false, "write the table of docs/security.md")

// table renders who may do what, asking cell by cell.
func table() string {
	var b strings.Builder
	b.WriteString("| verb |")
	for _, r := range Roles {
		b.WriteString(" " + string(r) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(Roles)) + "\n")
	for _, v := range Verbs {
		b.WriteString("| `" + string(v) + "` |")
		for _, r := range Roles {
			c := Claims{Session: "s", Role: r}
			own, others := c.Allowed("s", v, Own), c.Allowed("s", v, Others)
			cell := "–"
			switch {
			case own && others:
				cell = "own, others"
			case own:
				cell = "own"
			case others:
				cell = "others"
			}
			b.WriteString(" " + cell + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestTable compares the table that people read with the one that decides.
func TestTable(t *testing.T) {
	docpart.Check(t, "../../docs/security.md", "written by `go test ./shard/auth -run Table -update`", table(), *update)
}

// TestDeniedByDefault: what nobody has thought of is denied, and so is everything
// in another session.
func TestDeniedByDefault(t *testing.T) {
	verbs := append([]Verb{"", "grant", "WATCH"}, Verbs...)
	for _, role := range append([]Role{"", Peer, "admin", "GM"}, Roles...) {
		for _, verb := range verbs {
			for _, whose := range []Whose{"", Own, Others, "OWN"} {
				c := Claims{Session: "s", Role: role}
				if c.Allowed("other", verb, whose) || c.Allowed("", verb, whose) {
					t.Errorf("%s may %s %s in another session", role, verb, whose)
				}
				if !role.Valid() && c.Allowed("s", verb, whose) {
					t.Errorf("%q may %s", role, verb)
				}
			}
		}
	}
	for cell := range permitted {
		if cell.role == Spectator && (cell.verb == Act || cell.whose == Others) {
			t.Errorf("a spectator may %s %s", cell.verb, cell.whose)
		}
	}
}
