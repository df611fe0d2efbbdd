// SPDX-License-Identifier: Apache-2.0

package host

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMissingPackages(t *testing.T) {
	for name, tc := range map[string]struct {
		have []string
		cni  string
		want []string
	}{
		"all there": {have: []string{"runc", "ip", "nft", "iptables", "redis-server"}, cni: "/usr/lib/cni"},
		"some":      {have: []string{"runc", "ip", "redis-server"}, cni: "/usr/lib/cni", want: []string{"iptables", "nftables"}},
		"none":      {want: []string{"containernetworking-plugins", "iproute2", "iptables", "nftables", "redis-server", "runc"}},
	} {
		t.Run(name, func(t *testing.T) {
			which := func(p string) string {
				for _, h := range tc.have {
					if h == p {
						return "/usr/sbin/" + p
					}
				}
				return ""
			}
			if diff := cmp.Diff(tc.want, missingPackages(which, tc.cni)); diff != "" {
				t.Errorf("missingPackages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseMounts(t *testing.T) {
	const table = `22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:5 / /var/lib/c/node1/a rw shared:1 - tmpfs tmpfs rw
31 22 0:5 / /var/lib/c/node1/with\040space rw - tmpfs tmpfs rw
32 22 0:5 / /var/lib/cc/other rw - tmpfs tmpfs rw
`
	want := []string{"/var/lib/c/node1/with space", "/var/lib/c/node1/a"}
	if diff := cmp.Diff(want, parseMounts(table, "/var/lib/c")); diff != "" {
		t.Errorf("parseMounts (-want +got):\n%s", diff)
	}
}

func TestParseTables(t *testing.T) {
	got := parseTables("table ip kube-proxy\ntable ip6 kube-proxy\ntable inet filter\ntable ip gamesession\n")
	if diff := cmp.Diff([]string{"ip kube-proxy", "ip6 kube-proxy", "ip gamesession"}, got); diff != "" {
		t.Errorf("parseTables (-want +got):\n%s", diff)
	}
}

func TestHairpinRulesNameEveryPodAddress(t *testing.T) {
	rules, err := HairpinRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"10.244.1.10 . 10.244.1.10,", "10.244.2.255 . 10.244.2.255 }"} {
		if !strings.Contains(rules, want) {
			t.Errorf("rules lack %q", want)
		}
	}
	if strings.Contains(rules, "10.244.3.") {
		t.Error("rules name an address outside of the nodes' ranges")
	}
}

func TestRemoveCNIResults(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"gamesession-node1-abc-eth0", "cni-loopback-abc-lo", "cni-loopback-def-lo", "other-node1-def-eth0"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := RemoveCNIResults(folder, "gamesession-node1"); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(folder, "cni-loopback-def-lo"), filepath.Join(folder, "other-node1-def-eth0")}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
}

func TestMissingControllers(t *testing.T) {
	if got := missingControllers("cpuset cpu io memory pids\n", "cpu memory\n"); got != "+cpuset +io +pids" {
		t.Errorf("missingControllers = %q", got)
	}
	if got := missingControllers("cpu", "cpu"); got != "" {
		t.Errorf("missingControllers with nothing missing = %q", got)
	}
}

func TestSettingsAreRestored(t *testing.T) {
	root, file := t.TempDir(), filepath.Join(t.TempDir(), "saved.json")
	set := func(value string) {
		t.Helper()
		path := filepath.Join(root, "net/ipv4/ip_forward")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(value), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set("0\n")
	if err := saveSettings(root, file); err != nil {
		t.Fatal(err)
	}
	set("1\n")
	if err := saveSettings(root, file); err != nil { // a second start must not save what the first one set
		t.Fatal(err)
	}
	if err := restoreSettings(root, file); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(root, "net/ipv4/ip_forward"))
	if err != nil || string(got) != "0" {
		t.Errorf("restored value = %q, %v; want 0", got, err)
	}
	if err := restoreSettings(root, filepath.Join(t.TempDir(), "none")); err != nil {
		t.Errorf("restoring without saved values = %v", err)
	}
}

// fakeV1 is a cgroup version 1 tree with two controllers.
func fakeV1(t *testing.T) Cgroups {
	t.Helper()
	root := t.TempDir()
	for _, controller := range []string{"memory", "pids"} {
		if err := os.MkdirAll(filepath.Join(root, controller), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, controller, "cgroup.procs"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Cgroups{Root: root}
}

func TestCgroupsV1(t *testing.T) {
	cg := fakeV1(t)
	for range 2 { // the second time changes nothing
		if err := cg.Ensure("node1"); err != nil {
			t.Fatal(err)
		}
	}
	for _, controller := range []string{"memory", "pids"} {
		if _, err := os.Stat(filepath.Join(cg.Root, controller, "gamesession", "node1")); err != nil {
			t.Errorf("%s: %v", controller, err)
		}
	}
	left, err := cg.Remove(time.Second)
	if err != nil || len(left) != 0 {
		t.Errorf("Remove = %v left, %v", left, err)
	}
	if left, err = cg.Remove(time.Second); err != nil || len(left) != 0 {
		t.Errorf("second Remove = %v left, %v", left, err)
	}
}

func TestCgroupsV2HandControllersDown(t *testing.T) {
	root := t.TempDir()
	parent := filepath.Join(root, "gamesession")
	for _, dir := range []string{root, parent} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{"cgroup.controllers": "cpu memory", "cgroup.subtree_control": ""} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := (Cgroups{Root: root, V2: true}).Ensure("node1"); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{root, parent} {
		got, err := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control"))
		if err != nil || string(got) != "+cpu +memory" {
			t.Errorf("%s: subtree_control = %q, %v", dir, got, err)
		}
	}
}

// TestCgroupsWeighAsTheirProcessors proves that the pods of the nodes together
// weigh more than one process of the machine.
func TestCgroupsWeighAsTheirProcessors(t *testing.T) {
	perNode := 1024 * runtime.NumCPU()
	tests := map[string]struct {
		v2               bool
		file, node, both string
	}{
		"version 1": {file: "cpu.shares", node: strconv.Itoa(perNode), both: strconv.Itoa(2 * perNode)},
		"version 2": {v2: true, file: "cpu.weight",
			node: strconv.Itoa(1 + (perNode-2)*9999/262142), both: strconv.Itoa(1 + (2*perNode-2)*9999/262142)},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			cg := Cgroups{Root: dir, V2: tc.v2}
			for shares, want := range map[int]string{perNode: tc.node, 2 * perNode: tc.both} {
				if err := os.WriteFile(filepath.Join(dir, tc.file), []byte("1"), 0o644); err != nil {
					t.Fatal(err)
				}
				if err := cg.weigh(dir, shares); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(filepath.Join(dir, tc.file)); err != nil || string(got) != want {
					t.Errorf("%s = %q, %v, want %s", tc.file, got, err, want)
				}
			}
		})
	}
}
