// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Tools are the paths of the programs that the cluster takes from the machine.
type Tools struct {
	Runc   string
	IP     string
	NFT    string
	CNIBin string // folder of the CNI plugins
}

// need is a program of the machine and the Debian package that has it.
type need struct{ program, pkg string }

var needs = []need{
	{"runc", "runc"},
	{"ip", "iproute2"},
	{"nft", "nftables"},
	{"iptables", "iptables"},
	{"redis-server", "redis-server"},
}

const cniPackage = "containernetworking-plugins"

// cniDirs are where distributions put the CNI plugins.
var cniDirs = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}

// programDirs are searched beside PATH, which lacks sbin for some users.
var programDirs = []string{"/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"}

// Which returns the absolute path of a program of the machine, or "".
func Which(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range programDirs {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

func cniDir() string {
	for _, dir := range cniDirs {
		if _, err := os.Stat(filepath.Join(dir, "ptp")); err == nil {
			return dir
		}
	}
	return ""
}

// missingPackages returns the packages whose programs are not found.
func missingPackages(which func(string) string, cni string) []string {
	var missing []string
	for _, n := range needs {
		if which(n.program) == "" {
			missing = append(missing, n.pkg)
		}
	}
	if cni == "" {
		missing = append(missing, cniPackage)
	}
	slices.Sort(missing)
	return missing
}

// FindTools returns the machine's programs, or an error naming what is missing.
func FindTools() (Tools, error) {
	if missing := missingPackages(Which, cniDir()); len(missing) > 0 {
		return Tools{}, fmt.Errorf("the machine lacks the programs of these packages: %s", strings.Join(missing, " "))
	}
	return Tools{Runc: Which("runc"), IP: Which("ip"), NFT: Which("nft"), CNIBin: cniDir()}, nil
}

// InstallPackages installs what is missing with apt-get, and starts no service.
// It returns what it installed.
func InstallPackages(ctx context.Context) ([]string, error) {
	missing := missingPackages(Which, cniDir())
	if len(missing) == 0 {
		return nil, nil
	}
	if Which("apt-get") == "" {
		return nil, fmt.Errorf("no apt-get here: install the equivalents of Debian's %s", strings.Join(missing, " "))
	}
	allow, err := forbidServices()
	if err != nil {
		return nil, err
	}
	defer allow()
	const slow = 10 * time.Minute
	apt := []string{"env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"}
	if _, err := Run(ctx, slow, append(slices.Clone(apt), "update")...); err != nil {
		return nil, err
	}
	args := append(slices.Clone(apt), "install", "-y", "--no-install-recommends")
	if _, err := Run(ctx, slow, append(args, missing...)...); err != nil {
		return nil, err
	}
	return missing, nil
}

// forbidServices keeps package scripts from starting services until the
// returned function is called. A policy that the machine has is kept.
func forbidServices() (allow func(), err error) {
	const policy = "/usr/sbin/policy-rc.d"
	f, err := os.OpenFile(policy, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if errors.Is(err, fs.ErrExist) {
		return func() {}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("forbidding service starts: %w", err)
	}
	_, writeErr := f.WriteString("#!/bin/sh\nexit 101\n")
	if err := errors.Join(writeErr, f.Close()); err != nil {
		_ = os.Remove(policy)
		return nil, fmt.Errorf("forbidding service starts: %w", err)
	}
	return func() { _ = os.Remove(policy) }, nil
}
