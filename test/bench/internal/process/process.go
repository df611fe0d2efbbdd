// SPDX-License-Identifier: Apache-2.0

// Package process starts the servers under test and reads what they use.
package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"gamesession.dev/operator/test/child"
)

// tick is the unit of CPU times in /proc: USER_HZ, which is 100 on every Linux
// architecture that Go runs on.
const tick = 10 * time.Millisecond

// Process is a server that runs.
type Process struct {
	cmd    *exec.Cmd
	log    *os.File
	exited chan struct{}
}

// Start starts a program; what it prints goes to a file.
func Start(logFile string, cmd *exec.Cmd) (*Process, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	cmd.Stdout, cmd.Stderr = log, log
	exited, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return &Process{cmd: cmd, log: log, exited: exited}, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Log returns the end of what the process printed.
func (p *Process) Log() string {
	text, _ := os.ReadFile(p.log.Name())
	return string(text[max(0, len(text)-2000):])
}

// Kill ends the process.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.exited
	_ = p.log.Close()
}

// CPU returns the CPU time that a process has used, in user and kernel mode.
func CPU(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("reading CPU time: %w", err)
	}
	// Behind the name, which may hold anything, the state is field 3.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	var used time.Duration
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("reading CPU time: %w", err)
		}
		used += time.Duration(n) * tick
	}
	return used, nil
}

// RSS returns the resident memory of a process, in bytes.
func RSS(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, fmt.Errorf("reading memory: %w", err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("reading memory: %w", err)
	}
	return pages * int64(os.Getpagesize()), nil
}
