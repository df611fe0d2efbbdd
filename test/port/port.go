// SPDX-License-Identifier: Apache-2.0

// Package port finds ports of 127.0.0.1 for processes that tests start.
package port

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

const (
	// lowestPort is above 10080, to which browsers open no connection (Fetch Standard,
	// "Port blocking").
	lowestPort = 11000
	// usualLowest is where the ports of outgoing connections begin on Linux.
	usualLowest = 32768
	// blockSize is how many ports a process has to give.
	blockSize = 1000
)

// block is the ports that this process gives, and nobody else.
var block struct {
	sync.Mutex
	first int      // 0: none is held yet
	next  int      // place in it
	lock  *os.File // held as long as the process lives
}

// Free returns a port for a process to listen on, again and again: no one listens
// there, no other test process gives it, none of the last calls in this one returned
// it, and no outgoing connection of anybody can take it while the process that
// listens is down, as happens to the ports that the system picks.
func Free() (int, error) {
	block.Lock()
	defer block.Unlock()
	if block.first == 0 {
		if err := hold(); err != nil {
			return 0, err
		}
	}
	for range blockSize {
		port := block.first + block.next
		block.next = (block.next + 1) % blockSize
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("there is no free port")
}

// hold takes a block that no other process holds.
func hold() error {
	for first := lowestPort; first+blockSize <= firstOutgoing(); first += blockSize {
		// Each user has files of its own: nobody may open another's for creation in
		// a folder that all can write to.
		name := fmt.Sprintf("gamesession-ports-%d-%d", os.Getuid(), first)
		lock, err := os.OpenFile(filepath.Join(os.TempDir(), name), os.O_CREATE|os.O_RDONLY, 0o600)
		if err != nil {
			return fmt.Errorf("locking ports: %w", err)
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			block.first, block.lock = first, lock
			return nil
		}
		_ = lock.Close()
	}
	return errors.New("other processes hold all ports for tests")
}

// Address is [Free] with its host.
func Address() (netip.AddrPort, error) {
	port, err := Free()
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("finding a free port: %w", err)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), nil
}

// Test is what [Need] needs of a test.
type Test interface {
	Helper()
	Fatal(args ...any)
}

// Need is [Address] as text, for a test, which ends if there is none.
func Need(t Test) string {
	t.Helper()
	address, err := Address()
	if err != nil {
		t.Fatal(err)
	}
	return address.String()
}

// firstOutgoing is the first port that outgoing connections may have.
func firstOutgoing() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usualLowest
	}
	first := 0
	if _, err := fmt.Sscan(string(text), &first); err != nil || first < lowestPort+blockSize {
		return usualLowest
	}
	return first
}
