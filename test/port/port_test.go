// SPDX-License-Identifier: Apache-2.0

package port

import (
	"net"
	"strconv"
	"testing"
)

// TestFree: ports are free, different, and not of those for outgoing connections.
func TestFree(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		port, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[port] || port >= firstOutgoing() {
			t.Errorf("port %d: given before: %t; outgoing ones begin at %d", port, seen[port], firstOutgoing())
		}
		seen[port] = true
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}
