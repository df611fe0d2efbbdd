// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// RemoveLinksInto removes the symbolic links in folder that point below dir;
// the folder goes too if nothing else is in it.
func RemoveLinksInto(folder, dir string) error {
	links, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil {
		return fmt.Errorf("listing %s: %w", folder, err)
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(target, dir+"/") {
			continue
		}
		if err := os.Remove(link); err != nil {
			return fmt.Errorf("removing a log link: %w", err)
		}
	}
	_ = os.Remove(folder) // succeeds only if it is empty
	return nil
}

// RemoveCNIResults removes what the CNI library remembers of the pods of a
// network in folder: their own link and the loopback that goes with it.
func RemoveCNIResults(folder, network string) error {
	results, err := filepath.Glob(filepath.Join(folder, network+"-*-eth0"))
	if err != nil {
		return fmt.Errorf("listing %s: %w", folder, err)
	}
	for _, r := range results {
		pod := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(r), network+"-"), "-eth0")
		for _, file := range []string{r, filepath.Join(folder, "cni-loopback-"+pod+"-lo")} {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing a network result: %w", err)
			}
		}
	}
	removeEmpty(folder, filepath.Dir(folder))
	return nil
}

// RemoveDeviceSocket removes the socket that a kubelet leaves in a place that
// cannot be configured, and the folders above it if they are empty then.
func RemoveDeviceSocket() error {
	const folder = "/var/lib/kubelet/device-plugins"
	if err := os.Remove(filepath.Join(folder, "kubelet.sock")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the socket for device plugins: %w", err)
	}
	removeEmpty(folder, filepath.Dir(folder))
	return nil
}

// removeEmpty removes those of the folders that are empty, in order.
func removeEmpty(folders ...string) {
	for _, f := range folders {
		_ = os.Remove(f) // fails on what is not empty, which is to stay
	}
}
