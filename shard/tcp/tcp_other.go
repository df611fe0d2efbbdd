// SPDX-License-Identifier: Apache-2.0

//go:build !linux || (!amd64 && !arm64)

package tcp

import "net"

// Conn is a TCP connection; on this system there is none of this package's.
type Conn struct{ *net.TCPConn }

// Wrap returns c.
func Wrap(c net.Conn) net.Conn { return c }

// New returns false.
func New(net.Conn) (*Conn, bool) { return nil, false }

// TryWrite writes nothing.
func (*Conn) TryWrite([]byte) (int, error) { return 0, nil }
