// SPDX-License-Identifier: Apache-2.0

package node

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/proc"
)

var cluster = layout.Cluster{Dir: "/var/lib/c", Bin: "/cache/bin"}

func TestContainerdKeepsEverythingBelowItsNode(t *testing.T) {
	for _, n := range layout.Nodes() {
		text, err := ContainerdConfig(cluster, n, Tools{Runc: "/usr/sbin/runc", CNIBin: "/usr/lib/cni"})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"root", "state", "address", "conf_dir", "Root", "socket_dir", "path"} {
			want := key + ` = "/var/lib/c/` + n.Name + "/"
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no line with %s", n.Name, want)
			}
		}
		const maxSocketDir = 42 // containerd refuses more
		if dir := (layout.Cluster{Dir: layout.DefaultDir}).NodePath(n, "s"); len(dir) > maxSocketDir {
			t.Errorf("%s is longer than %d bytes", dir, maxSocketDir)
		}
	}
}

func TestNodesDoNotOverlap(t *testing.T) {
	nodes := layout.Nodes()
	a, b := nodes[0], nodes[1]
	if a.Name == b.Name || a.IP == b.IP || a.KubeletPort == b.KubeletPort || a.HealthzPort == b.HealthzPort {
		t.Errorf("nodes share a name, address or port: %+v %+v", a, b)
	}
	if netip.MustParsePrefix(a.PodSubnet).Overlaps(netip.MustParsePrefix(b.PodSubnet)) {
		t.Errorf("pod ranges overlap: %s %s", a.PodSubnet, b.PodSubnet)
	}
	for _, n := range nodes {
		subnet := netip.MustParsePrefix(n.PodSubnet)
		for _, ip := range []string{n.PodFirstIP, n.Gateway} {
			if !subnet.Contains(netip.MustParseAddr(ip)) {
				t.Errorf("%s is outside of %s", ip, n.PodSubnet)
			}
		}
		if !netip.MustParsePrefix(layout.PodCIDR).Contains(netip.MustParseAddr(n.IP)) || subnet.Contains(netip.MustParseAddr(n.IP)) {
			t.Errorf("%s must be inside of %s and outside of %s", n.IP, layout.PodCIDR, n.PodSubnet)
		}
	}
}

func TestRenderedJSON(t *testing.T) {
	n := layout.Nodes()[1]
	kubelet, err := KubeletConfig(cluster, n, "/etc/resolv.conf")
	if err != nil {
		t.Fatal(err)
	}
	network, err := NetworkConfig(cluster, n)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"kubelet": kubelet, "network": network} {
		var got map[string]any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(string(kubelet), `"cgroupRoot": "/gamesession/node2"`) {
		t.Errorf("kubelet configuration names another cgroup:\n%s", kubelet)
	}
}

func TestCommandLinesNameTheStateFolder(t *testing.T) {
	for _, n := range layout.Nodes() {
		if args := KubeletArgs(cluster, n); !proc.Belongs(args, cluster.Dir, []string{"kubelet"}) {
			t.Errorf("kubelet: %q", args)
		}
		if args := ContainerdArgs(cluster, n); !proc.Belongs(args, cluster.Dir, []string{"containerd"}) {
			t.Errorf("containerd: %q", args)
		}
	}
}
