// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

const nodeReady = "Ready"

func orUnknown(state string) string {
	if state == "" {
		return "unknown"
	}
	return state
}

// nodeStates asks the API server for each node's state: Ready or NotReady.
func (c *Cluster) nodeStates(ctx context.Context) (map[string]string, error) {
	out, err := c.kubectl(ctx, "get", "nodes", "-o", "json")
	if err != nil {
		return nil, err
	}
	return parseNodes([]byte(out))
}

func parseNodes(text []byte) (map[string]string, error) {
	var list struct {
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Status struct {
				Conditions []struct {
					Type   string `json:"type"`
					Status string `json:"status"`
				} `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("reading the list of nodes: %w", err)
	}
	states := map[string]string{}
	for _, item := range list.Items {
		states[item.Metadata.Name] = "NotReady"
		for _, cond := range item.Status.Conditions {
			if cond.Type == "Ready" && cond.Status == "True" {
				states[item.Metadata.Name] = nodeReady
			}
		}
	}
	return states, nil
}

// processNames are the records of a whole cluster, in the order of a start.
func processNames() []string {
	names := []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
	for _, n := range layout.Nodes() {
		names = append(names, n.Name+"-containerd", n.Name+"-kubelet")
	}
	return append(names, "kube-proxy", "coredns")
}

// ErrNotReady says that the cluster, or a part of it, does not work.
var ErrNotReady = errors.New("the cluster is not ready")

// Status prints every process and node; it returns ErrNotReady unless all work.
func (c *Cluster) Status(ctx context.Context) error {
	allRun := true
	for _, name := range processNames() {
		r, ok := c.table.Get(name)
		switch {
		case ok && r.Alive():
			fmt.Fprintf(c.out, "%-26s running, pid %d\n", name, r.PID)
		default:
			allRun = false
			fmt.Fprintf(c.out, "%-26s not running\n", name)
		}
	}
	if api, ok := c.table.Get("kube-apiserver"); !ok || !api.Alive() {
		return ErrNotReady
	}
	states, err := c.nodeStates(ctx)
	if err != nil {
		return errors.Join(ErrNotReady, err)
	}
	for _, n := range layout.Nodes() {
		fmt.Fprintf(c.out, "%-26s %s\n", n.Name, orUnknown(states[n.Name]))
		allRun = allRun && states[n.Name] == nodeReady
	}
	if !allRun {
		return ErrNotReady
	}
	fmt.Fprintf(c.out, "kubeconfig: %s\n", c.Kubeconfig())
	return nil
}
