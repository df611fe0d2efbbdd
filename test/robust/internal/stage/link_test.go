// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"net"
	"testing"
	"time"
)

// TestMendAwaitsItsPort: what still listens where a link did goes away.
func TestMendAwaitsItsPort(t *testing.T) {
	link, err := NewNetwork().Link("test", "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	link.Cut()
	other, err := net.Listen("tcp", link.Addr())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { _ = other.Close() })
	if err := link.Mend(); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", link.Addr())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	link.Cut()
}
