// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"encoding/json"
	"strings"
	"testing"

	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/proc"
)

var cluster = layout.Cluster{Dir: "/var/lib/c", Bin: "/cache/bin"}

// Every command line must point into the state folder: that is how a process
// whose record was lost is recognised and stopped.
func TestCommandLinesNameTheStateFolder(t *testing.T) {
	for name, args := range map[string][]string{
		"etcd":                    EtcdArgs(cluster),
		"kube-apiserver":          APIServerArgs(cluster),
		"kube-controller-manager": ControllerManagerArgs(cluster),
		"kube-scheduler":          SchedulerArgs(cluster),
		"kube-proxy":              KubeProxyArgs(cluster),
		"coredns":                 CoreDNSArgs(cluster),
	} {
		t.Run(name, func(t *testing.T) {
			if args[0] != "/cache/bin/"+name {
				t.Errorf("program = %s", args[0])
			}
			if !proc.Belongs(args, cluster.Dir, []string{name}) {
				t.Errorf("no argument points below %s: %q", cluster.Dir, args)
			}
		})
	}
}

func TestKubeconfig(t *testing.T) {
	text, err := Kubeconfig("admin", []byte("ca"), []byte("cert"), []byte("key"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CA     []byte `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Key []byte `json:"client-key-data"`
			} `json:"user"`
		} `json:"users"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Clusters[0].Cluster.Server != "https://10.244.0.1:6443" || string(got.Clusters[0].Cluster.CA) != "ca" || string(got.Users[0].User.Key) != "key" {
		t.Errorf("kubeconfig = %s", text)
	}
}

func TestIdentitiesHaveDistinctFiles(t *testing.T) {
	seen := map[string]bool{}
	for _, id := range Identities() {
		if seen[id.File] {
			t.Errorf("two identities are kept in %s", id.File)
		}
		seen[id.File] = true
	}
	for _, n := range layout.Nodes() {
		if !seen[n.Name] {
			t.Errorf("no identity for %s", n.Name)
		}
	}
}

func TestCorefileAnswersOnTheBridge(t *testing.T) {
	text := Corefile(cluster)
	for _, want := range []string{"bind 10.244.0.1", "kubernetes cluster.local", "kubeconfig /var/lib/c/pki/coredns.kubeconfig"} {
		if !strings.Contains(text, want) {
			t.Errorf("Corefile lacks %q:\n%s", want, text)
		}
	}
}
