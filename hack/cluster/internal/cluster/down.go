// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/node"
	"gamesession.dev/operator/hack/cluster/internal/proc"
)

const (
	termGrace = 3 * time.Second // the state is thrown away: nothing to save
	killLimit = 20 * time.Second
)

// Down ends every process of the cluster and removes everything that a start
// makes. It tries every part even if one fails, and returns an error that names
// what is left.
func (c *Cluster) Down(ctx context.Context) error {
	parts := []step{
		{"control plane and kubelets", c.stopRecorded},
		{"pods", c.stopPods},
		{"mounts", func(context.Context) error { return host.UnmountBelow(c.Dir) }},
		{"network", c.removeNetwork},
		{"cgroups", c.removeCgroups},
		{"files outside of the state", c.removeTraces},
		{"kernel settings", func(context.Context) error { return host.RestoreSettings(c.settingsFile()) }},
		{"state folder", c.removeState},
	}
	var errs []error
	for _, s := range parts {
		errs = append(errs, c.run(ctx, []step{s}))
	}
	left, err := c.Leftovers(ctx)
	errs = append(errs, err)
	for _, l := range left {
		errs = append(errs, errors.New("left over: "+l))
	}
	return errors.Join(errs...)
}

// stopRecorded ends all recorded processes but containerd, which goes after its
// pods: a kubelet that still ran would start them again.
func (c *Cluster) stopRecorded(context.Context) error {
	records, err := c.table.List()
	if err != nil {
		return err
	}
	return c.stopAll(slices.DeleteFunc(records, isContainerd))
}

func isContainerd(r proc.Record) bool { return strings.HasSuffix(r.Name, "-containerd") }

func (c *Cluster) stopAll(records []proc.Record) error {
	errs := make([]error, len(records))
	var wg sync.WaitGroup
	for i, r := range records {
		wg.Go(func() { errs[i] = c.table.Stop(r, termGrace) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// stopPods ends containerd, so that nothing new starts, then the containers by
// their cgroups, then the shims and whatever has lost its record.
func (c *Cluster) stopPods(context.Context) error {
	records, err := c.table.List()
	if err != nil {
		return err
	}
	if err := c.stopAll(records); err != nil {
		return err
	}
	cg, err := host.FindCgroups()
	if err != nil {
		return err
	}
	killed := cg.KillAll(killLimit)
	strays, err := c.strays()
	if err != nil {
		return errors.Join(killed, err)
	}
	errs := []error{killed}
	for _, pid := range strays {
		errs = append(errs, proc.Kill(pid, killLimit))
	}
	return errors.Join(errs...)
}

func (c *Cluster) strays() ([]int, error) {
	return proc.Strays(c.Dir, append(slices.Clone(programs), shim))
}

func (c *Cluster) removeNetwork(ctx context.Context) error {
	var errs []error
	if nft := host.Which("nft"); nft != "" {
		errs = append(errs, host.RemoveTables(ctx, nft))
	}
	if ip := host.Which("ip"); ip != "" {
		errs = append(errs, host.RemoveBridge(ctx, ip))
	}
	return errors.Join(errs...)
}

func (c *Cluster) removeCgroups(context.Context) error {
	cg, err := host.FindCgroups()
	if err != nil {
		return err
	}
	_, err = cg.Remove(killLimit)
	return err
}

// removeTraces removes what the programs write outside of the state folder. If
// there is no state, a socket of a kubelet would be somebody else's.
func (c *Cluster) removeTraces(context.Context) error {
	if _, err := os.Stat(c.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{host.RemoveLinksInto("/var/log/containers", c.Dir), host.RemoveDeviceSocket()}
	for _, n := range layout.Nodes() {
		errs = append(errs, host.RemoveCNIResults("/var/lib/cni/results", node.NetworkName(n)))
	}
	return errors.Join(errs...)
}

func (c *Cluster) removeState(context.Context) error {
	if mounts, err := host.MountsBelow(c.Dir); err != nil || len(mounts) > 0 {
		return errors.Join(err, fmt.Errorf("something is still mounted below %s", c.Dir))
	}
	if err := os.RemoveAll(c.Dir); err != nil {
		return fmt.Errorf("removing the state folder: %w", err)
	}
	return nil
}

// Leftovers names everything of the cluster that is still on the machine. The
// links of ended pods go a moment after their processes, so it waits for them.
func (c *Cluster) Leftovers(ctx context.Context) ([]string, error) {
	var left []string
	strays, err := c.strays()
	if err != nil {
		return nil, err
	}
	for _, pid := range strays {
		left = append(left, fmt.Sprintf("process %d", pid))
	}
	mounts, err := host.MountsBelow(c.Dir)
	if err != nil {
		return nil, err
	}
	for _, m := range mounts {
		left = append(left, "mount "+m)
	}
	network, err := c.networkLeftovers(ctx)
	if err != nil {
		return nil, err
	}
	left = append(left, network...)
	cg, err := host.FindCgroups()
	if err != nil {
		return nil, err
	}
	groups, err := cg.Remove(0)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		left = append(left, "cgroup "+g)
	}
	if _, err := os.Stat(c.Dir); err == nil {
		left = append(left, "folder "+c.Dir)
	}
	return left, nil
}

func (c *Cluster) networkLeftovers(ctx context.Context) ([]string, error) {
	var left []string
	if host.BridgeExists() {
		left = append(left, "bridge "+layout.Bridge)
	}
	if nft := host.Which("nft"); nft != "" {
		tables, err := host.Tables(ctx, nft)
		if err != nil {
			return nil, err
		}
		for _, t := range tables {
			left = append(left, "nftables table "+t)
		}
	}
	ip := host.Which("ip")
	if ip == "" {
		return left, nil
	}
	err := await(ctx, 15*time.Second, func(ctx context.Context) error {
		routes, err := host.PodRoutes(ctx, ip)
		if err != nil {
			return err
		}
		if len(routes) > 0 {
			return fmt.Errorf("pod routes %q", routes)
		}
		return nil
	})
	if err != nil {
		left = append(left, err.Error())
	}
	return left, nil
}
