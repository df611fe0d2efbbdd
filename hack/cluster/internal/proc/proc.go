// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Spec is a process to run.
type Spec struct {
	Name string
	Argv []string // the program's absolute path first
	Log  string   // file that standard output and error are appended to
	// Config identifies the content of its configuration files: a process that
	// runs with another one is replaced.
	Config string
	// First lets the process go before others when processors are short.
	First bool
}

// Environment is what the cluster's programs inherit: no proxy and no setting of
// the user's shell reaches them.
func Environment() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}
}

// Start makes sure that the process of spec runs: a recorded one with the same
// command line is left alone (started is false), one with another is replaced.
func (t Table) Start(spec Spec) (r Record, started bool, err error) {
	if old, ok := t.Get(spec.Name); ok && old.Alive() {
		if old.same(spec) {
			return old, false, nil
		}
		if err := t.Stop(old, stopGrace); err != nil {
			return Record{}, false, err
		}
	}
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return Record{}, false, fmt.Errorf("opening the log of %s: %w", spec.Name, err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(spec.Argv[0], spec.Argv[1:]...)
	cmd.Dir = "/"
	cmd.Env = Environment()
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := start(cmd, spec.First); err != nil {
		return Record{}, false, fmt.Errorf("starting %s: %w", spec.Name, err)
	}
	r = Record{Name: spec.Name, PID: cmd.Process.Pid, Boot: BootID(), Argv: spec.Argv, Config: spec.Config}
	if st, err := readStat(r.PID); err == nil {
		r.Start = st.Start
	}
	go func() { _ = cmd.Wait() }() // reaps it if it ends before this program does
	if err := t.put(r); err != nil {
		_ = cmd.Process.Kill()
		return Record{}, false, err
	}
	return r, true, nil
}

// firstNice is the niceness of processes that go first.
const firstNice = -5

// start starts the process. All its threads get the niceness of the thread that
// it is forked from, so that one is changed for as long as that takes; without
// the right to change it the process is one among others.
func start(cmd *exec.Cmd, first bool) error {
	if first {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		own, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 20 minus the niceness
		if err == nil && syscall.Setpriority(syscall.PRIO_PROCESS, 0, firstNice) == nil {
			defer func() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 20-own) }()
		}
	}
	return cmd.Start()
}

const (
	stopGrace = 10 * time.Second
	killGrace = 10 * time.Second
	pollEvery = 20 * time.Millisecond
)

// Stop ends the recorded process, first by SIGTERM, after grace by SIGKILL, and
// removes its record. A process that is already gone is no error.
func (t Table) Stop(r Record, grace time.Duration) error {
	if r.Alive() {
		_ = syscall.Kill(r.PID, syscall.SIGTERM)
		if !waitGone(r.Alive, grace) {
			_ = syscall.Kill(r.PID, syscall.SIGKILL)
			if !waitGone(r.Alive, killGrace) {
				return fmt.Errorf("%s (pid %d) does not end", r.Name, r.PID)
			}
		}
	}
	return t.Forget(r.Name)
}

// Kill ends a process that is known by its start time at the time of the call.
func Kill(pid int, grace time.Duration) error {
	st, err := readStat(pid)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return nil // gone already
	}
	if err != nil {
		return fmt.Errorf("looking at process %d: %w", pid, err)
	}
	r := Record{PID: pid, Boot: BootID(), Start: st.Start}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	if !waitGone(r.Alive, grace) {
		return fmt.Errorf("process %d does not end", pid)
	}
	return nil
}

func waitGone(alive func() bool, grace time.Duration) bool {
	deadline := time.Now().Add(grace)
	for alive() {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(pollEvery)
	}
	return true
}
