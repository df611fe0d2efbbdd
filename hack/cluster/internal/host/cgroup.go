// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/layout"
)

const cgroup2Magic = 0x63677270

// Cgroups is the machine's cgroup file system.
type Cgroups struct {
	Root string
	V2   bool
}

// FindCgroups says what is mounted on /sys/fs/cgroup.
func FindCgroups() (Cgroups, error) {
	const root = "/sys/fs/cgroup"
	var st syscall.Statfs_t
	if err := syscall.Statfs(root, &st); err != nil {
		return Cgroups{}, fmt.Errorf("looking at %s: %w", root, err)
	}
	return Cgroups{Root: root, V2: uint64(st.Type) == cgroup2Magic}, nil
}

// hierarchies are the roots below which a node has a folder: one for version 2,
// one per controller for version 1. A version 2 tree mounted beside those of
// version 1 has no controllers, but runc makes its folders there too.
func (c Cgroups) hierarchies() ([]string, error) {
	if c.V2 {
		return []string{c.Root}, nil
	}
	entries, err := os.ReadDir(c.Root)
	if err != nil {
		return nil, fmt.Errorf("listing cgroup controllers: %w", err)
	}
	var roots []string
	for _, e := range entries {
		dir := filepath.Join(c.Root, e.Name())
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); e.IsDir() && err == nil {
			roots = append(roots, dir)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("no cgroup controller below %s", c.Root)
	}
	return roots, nil
}

// Ensure makes the node's cgroup under every controller.
func (c Cgroups) Ensure(node string) error {
	roots, err := c.hierarchies()
	if err != nil {
		return err
	}
	nodeShares := cpuShares * runtime.NumCPU()
	for _, root := range roots {
		parent := filepath.Join(root, layout.CgroupParent)
		for _, own := range []struct {
			dir    string
			shares int
		}{
			{parent, nodeShares * len(layout.Nodes())},
			{filepath.Join(parent, node), nodeShares},
		} {
			if err := os.MkdirAll(own.dir, 0o755); err != nil {
				return fmt.Errorf("making cgroup %s: %w", own.dir, err)
			}
			if err := c.open(filepath.Dir(own.dir), own.dir); err != nil {
				return err
			}
			if err := c.weigh(own.dir, own.shares); err != nil {
				return err
			}
		}
	}
	return nil
}

// cpuShares is the weight of one processor. As on any node, what the pods of a
// node may claim weighs as much as the processors they are told of: with the
// default, all pods together would get what one busy process of the machine
// gets.
const cpuShares = 1024

// weigh sets how much processor time the cgroup gets beside its siblings.
func (c Cgroups) weigh(dir string, shares int) error {
	file, value := "cpu.shares", shares
	if c.V2 {
		// The kubelet's own conversion of shares to weights.
		file, value = "cpu.weight", 1+(shares-2)*9999/262142
	}
	path := filepath.Join(dir, file)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil // not the cpu controller
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(value)), 0o644); err != nil {
		return fmt.Errorf("setting %s of %s: %w", file, dir, err)
	}
	return nil
}

// open lets dir use what its parent has: version 2 hands controllers down,
// version 1 starts with empty processor sets.
func (c Cgroups) open(parent, dir string) error {
	if c.V2 {
		return delegate(parent)
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		own, err := os.ReadFile(filepath.Join(dir, file))
		if errors.Is(err, fs.ErrNotExist) {
			return nil // not the cpuset controller
		}
		if err != nil {
			return fmt.Errorf("reading %s of %s: %w", file, dir, err)
		}
		if strings.TrimSpace(string(own)) != "" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(parent, file))
		if err != nil {
			return fmt.Errorf("reading %s of %s: %w", file, parent, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o644); err != nil {
			return fmt.Errorf("setting %s of %s: %w", file, dir, err)
		}
	}
	return nil
}

// delegate hands every controller of a version 2 cgroup down to its children.
func delegate(parent string) error {
	have, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("reading the controllers of %s: %w", parent, err)
	}
	given, err := os.ReadFile(filepath.Join(parent, "cgroup.subtree_control"))
	if err != nil {
		return fmt.Errorf("reading the controllers that %s hands down: %w", parent, err)
	}
	add := missingControllers(string(have), string(given))
	if add == "" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte(add), 0o644); err != nil {
		return fmt.Errorf("handing controllers (%s) down from %s: %w", add, parent, err)
	}
	return nil
}

// missingControllers renders what to write into cgroup.subtree_control.
func missingControllers(have, given string) string {
	var add []string
	for _, name := range strings.Fields(have) {
		if !slices.Contains(strings.Fields(given), name) {
			add = append(add, "+"+name)
		}
	}
	return strings.Join(add, " ")
}

// folders lists the cluster's cgroups, deepest first.
func (c Cgroups) folders() ([]string, error) {
	roots, err := c.hierarchies()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, root := range roots {
		err := filepath.WalkDir(filepath.Join(root, layout.CgroupParent), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // gone, or never made
			}
			if err == nil && d.IsDir() {
				dirs = append(dirs, path)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("listing cgroups: %w", err)
		}
	}
	slices.Reverse(dirs) // parents come before children in a walk
	return dirs, nil
}

// KillAll ends every process in the cluster's cgroups, waiting at most limit.
func (c Cgroups) KillAll(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		pids, err := c.processes()
		if err != nil || len(pids) == 0 {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v in the cluster's cgroups do not end", pids)
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (c Cgroups) processes() ([]int, error) {
	dirs, err := c.folders()
	if err != nil {
		return nil, err
	}
	seen := map[int]bool{}
	var pids []int
	for _, dir := range dirs {
		text, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil {
			continue // removed since it was listed
		}
		for _, f := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(f)
			if err == nil && pid > 1 && !seen[pid] {
				seen[pid] = true
				pids = append(pids, pid)
			}
		}
	}
	return pids, nil
}

// Remove removes the cluster's cgroups, which must be without processes, and
// returns those that stay.
func (c Cgroups) Remove(limit time.Duration) (left []string, err error) {
	deadline := time.Now().Add(limit)
	for {
		dirs, err := c.folders()
		if err != nil || len(dirs) == 0 {
			return nil, err
		}
		for _, dir := range dirs {
			_ = os.Remove(dir) // a busy one is tried again until the deadline
		}
		if left, err = c.folders(); err != nil || len(left) == 0 || time.Now().After(deadline) {
			return left, err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
