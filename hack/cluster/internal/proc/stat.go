// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Stat is what the kernel says of one process.
type Stat struct {
	State byte   // 'R', 'S', ... 'Z' for a zombie
	Start uint64 // clock ticks since boot: with the pid it names the process
}

// Ended says whether the process can no longer run.
func (s Stat) Ended() bool { return s.State == 'Z' || s.State == 'X' }

// ParseStat reads the text of /proc/PID/stat. The command name may hold any
// byte, so fields are counted from the last parenthesis.
func ParseStat(text string) (Stat, error) {
	end := strings.LastIndexByte(text, ')')
	if end < 0 {
		return Stat{}, errors.New("no command name in process status")
	}
	fields := strings.Fields(text[end+1:])
	const startField = 19 // field 22 of the line; the state is field 3
	if len(fields) <= startField {
		return Stat{}, fmt.Errorf("process status has only %d fields", len(fields))
	}
	start, err := strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return Stat{}, fmt.Errorf("reading start time: %w", err)
	}
	return Stat{State: fields[0][0], Start: start}, nil
}

// readStat returns os.ErrNotExist (wrapped) if there is no such process.
func readStat(pid int) (Stat, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return Stat{}, err
	}
	return ParseStat(string(text))
}

// Args splits the text of /proc/PID/cmdline.
func Args(cmdline []byte) []string {
	cmdline = bytes.TrimRight(cmdline, "\x00")
	if len(cmdline) == 0 {
		return nil
	}
	return strings.Split(string(cmdline), "\x00")
}

// Belongs says whether a command line is one of the cluster in dir: its program
// has one of the given names and an argument points below dir.
func Belongs(args []string, dir string, programs []string) bool {
	if len(args) == 0 {
		return false
	}
	known := false
	for _, p := range programs {
		known = known || filepath.Base(args[0]) == p
	}
	if !known {
		return false
	}
	for _, a := range args[1:] {
		if _, value, ok := strings.Cut(a, "="); ok {
			a = value
		}
		a = strings.TrimPrefix(a, "unix://")
		if strings.HasPrefix(a, dir+"/") {
			return true
		}
	}
	return false
}

// Running says whether a process with this pid runs.
func Running(pid int) bool {
	st, err := readStat(pid)
	return err == nil && !st.Ended()
}

// Strays returns the pids of all running processes of the cluster in dir,
// recorded or not.
func Strays(dir string, programs []string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("listing processes: %w", err)
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		cmdline, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil || !Belongs(Args(cmdline), dir, programs) {
			continue
		}
		if Running(pid) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
