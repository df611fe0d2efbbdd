// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
)

// Opcodes of frames.
const (
	Text   = 0x1
	Binary = 0x2
	Close  = 0x8
	Ping   = 0x9
	Pong   = 0xa
)

// frame returns the first frame of in and its size on the wire; size is 0 when it
// is not whole yet. Servers neither mask nor fragment.
func frame(in []byte) (opcode byte, payload []byte, size int) {
	if len(in) < 2 {
		return 0, nil, 0
	}
	head, n := 2, uint64(in[1]&0x7f)
	switch n {
	case 126:
		head = 4
		if len(in) < head {
			return 0, nil, 0
		}
		n = uint64(binary.BigEndian.Uint16(in[2:]))
	case 127:
		head = 10
		if len(in) < head {
			return 0, nil, 0
		}
		n = binary.BigEndian.Uint64(in[2:])
	}
	if uint64(len(in)-head) < n {
		return 0, nil, 0
	}
	size = head + int(n)
	return in[0] & 0x0f, in[head:size], size
}

// Append appends the head of a frame of n bytes, masked with zeros: the payload
// follows as it is.
func Append(out []byte, opcode byte, n int) []byte {
	out = append(out, 0x80|opcode)
	if n < 126 {
		out = append(out, 0x80|byte(n))
	} else {
		out = append(out, 0x80|126, byte(n>>8), byte(n))
	}
	return append(out, 0, 0, 0, 0)
}

var errFull = errors.New("the server does not read")

// Write sends bytes at once. A socket that does not take them is an error: what
// this client sends is little.
func (c *Conn) Write(b []byte) error {
	n, err := uninterrupted(syscall.Write, c.fd, b)
	switch {
	case err != nil:
		return fmt.Errorf("writing: %w", err)
	case n < len(b):
		return errFull
	}
	return nil
}

// Send sends one frame.
func (c *Conn) Send(opcode byte, payload []byte) error {
	return c.Write(append(Append(make([]byte, 0, 8+len(payload)), opcode, len(payload)), payload...))
}
