// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gamesession.dev/operator/shard/plant"
)

// plantEnv names the bug that is planted, to this program (the operator is part
// of it) and to shards.
const plantEnv = "GAMESESSION_PLANT"

// runPlants plants every bug, each in a run of its own, some at a time. This very
// program is built with the tag plant and plays its random histories until it
// sees an anomaly; nothing but the name of the bug, in its environment, differs.
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
	results := make([]caught, len(bugs))
	todo := make(chan int)
	var workers sync.WaitGroup
	for range max(1, f.parallel/eachParallel) {
		workers.Go(func() {
			for i := range todo {
				results[i] = catch(ctx, f, program, bugs[i], f.seed+uint64(i))
				fmt.Printf("%-24s %s\n", bugs[i], results[i])
			}
		})
	}
	for i := range bugs {
		todo <- i
	}
	close(todo)
	workers.Wait()
	return tally(results, f.seed)
}

// caught is what came of one planted bug.
type caught struct {
	// histories is how many it took; 0 if it was not seen.
	histories, played int
	why               string // the first anomaly
	took              time.Duration
	err               error
}

func (c caught) String() string {
	switch {
	case c.err != nil:
		return c.err.Error()
	case c.histories == 0:
		return fmt.Sprintf("not caught in %d histories (%s)", c.played, c.took.Round(time.Second))
	}
	return fmt.Sprintf("caught in history %d (%s): %s", c.histories, c.took.Round(time.Second), c.why)
}

// tally prints how many were caught; the error says that some were not.
func tally(results []caught, seed uint64) error {
	var needed []int
	var errs []error
	for _, r := range results {
		if r.histories > 0 {
			needed = append(needed, r.histories)
		}
		errs = append(errs, r.err)
	}
	slices.Sort(needed)
	median := 0
	if len(needed) > 0 {
		median = needed[len(needed)/2]
	}
	fmt.Printf("planted=%d caught=%d (median %d histories) seed=%d\n", len(results), len(needed), median, seed)
	if missed := len(results) - len(needed); missed > 0 {
		errs = append(errs, fmt.Errorf("%d planted bugs were not caught", missed))
	}
	return errors.Join(errs...)
}

// eachParallel is how many histories of one bug are played at a time.
const eachParallel = 2

// catch plays until the bug is seen, at most as many histories as the budget
// allows.
func catch(ctx context.Context, f flags, program string, bug plant.Bug, seed uint64) (c caught) {
	begun := time.Now()
	defer func() { c.took = time.Since(begun) }()
	cmd := exec.CommandContext(ctx, program, "-plant", string(bug), "-shard", f.shard, "-until-anomaly", "-histories", strconv.Itoa(f.budget),
		"-parallel", strconv.Itoa(eachParallel), "-seed", strconv.FormatUint(seed, 10), "-dist", filepath.Join(f.dist, "planted", string(bug)))
	cmd.Env = append(os.Environ(), plantEnv+"="+string(bug))
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, failed := cmd.CombinedOutput()
	if _, exited := failed.(*exec.ExitError); failed != nil && !exited { //nolint:errorlint // it is returned as it is
		return caught{err: fmt.Errorf("running with %s: %w", bug, failed)}
	}
	lines := strings.Split(string(out), "\n")
	last := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "histories=") })
	if last < 0 {
		return caught{err: fmt.Errorf("running with %s: there is no summary:\n%s", bug, out)}
	}
	if _, err := fmt.Sscanf(lines[last], "histories=%d", &c.played); err != nil {
		return caught{err: fmt.Errorf("running with %s: %w", bug, err)}
	}
	at := slices.IndexFunc(lines, func(l string) bool { return strings.HasSuffix(l, " anomalies") })
	if at >= 0 && at+1 < len(lines) {
		c.histories, c.why = c.played, strings.TrimSpace(lines[at+1])
	}
	return c
}
