// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// profile starts to record where a process spends its CPU time, kernel included.
// `perf report -i FILE` shows it.
func profile(ctx context.Context, dir, name string, pid int, length time.Duration) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		fmt.Fprintln(os.Stderr, "profiling:", err)
		return
	}
	cmd := exec.CommandContext(ctx, "perf", "record", "-q", "-F", "999", "-g", "-p", strconv.Itoa(pid),
		"-o", filepath.Join(dir, name+".perf"), "--", "sleep", strconv.FormatFloat(length.Seconds()-0.5, 'f', 1, 64))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "profiling:", err)
		return
	}
	go func() {
		if err := cmd.Wait(); err != nil {
			fmt.Fprintln(os.Stderr, "profiling:", err)
		}
	}()
}
