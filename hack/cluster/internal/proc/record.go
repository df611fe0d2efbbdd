// SPDX-License-Identifier: Apache-2.0

package proc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Record says which process was started under a name.
type Record struct {
	Name   string   `json:"name"`
	PID    int      `json:"pid"`
	Boot   string   `json:"boot"`
	Start  uint64   `json:"startTicks"`
	Argv   []string `json:"argv"`
	Config string   `json:"config,omitempty"`
}

// Alive says whether the recorded process, and not another with its pid, runs.
func (r Record) Alive() bool {
	if r.PID <= 1 || r.Boot != BootID() {
		return false
	}
	st, err := readStat(r.PID)
	return err == nil && st.Start == r.Start && !st.Ended()
}

// same says whether the record is of the same command line and configuration.
func (r Record) same(spec Spec) bool {
	return slices.Equal(r.Argv, spec.Argv) && r.Config == spec.Config
}

// BootID names the present boot of the machine.
func BootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Table is a folder of records, one file per name.
type Table struct{ Dir string }

func (t Table) file(name string) string { return filepath.Join(t.Dir, name+".json") }

// Get returns the record of name; ok is false if there is none that can be read.
func (t Table) Get(name string) (r Record, ok bool) {
	text, err := os.ReadFile(t.file(name))
	if err != nil {
		return Record{}, false
	}
	if json.Unmarshal(text, &r) != nil {
		return Record{}, false
	}
	return r, true
}

// List returns all records, by name.
func (t Table) List() ([]Record, error) {
	entries, err := os.ReadDir(t.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing process records: %w", err)
	}
	var records []Record
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok {
			if r, ok := t.Get(name); ok {
				records = append(records, r)
			}
		}
	}
	return records, nil
}

func (t Table) put(r Record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding process record: %w", err)
	}
	tmp := t.file(r.Name) + ".tmp"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return fmt.Errorf("writing process record: %w", err)
	}
	if err := os.Rename(tmp, t.file(r.Name)); err != nil {
		return fmt.Errorf("writing process record: %w", err)
	}
	return nil
}

// Forget removes the record of name, if there is one.
func (t Table) Forget(name string) error {
	if err := os.Remove(t.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing process record: %w", err)
	}
	return nil
}
