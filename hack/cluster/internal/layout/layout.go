// SPDX-License-Identifier: Apache-2.0

// Package layout says where everything of the cluster is: addresses, ports and
// the paths below the state folder. It reads nothing but the environment.
package layout

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Names and addresses of the cluster. The nodes share the machine, so they
// differ by address and port; each has a pod range of its own.
const (
	Bridge        = "gamesession0"
	APIServerIP   = "10.244.0.1"
	APIServerPort = 6443
	PodCIDR       = "10.244.0.0/16"
	ServiceCIDR   = "10.96.0.0/16"
	KubernetesIP  = "10.96.0.1"
	DNSAddress    = APIServerIP
	Domain        = "cluster.local"
	CgroupParent  = "gamesession"
	PauseImage    = "docker.io/gamesession/pause:1"
	EtcdClientURL = "http://127.0.0.1:23790"
	EtcdPeerURL   = "http://127.0.0.1:23800"
)

// maxDir bounds the length of the state folder: containerd refuses a folder of
// shim sockets longer than 42 bytes, and "/node1/s" is 8 of them.
const maxDir = 34

// Node is one of the two nodes.
type Node struct {
	Name        string
	IP          string // on the bridge; the node's InternalIP
	PodSubnet   string
	PodFirstIP  string
	Gateway     string // what the pods of this node see as their router
	KubeletPort int
	HealthzPort int
}

// Nodes returns the two nodes in order.
func Nodes() []Node {
	return []Node{
		{Name: "node1", IP: "10.244.0.1", PodSubnet: "10.244.1.0/24", PodFirstIP: "10.244.1.10", Gateway: "10.244.1.1", KubeletPort: 10250, HealthzPort: 10248},
		{Name: "node2", IP: "10.244.0.2", PodSubnet: "10.244.2.0/24", PodFirstIP: "10.244.2.10", Gateway: "10.244.2.1", KubeletPort: 10260, HealthzPort: 10258},
	}
}

// Cluster holds the two roots that every other path is below.
type Cluster struct {
	Dir string // state; removed by down
	Bin string // the built programs; never removed
}

// DefaultDir is the state folder when GAMESESSION_CLUSTER_DIR is not set.
const DefaultDir = "/var/lib/gamesession-cluster"

// StateDir returns the state folder that the environment asks for. It is an
// error if the folder is not absolute, not clean, or too long for sockets.
func StateDir() (string, error) {
	dir := os.Getenv("GAMESESSION_CLUSTER_DIR")
	if dir == "" {
		return DefaultDir, nil
	}
	return dir, CheckDir(dir)
}

// CheckDir says whether dir can serve as the state folder, which down removes
// as a whole: it must be at least two levels deep.
func CheckDir(dir string) error {
	switch {
	case !filepath.IsAbs(dir) || filepath.Clean(dir) != dir:
		return fmt.Errorf("GAMESESSION_CLUSTER_DIR=%q is not a clean absolute path", dir)
	case filepath.Dir(dir) == "/":
		return errors.New("GAMESESSION_CLUSTER_DIR must be at least two levels deep: it is removed as a whole")
	case len(dir) > maxDir:
		return fmt.Errorf("GAMESESSION_CLUSTER_DIR is %d bytes long, over the %d that unix sockets leave", len(dir), maxDir)
	}
	return nil
}

// Program returns the path of a built program.
func (c Cluster) Program(name string) string { return filepath.Join(c.Bin, name) }

// Kubeconfig is the administrator's kubeconfig.
func (c Cluster) Kubeconfig() string { return filepath.Join(c.Dir, "kubeconfig") }

// PKI is the folder of keys, certificates and the components' kubeconfigs.
func (c Cluster) PKI() string { return filepath.Join(c.Dir, "pki") }

// Logs is the folder with one log per process.
func (c Cluster) Logs() string { return filepath.Join(c.Dir, "logs") }

// Run is the folder of the process records.
func (c Cluster) Run() string { return filepath.Join(c.Dir, "run") }

// Path returns a path below the state folder.
func (c Cluster) Path(elem ...string) string {
	return filepath.Join(append([]string{c.Dir}, elem...)...)
}

// NodePath returns a path below the node's own folder.
func (c Cluster) NodePath(n Node, elem ...string) string {
	return filepath.Join(append([]string{c.Dir, n.Name}, elem...)...)
}

// ContainerdSocket is the absolute path of the node's containerd socket.
func (c Cluster) ContainerdSocket(n Node) string { return c.NodePath(n, "containerd.sock") }
