// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"fmt"
	"net"
	"strings"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// EnsureBridge makes the bridge that carries the nodes' addresses.
func EnsureBridge(ctx context.Context, ip string) error {
	if !BridgeExists() {
		if err := addressesFree(); err != nil {
			return err
		}
		if _, err := Run(ctx, quick, ip, "link", "add", layout.Bridge, "type", "bridge"); err != nil {
			return err
		}
	}
	if _, err := Run(ctx, quick, ip, "link", "set", layout.Bridge, "up"); err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		if _, err := Run(ctx, quick, ip, "addr", "replace", n.IP+"/24", "dev", layout.Bridge); err != nil {
			return err
		}
	}
	return nil
}

// addressesFree refuses a machine that already uses the pods' range.
func addressesFree() error {
	_, pods, err := net.ParseCIDR(layout.PodCIDR)
	if err != nil {
		return fmt.Errorf("reading the pod range: %w", err)
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("listing the machine's addresses: %w", err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && (pods.Contains(n.IP) || n.Contains(pods.IP)) {
			return fmt.Errorf("the machine's own address %s overlaps with the pods' range %s", n, layout.PodCIDR)
		}
	}
	return nil
}

// BridgeExists says whether the bridge is there.
func BridgeExists() bool {
	_, err := net.InterfaceByName(layout.Bridge)
	return err == nil
}

// RemoveBridge removes the bridge.
func RemoveBridge(ctx context.Context, ip string) error {
	if !BridgeExists() {
		return nil
	}
	_, err := Run(ctx, quick, ip, "link", "del", layout.Bridge)
	return err
}

// PodRoutes lists the machine's routes to pods, one per running pod.
func PodRoutes(ctx context.Context, ip string) ([]string, error) {
	out, err := Run(ctx, quick, ip, "-4", "route", "show", "root", layout.PodCIDR)
	if err != nil {
		return nil, err
	}
	var routes []string
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" {
			routes = append(routes, line)
		}
	}
	return routes, nil
}
