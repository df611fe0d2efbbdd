// SPDX-License-Identifier: Apache-2.0

package host

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// BecomeRoot runs this program again through sudo with the same arguments and
// the given settings, and does not return if that starts. For root it does
// nothing.
func BecomeRoot(settings map[string]string) error {
	if os.Geteuid() == 0 {
		return nil
	}
	sudo := Which("sudo")
	if sudo == "" {
		return errors.New("this needs root, and there is no sudo: run it as root")
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	argv := []string{"sudo"}
	for name, value := range settings {
		argv = append(argv, name+"="+value)
	}
	argv = append(append(argv, self), os.Args[1:]...)
	if err := syscall.Exec(sudo, argv, os.Environ()); err != nil { //nolint:gosec // the user runs the same command again, as root
		return fmt.Errorf("starting sudo: %w", err)
	}
	return nil
}

// GiveToCaller makes the user who called sudo the owner of a file.
func GiveToCaller(path string) error {
	user, group := os.Getenv("SUDO_UID"), os.Getenv("SUDO_GID")
	if user == "" || group == "" {
		return nil // not through sudo
	}
	uid, err := strconv.Atoi(user)
	if err != nil {
		return fmt.Errorf("reading SUDO_UID: %w", err)
	}
	gid, err := strconv.Atoi(group)
	if err != nil {
		return fmt.Errorf("reading SUDO_GID: %w", err)
	}
	if err := os.Chown(path, uid, gid); err != nil {
		return fmt.Errorf("giving %s to its user: %w", path, err)
	}
	return nil
}

// Lock takes the machine-wide lock of the cluster, so that two commands do not
// change the machine at once. It does not wait.
func Lock() (unlock func(), err error) {
	const path = "/run/lock/gamesession-cluster.lock"
	if err := os.MkdirAll("/run/lock", 0o755); err != nil {
		return nil, fmt.Errorf("making the lock folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another command works on the cluster (%s): %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}
