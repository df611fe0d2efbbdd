// SPDX-License-Identifier: Apache-2.0

package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// settings are the kernel settings that the cluster changes: forwarding between
// pods here, the others by the kubelet itself.
var settings = []string{
	"net/ipv4/ip_forward",
	"vm/overcommit_memory",
	"vm/panic_on_oom",
	"kernel/panic",
	"kernel/panic_on_oops",
	"kernel/keys/root_maxkeys",
	"kernel/keys/root_maxbytes",
}

const sysctlRoot = "/proc/sys"

// SaveSettings writes the settings' present values to file, unless an earlier
// start that was not undone has written it.
func SaveSettings(file string) error { return saveSettings(sysctlRoot, file) }

func saveSettings(root, file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	values := map[string]string{}
	for _, name := range settings {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // not in this kernel
		}
		values[name] = strings.TrimSpace(string(text))
	}
	text, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("encoding kernel settings: %w", err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("saving kernel settings: %w", err)
	}
	return nil
}

// RestoreSettings sets the values saved in file; without the file it does
// nothing.
func RestoreSettings(file string) error { return restoreSettings(sysctlRoot, file) }

func restoreSettings(root, file string) error {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading saved kernel settings: %w", err)
	}
	values := map[string]string{}
	if err := json.Unmarshal(text, &values); err != nil {
		return fmt.Errorf("reading saved kernel settings: %w", err)
	}
	for _, name := range settings {
		path := filepath.Join(root, name)
		want, ok := values[name]
		if !ok {
			continue
		}
		if now, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(now)) == want {
			continue
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			return fmt.Errorf("restoring kernel setting %s: %w", name, err)
		}
	}
	return nil
}

// EnableForwarding lets the machine route between pods.
func EnableForwarding() error {
	if err := os.WriteFile(filepath.Join(sysctlRoot, "net/ipv4/ip_forward"), []byte("1"), 0o644); err != nil {
		return fmt.Errorf("enabling forwarding: %w", err)
	}
	return nil
}
