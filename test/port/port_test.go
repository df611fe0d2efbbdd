// SPDX-License-Identifier: Apache-2.0

package port

import (
	"fmt"
	"net"
	"os"
	"os/exec"
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

// TestBlocksOfProcesses: two processes give no port in common.
func TestBlocksOfProcesses(t *testing.T) {
	const child = "PORT_TEST_CHILD"
	if os.Getenv(child) != "" {
		port, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("port=%d\n", port)
		return
	}
	mine, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0], "-test.run=^TestBlocksOfProcesses$")
	command.Env = append(os.Environ(), child+"=1")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs := 0
	if _, err := fmt.Sscanf(string(out), "port=%d", &theirs); err != nil {
		t.Fatalf("reading %q: %v", out, err)
	}
	if (mine-lowestPort)/blockSize == (theirs-lowestPort)/blockSize {
		t.Errorf("this process gives %d, the other one %d", mine, theirs)
	}
}
