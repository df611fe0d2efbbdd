// SPDX-License-Identifier: Apache-2.0

// Package port finds ports of 127.0.0.1 for processes that tests start.
package port

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"sync"
)

const (
	lowestPort = 10000
	// usualLowest is where the ports of outgoing connections begin on Linux.
	usualLowest = 32768
	portTries   = 100
	// portsKept is how many ports are not given again.
	portsKept = 4000
)

var ports struct {
	sync.Mutex
	given []int // the last ones
}

// Free returns a port for a process to listen on, again and again: no one listens
// there, none of the last calls in this process returned it, and no outgoing
// connection of anybody can take it while the process is down, as happens to the
// ports that the system picks.
func Free() (int, error) {
	ports.Lock()
	defer ports.Unlock()
	end := firstOutgoing()
	for range portTries {
		port := lowestPort + rand.IntN(end-lowestPort)
		if slices.Contains(ports.given, port) {
			continue
		}
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		if ports.given = append(ports.given, port); len(ports.given) > portsKept {
			ports.given = ports.given[1:]
		}
		return port, l.Close()
	}
	return 0, errors.New("there is no free port")
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
	if _, err := fmt.Sscan(string(text), &first); err != nil || first < lowestPort+1000 {
		return usualLowest
	}
	return first
}
