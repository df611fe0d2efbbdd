// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	corev1 "k8s.io/api/core/v1"
)

// Process is a process of the local cluster. Start tells it from a later one
// with the same id.
type Process struct {
	PID   int
	Name  string
	Start string
}

// PodProcess finds the process called name in a pod: the one whose cgroup bears
// the pod's UID.
func (s *Scene) PodProcess(pod *corev1.Pod, name string) (Process, error) {
	if !s.opts.Local() {
		return Process{}, errors.New("processes of this cluster are out of reach: it is not the local one")
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return Process{}, fmt.Errorf("listing processes: %w", err)
	}
	uid := string(pod.UID)
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || !inPod(pid, uid) {
			continue
		}
		if p, err := process(pid); err == nil && p.Name == name {
			return p, nil
		}
	}
	return Process{}, fmt.Errorf("no process %s of pod %s on this machine", name, pod.Name)
}

// ControlPlane finds a process of the local control plane by the record that
// the cluster keeps of it.
func (s *Scene) ControlPlane(name string) (Process, error) {
	if !s.opts.Local() {
		return Process{}, errors.New("the control plane of this cluster is out of reach: it is not the local one")
	}
	text, err := os.ReadFile(filepath.Join(s.opts.StateDir, "run", name+".json"))
	if err != nil {
		return Process{}, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	var record struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal(text, &record); err != nil {
		return Process{}, fmt.Errorf("reading the record of %s: %w", name, err)
	}
	return process(record.PID)
}

// inPod says whether a cgroup of the process is one of the pod's. The cgroupfs
// driver writes the UID as it is, systemd's with underscores.
func inPod(pid int, uid string) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return false
	}
	return strings.Contains(string(text), uid) || strings.Contains(string(text), strings.ReplaceAll(uid, "-", "_"))
}

// process reads the name and start time from /proc/PID/stat, whose second field
// is in parentheses.
func process(pid int) (Process, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, fmt.Errorf("reading process %d: %w", pid, err)
	}
	open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
	fields := strings.Fields(string(text[end+1:]))
	const startTime = 19 // field 22 of proc(5), counted after the name
	if open < 0 || end < open || len(fields) <= startTime {
		return Process{}, fmt.Errorf("reading process %d: unknown form of stat", pid)
	}
	return Process{PID: pid, Name: string(text[open+1 : end]), Start: fields[startTime]}, nil
}

// Signal sends a signal, if this is still the same process. Processes of pods
// are not ours: another user than root goes through sudo.
func (p Process) Signal(ctx context.Context, sig syscall.Signal) error {
	now, err := process(p.PID)
	if err != nil {
		return err
	}
	if now != p {
		return fmt.Errorf("process %d is not the one it was", p.PID)
	}
	err = syscall.Kill(p.PID, sig)
	if errors.Is(err, syscall.EPERM) {
		err = exec.CommandContext(ctx, "sudo", "-n", "kill", "-"+strconv.Itoa(int(sig)), strconv.Itoa(p.PID)).Run()
	}
	if err != nil {
		return fmt.Errorf("sending signal %d to %s (%d): %w", sig, p.Name, p.PID, err)
	}
	return nil
}
