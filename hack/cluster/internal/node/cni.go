// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// NetworkName is the CNI network of the node.
func NetworkName(n layout.Node) string { return "gamesession-" + n.Name }

// NetworkConfig renders the node's pod network. Each pod gets a point-to-point
// link that the machine routes: unlike on a shared bridge, a Service's answer
// passes the machine even if both pods are on one node, and the caller's own
// address stays visible.
func NetworkConfig(c layout.Cluster, n layout.Node) ([]byte, error) {
	config := map[string]any{
		"cniVersion": "1.0.0",
		"name":       NetworkName(n),
		"plugins": []any{map[string]any{
			"type": "ptp",
			"ipam": map[string]any{
				"type":    "host-local",
				"dataDir": c.NodePath(n, "ipam"),
				"routes":  []any{map[string]any{"dst": "0.0.0.0/0"}},
				"ranges": []any{[]any{map[string]any{
					"subnet": n.PodSubnet, "rangeStart": n.PodFirstIP, "gateway": n.Gateway,
				}}},
			},
		}},
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("rendering the pod network of %s: %w", n.Name, err)
	}
	return append(text, '\n'), nil
}

// NetworkConfigPath is where that configuration lies.
func NetworkConfigPath(c layout.Cluster, n layout.Node) string {
	return c.NodePath(n, "cni", "10-gamesession.conflist")
}
