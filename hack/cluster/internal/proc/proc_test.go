// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestStartAndStop(t *testing.T) {
	dir := t.TempDir()
	table := Table{Dir: dir}
	spec := Spec{Name: "sleeper", Argv: []string{"/bin/sleep", "60"}, Log: filepath.Join(dir, "log")}
	first, started, err := table.Start(spec)
	if err != nil || !started {
		t.Fatalf("Start = %v, started %v", err, started)
	}
	t.Cleanup(func() { _ = table.Stop(first, time.Second) })
	again, started, err := table.Start(spec)
	if err != nil || started || again.PID != first.PID {
		t.Fatalf("second Start = pid %d, started %v, %v; want pid %d left alone", again.PID, started, err, first.PID)
	}
	spec.Argv = []string{"/bin/sleep", "61"}
	other, started, err := table.Start(spec)
	if err != nil || !started {
		t.Fatalf("Start of another command line = started %v, %v", started, err)
	}
	t.Cleanup(func() { _ = table.Stop(other, time.Second) })
	if first.Alive() {
		t.Error("the process with the old command line still runs")
	}
	if err := table.Stop(other, time.Second); err != nil {
		t.Fatal(err)
	}
	if other.Alive() {
		t.Error("the stopped process still runs")
	}
	if _, ok := table.Get("sleeper"); ok {
		t.Error("the record is still there")
	}
}

// TestFirstIsForTheChildOnly starts a process that goes first, if this user may
// do so, and sees that neither this program nor the next child goes first too.
func TestFirstIsForTheChildOnly(t *testing.T) {
	dir := t.TempDir()
	table := Table{Dir: dir}
	before := niceness(t, os.Getpid())
	for name, tc := range map[string]struct{ first bool }{"first": {true}, "as others": {false}} {
		spec := Spec{Name: name, Argv: []string{"/bin/sleep", "60"}, Log: filepath.Join(dir, "log"), First: tc.first}
		r, _, err := table.Start(spec)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = table.Stop(r, time.Second) })
		want := before
		if tc.first && os.Geteuid() == 0 {
			want = firstNice
		}
		if got := niceness(t, r.PID); got != want {
			t.Errorf("%s: niceness %d, want %d", name, got, want)
		}
	}
	if got := niceness(t, os.Getpid()); got != before {
		t.Errorf("this program has niceness %d, had %d", got, before)
	}
}

// niceness of a process: the kernel's answer is 20 minus that.
func niceness(t *testing.T, pid int) int {
	t.Helper()
	got, err := syscall.Getpriority(syscall.PRIO_PROCESS, pid)
	if err != nil {
		t.Fatal(err)
	}
	return 20 - got
}

func TestReusedPidIsNotOurs(t *testing.T) {
	st, err := readStat(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		record Record
		want   bool
	}{
		"same process":     {record: Record{PID: os.Getpid(), Boot: BootID(), Start: st.Start}, want: true},
		"other start time": {record: Record{PID: os.Getpid(), Boot: BootID(), Start: st.Start + 1}},
		"other boot":       {record: Record{PID: os.Getpid(), Boot: "x", Start: st.Start}},
		"init":             {record: Record{PID: 1, Boot: BootID()}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.record.Alive(); got != tc.want {
				t.Errorf("Alive = %v, want %v", got, tc.want)
			}
		})
	}
}
