// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/proc"
)

// Cluster is the cluster of one state folder. Its methods need root and are for
// one caller at a time (host.Lock).
type Cluster struct {
	layout.Cluster
	out   io.Writer
	table proc.Table
	begin time.Time
}

// New returns the cluster in dir with the programs in bin; progress goes to out.
func New(dir, bin string, out io.Writer) *Cluster {
	l := layout.Cluster{Dir: dir, Bin: bin}
	return &Cluster{Cluster: l, out: out, table: proc.Table{Dir: l.Run()}, begin: time.Now()}
}

// programs are the long-lived programs whose processes can be the cluster's.
var programs = []string{
	"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler",
	"kube-proxy", "coredns", "kubelet", "containerd",
}

// shim keeps a pod's containers; containerd starts it, so it has no record.
const shim = "containerd-shim-runc-v2"

// step is one part of a start or stop.
type step struct {
	name string
	do   func(context.Context) error
}

// run does the steps in order and says how long each took.
func (c *Cluster) run(ctx context.Context, steps []step) error {
	for _, s := range steps {
		start := time.Now()
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Fprintf(c.out, "[%6.1fs] %-28s %5.1fs\n", time.Since(c.begin).Seconds(), s.name, time.Since(start).Seconds())
	}
	return nil
}

// kubectl runs kubectl as the administrator, without the user's proxies.
func (c *Cluster) kubectl(ctx context.Context, args ...string) (string, error) {
	argv := append([]string{"env", "-i"}, proc.Environment()...)
	argv = append(argv, c.Program("kubectl"), "--kubeconfig="+c.Kubeconfig(), "--request-timeout=15s")
	return host.Run(ctx, 30*time.Second, append(argv, args...)...)
}

// write puts a file in place as a whole, making its folder.
func write(path string, text []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("making the folder of %s: %w", path, err)
	}
	if err := os.WriteFile(path+".tmp", text, mode); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
