// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock keeps a second run off the stage; the lock ends with the process.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "stage.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the stage: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = errors.New("another demo, benchmark or end-to-end test is running")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("locking the stage: %w", err), f.Close())
	}
	return f, nil
}
