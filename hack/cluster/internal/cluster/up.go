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
	"time"

	"gamesession.dev/operator/hack/cluster/internal/controlplane"
	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/node"
	"gamesession.dev/operator/hack/cluster/internal/proc"
)

// Up starts what does not run yet and returns when both nodes are ready.
func (c *Cluster) Up(ctx context.Context) error {
	if err := c.forgetEarlierBoot(ctx); err != nil {
		return err
	}
	steps := []step{
		{"state folder", c.prepare},
		{"certificates", c.certificates},
		{"network", c.network},
		{"etcd", c.etcd},
		{"kube-apiserver", c.apiServer},
		{"kube-controller-manager", c.controllerManager},
		{"kube-scheduler", c.scheduler},
	}
	for _, n := range layout.Nodes() {
		steps = append(steps,
			step{n.Name + " containerd", func(ctx context.Context) error { return c.containerd(ctx, n) }},
			step{n.Name + " pause image", func(ctx context.Context) error { return c.pauseImage(ctx, n) }},
			step{n.Name + " kubelet", func(ctx context.Context) error { return c.kubelet(ctx, n) }},
		)
	}
	return c.run(ctx, append(steps,
		step{"kube-proxy", c.kubeProxy},
		step{"coredns", c.coreDNS},
		step{"nodes ready", c.nodesReady},
		step{"processes still running", c.allRunning},
	))
}

// bootFile tells a state folder of an earlier boot, whose processes, mounts and
// pods are gone, from one of a start that can be completed.
func (c *Cluster) bootFile() string { return c.Path("boot") }

func (c *Cluster) forgetEarlierBoot(ctx context.Context) error {
	text, err := os.ReadFile(c.bootFile())
	if errors.Is(err, fs.ErrNotExist) || string(text) == proc.BootID() {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the state folder: %w", err)
	}
	fmt.Fprintln(c.out, "the state is of an earlier boot: removing it first")
	return c.Down(ctx)
}

// prepare makes the folders and ends processes of the cluster that a start
// which was cut short left without a record.
func (c *Cluster) prepare(context.Context) error {
	for _, dir := range []string{c.Dir, c.Logs(), c.Run()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("making the state folder: %w", err)
		}
	}
	if err := write(c.bootFile(), []byte(proc.BootID()), 0o644); err != nil {
		return err
	}
	records, err := c.table.List()
	if err != nil {
		return err
	}
	strays, err := proc.Strays(c.Dir, programs)
	if err != nil {
		return err
	}
	for _, pid := range strays {
		recorded := slices.ContainsFunc(records, func(r proc.Record) bool { return r.PID == pid && r.Alive() })
		if !recorded {
			if err := proc.Kill(pid, 10*time.Second); err != nil {
				return err
			}
		}
	}
	return host.SaveSettings(c.settingsFile())
}

func (c *Cluster) settingsFile() string { return c.Path("kernel-settings.json") }

func (c *Cluster) network(ctx context.Context) error {
	if err := host.EnableForwarding(); err != nil {
		return err
	}
	tools, err := host.FindTools()
	if err != nil {
		return err
	}
	if err := host.EnsureBridge(ctx, tools.IP); err != nil {
		return err
	}
	rules, err := host.HairpinRules()
	if err != nil {
		return err
	}
	file := c.Path("hairpin.nft")
	if err := write(file, []byte(rules), 0o644); err != nil {
		return err
	}
	return host.LoadRules(ctx, tools.NFT, file)
}

func (c *Cluster) etcd(ctx context.Context) error {
	return c.start(ctx, component{
		name: "etcd", argv: controlplane.EtcdArgs(c.Cluster), limit: 30 * time.Second,
		ready: httpOK(layout.EtcdClientURL + "/health"),
	})
}

func (c *Cluster) apiServer(ctx context.Context) error {
	return c.start(ctx, component{
		name: "kube-apiserver", argv: controlplane.APIServerArgs(c.Cluster), limit: 2 * time.Minute,
		ready: func(ctx context.Context) error {
			_, err := c.kubectl(ctx, "get", "--raw", "/readyz")
			return err
		},
	})
}

func (c *Cluster) controllerManager(ctx context.Context) error {
	return c.start(ctx, component{
		name: "kube-controller-manager", argv: controlplane.ControllerManagerArgs(c.Cluster), limit: time.Minute,
		ready: func(ctx context.Context) error { // pods are refused before this account exists
			_, err := c.kubectl(ctx, "get", "serviceaccount", "default", "-n", "default", "-o", "name")
			return err
		},
	})
}

func (c *Cluster) scheduler(ctx context.Context) error {
	return c.start(ctx, component{
		name: "kube-scheduler", argv: controlplane.SchedulerArgs(c.Cluster), limit: time.Minute,
		ready: func(context.Context) error { return nil },
	})
}

func (c *Cluster) containerd(ctx context.Context, n layout.Node) error {
	cg, err := host.FindCgroups()
	if err != nil {
		return err
	}
	if err := cg.Ensure(n.Name); err != nil {
		return err
	}
	tools, err := host.FindTools()
	if err != nil {
		return err
	}
	network, err := node.NetworkConfig(c.Cluster, n)
	if err != nil {
		return err
	}
	if err := write(node.NetworkConfigPath(c.Cluster, n), network, 0o644); err != nil {
		return err
	}
	config, err := node.ContainerdConfig(c.Cluster, n, node.Tools{Runc: tools.Runc, CNIBin: tools.CNIBin})
	if err != nil {
		return err
	}
	if err := write(node.ContainerdConfigPath(c.Cluster, n), config, 0o644); err != nil {
		return err
	}
	return c.start(ctx, component{
		name: n.Name + "-containerd", argv: node.ContainerdArgs(c.Cluster, n), config: config, limit: time.Minute, hosts: true,
		ready: func(ctx context.Context) error {
			_, err := c.ctr(ctx, n, 5*time.Second, "version")
			return err
		},
	})
}

// resolvConf is the resolver configuration of pods that ask for the node's own.
func resolvConf() string {
	for _, path := range []string{"/run/systemd/resolve/resolv.conf", "/etc/resolv.conf"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func (c *Cluster) kubelet(ctx context.Context, n layout.Node) error {
	config, err := node.KubeletConfig(c.Cluster, n, resolvConf())
	if err != nil {
		return err
	}
	if err := write(node.KubeletConfigPath(c.Cluster, n), config, 0o644); err != nil {
		return err
	}
	return c.start(ctx, component{
		name: n.Name + "-kubelet", argv: node.KubeletArgs(c.Cluster, n), config: config, limit: 2 * time.Minute,
		ready: httpOK(node.HealthURL(n)),
	})
}

func (c *Cluster) kubeProxy(ctx context.Context) error {
	return c.start(ctx, component{
		name: "kube-proxy", argv: controlplane.KubeProxyArgs(c.Cluster), limit: time.Minute,
		ready: httpOK("http://127.0.0.1:10256/livez"),
	})
}

func (c *Cluster) coreDNS(ctx context.Context) error {
	role := c.Path("coredns-role.yaml")
	if err := write(role, []byte(controlplane.DNSRole), 0o644); err != nil {
		return err
	}
	if _, err := c.kubectl(ctx, "apply", "-f", role); err != nil {
		return err
	}
	config := []byte(controlplane.Corefile(c.Cluster))
	if err := write(controlplane.CorefilePath(c.Cluster), config, 0o644); err != nil {
		return err
	}
	return c.start(ctx, component{
		name: "coredns", argv: controlplane.CoreDNSArgs(c.Cluster), config: config, limit: time.Minute,
		ready: httpOK(controlplane.DNSReadyURL),
	})
}

// nodesReady waits until the API server says so of every node.
func (c *Cluster) nodesReady(ctx context.Context) error {
	const limit = 2 * time.Minute
	return await(ctx, limit, func(ctx context.Context) error {
		states, err := c.nodeStates(ctx)
		if err != nil {
			return err
		}
		var waiting []string
		for _, n := range layout.Nodes() {
			if states[n.Name] != nodeReady {
				waiting = append(waiting, n.Name+" "+orUnknown(states[n.Name]))
			}
		}
		if len(waiting) > 0 {
			return fmt.Errorf("nodes are not ready (logs in %s): %s", c.Logs(), strings.Join(waiting, ", "))
		}
		return nil
	})
}

// allRunning finds a process that ended after it had looked ready.
func (c *Cluster) allRunning(context.Context) error {
	for _, name := range processNames() {
		if r, ok := c.table.Get(name); !ok || !r.Alive() {
			log := c.logFile(name)
			return fmt.Errorf("%w\nlast lines of %s:\n%s", errEnded{name}, log, tail(log))
		}
	}
	return nil
}
