// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gamesession.dev/operator/shard/plant"
)

// plantEnv names the bug that is planted, to this program (the operator is part
// of it) and to shards.
const plantEnv = "GAMESESSION_PLANT"

// runPlants plants one bug after the other. For each, this very program is
// built with the tag plant and plays its random histories until it sees an
// anomaly; nothing but the name of the bug, in its environment, is different.
func runPlants(ctx context.Context, f flags) error {
	dir, err := os.MkdirTemp("", "gsr-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "robust")
	if out, err := exec.CommandContext(ctx, "go", "build", "-tags", "plant", "-o", program, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("building with planted bugs: %w\n%s", err, out)
	}
	if f.shard, err = build(ctx, dir, true); err != nil {
		return err
	}
	bugs := plant.Bugs()
	if f.plant != "" {
		bugs = []plant.Bug{plant.Bug(f.plant)}
	}
	var needed []int
	for i, bug := range bugs {
		begun := time.Now()
		n, why, err := catch(ctx, f, program, bug, f.seed+uint64(i))
		switch {
		case err != nil:
			return err
		case n == 0:
			fmt.Printf("%-24s not caught in %d histories (%s)\n", bug, f.budget, time.Since(begun).Round(time.Second))
		default:
			needed = append(needed, n)
			fmt.Printf("%-24s caught in history %d (%s): %s\n", bug, n, time.Since(begun).Round(time.Second), why)
		}
	}
	slices.Sort(needed)
	median := 0
	if len(needed) > 0 {
		median = needed[len(needed)/2]
	}
	fmt.Printf("planted=%d caught=%d (median %d histories) seed=%d\n", len(bugs), len(needed), median, f.seed)
	if len(needed) < len(bugs) {
		return fmt.Errorf("%d planted bugs were not caught", len(bugs)-len(needed))
	}
	return nil
}

// catch plays until the bug is seen, at most as many histories as the budget
// allows. It returns how many it took, 0 if it was not seen, and the first
// anomaly.
func catch(ctx context.Context, f flags, program string, bug plant.Bug, seed uint64) (n int, why string, err error) {
	cmd := exec.CommandContext(ctx, program, "-plant", string(bug), "-shard", f.shard, "-until-anomaly", "-histories", strconv.Itoa(f.budget),
		"-parallel", strconv.Itoa(f.parallel), "-seed", strconv.FormatUint(seed, 10), "-dist", filepath.Join(f.dist, "planted", string(bug)))
	cmd.Env = append(os.Environ(), plantEnv+"="+string(bug))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, failed := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return 0, "", ctx.Err()
	}
	if _, exited := failed.(*exec.ExitError); failed != nil && !exited { //nolint:errorlint // it is returned as it is
		return 0, "", fmt.Errorf("running with %s: %w", bug, failed)
	}
	lines := strings.Split(string(out), "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "anomalies\n") || strings.HasSuffix(l, " anomalies") })
	last := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "histories=") })
	if last < 0 {
		return 0, "", fmt.Errorf("running with %s: there is no summary:\n%s", bug, out)
	}
	if at < 0 || at+1 >= len(lines) {
		return 0, "", nil
	}
	if _, err := fmt.Sscanf(lines[last], "histories=%d", &n); err != nil {
		return 0, "", fmt.Errorf("running with %s: %w", bug, err)
	}
	return n, strings.TrimSpace(lines[at+1]), nil
}
