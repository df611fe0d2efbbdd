// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// hairpinTable is the cluster's own nftables table.
const hairpinTable = "gamesession"

// ourTables are the names of the tables that a stop removes.
var ourTables = []string{"kube-proxy", hairpinTable}

// HairpinRules lets a pod reach itself through a Service, on either node. The
// kube-proxy that serves both does so only for the node whose name it has: the
// rule hides the pod's own address from itself, so that the answer comes back
// over the machine and is translated there.
func HairpinRules() (string, error) {
	var pairs []string
	for _, n := range layout.Nodes() {
		subnet, err := netip.ParsePrefix(n.PodSubnet)
		if err != nil {
			return "", fmt.Errorf("reading the pod range of %s: %w", n.Name, err)
		}
		first, err := netip.ParseAddr(n.PodFirstIP)
		if err != nil {
			return "", fmt.Errorf("reading the pod range of %s: %w", n.Name, err)
		}
		for a := first; subnet.Contains(a); a = a.Next() {
			pairs = append(pairs, fmt.Sprintf("%s . %s", a, a))
		}
	}
	// Adding and deleting first makes the file say the whole of the table.
	return fmt.Sprintf(`add table ip %[1]s
delete table ip %[1]s
table ip %[1]s {
	set self {
		type ipv4_addr . ipv4_addr
		elements = { %[2]s }
	}
	chain postrouting {
		type nat hook postrouting priority srcnat + 5; policy accept;
		ct status dnat ip saddr . ip daddr @self masquerade fully-random
	}
}
`, hairpinTable, strings.Join(pairs, ", ")), nil
}

// LoadRules gives nftables the rules in file.
func LoadRules(ctx context.Context, nft, file string) error {
	_, err := Run(ctx, quick, nft, "-f", file)
	return err
}

// Tables lists the cluster's nftables tables, as "family name".
func Tables(ctx context.Context, nft string) ([]string, error) {
	out, err := Run(ctx, quick, nft, "list", "tables")
	if err != nil {
		return nil, err
	}
	return parseTables(out), nil
}

// parseTables reads lines such as "table ip kube-proxy".
func parseTables(out string) []string {
	var tables []string
	for line := range strings.Lines(out) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "table" && slices.Contains(ourTables, f[2]) {
			tables = append(tables, f[1]+" "+f[2])
		}
	}
	return tables
}

// RemoveTables removes them.
func RemoveTables(ctx context.Context, nft string) error {
	tables, err := Tables(ctx, nft)
	if err != nil {
		return err
	}
	for _, t := range tables {
		family, name, _ := strings.Cut(t, " ")
		if _, err := Run(ctx, quick, nft, "delete", "table", family, name); err != nil {
			return err
		}
	}
	return nil
}
