// SPDX-License-Identifier: Apache-2.0

package build

import (
	"fmt"
	"slices"
)

// Version is the Kubernetes release that the pins hold.
const Version = "v1.37.2"

const (
	versionPkg = "k8s.io/component-base/version"
	kubeFlags  = "-s -w" +
		" -X " + versionPkg + ".gitVersion=" + Version +
		" -X " + versionPkg + ".gitMajor=1" +
		" -X " + versionPkg + ".gitMinor=37" +
		" -X " + versionPkg + ".gitTreeState=clean"
	plainFlags     = "-s -w"
	containerdPkg  = "github.com/containerd/containerd/v2/cmd/"
	containerdTags = "no_btrfs,no_devmapper,no_zfs"
)

// Program is one binary to build.
type Program struct {
	Name    string
	Module  string // folder with the go.mod that pins it
	Package string
	LDFlags string
	Tags    string
}

// Args are the arguments of the go command that builds p to out.
func (p Program) Args(out string) []string {
	args := []string{"build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", p.LDFlags, "-o", out}
	if p.Tags != "" {
		args = append(args, "-tags", p.Tags)
	}
	return append(args, p.Package)
}

func kube(name string) Program {
	return Program{Name: name, Module: "kubernetes", Package: "k8s.io/kubernetes/cmd/" + name, LDFlags: kubeFlags}
}

func containerd(name string) Program {
	return Program{Name: name, Module: "containerd", Package: containerdPkg + name, LDFlags: plainFlags, Tags: containerdTags}
}

// Programs returns all programs in build order: first what envtest waits for.
func Programs() []Program {
	return []Program{
		{Name: "etcd", Module: "kubernetes", Package: "go.etcd.io/etcd/server/v3", LDFlags: kubeFlags},
		kube("kube-apiserver"),
		kube("kubectl"),
		kube("kube-controller-manager"),
		kube("kube-scheduler"),
		kube("kubelet"),
		kube("kube-proxy"),
		containerd("containerd"),
		containerd("containerd-shim-runc-v2"),
		containerd("ctr"),
		{Name: "coredns", Module: "coredns", Package: ".", LDFlags: plainFlags},
		{Name: "pause", Module: ".", Package: "./pause", LDFlags: plainFlags},
	}
}

// Select returns the programs of a set: "" for all, "envtest" for what
// controller-runtime's envtest starts.
func Select(set string) ([]Program, error) {
	switch set {
	case "":
		return Programs(), nil
	case "envtest":
		return slices.DeleteFunc(Programs(), func(p Program) bool {
			return !slices.Contains([]string{"etcd", "kube-apiserver", "kubectl"}, p.Name)
		}), nil
	}
	return nil, fmt.Errorf("unknown set of programs %q: it is envtest, or nothing for all", set)
}
