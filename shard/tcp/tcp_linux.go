// SPDX-License-Identifier: Apache-2.0

//go:build amd64 || arm64

package tcp

import (
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// Conn is a TCP connection. As opposed to other ones it takes one reader and one
// writer at a time; what else it has is that of the net package.
type Conn struct {
	*net.TCPConn
	raw     syscall.RawConn
	in, out transfer
}

// Wrap returns a Conn in place of a TCP connection, and any other one as it is.
func Wrap(c net.Conn) net.Conn {
	if own, ok := New(c); ok {
		return own
	}
	return c
}

// New is [Wrap] for who has to know: ok is false for what is no TCP connection.
func New(c net.Conn) (own *Conn, ok bool) {
	plain, ok := c.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return nil, false // it is closed
	}
	own = &Conn{TCPConn: plain, raw: raw}
	own.in.init(syscall.SYS_RECVFROM)
	own.out.init(syscall.SYS_SENDTO)
	return own, true
}

// Read is net.Conn's.
func (c *Conn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.in.begin(p, true)
	err := c.raw.Read(c.in.attempt)
	n, errno := c.in.end()
	switch {
	case err != nil:
		return 0, fmt.Errorf("reading: %w", err)
	case errno != 0:
		return 0, c.failed("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write is net.Conn's.
func (c *Conn) Write(p []byte) (written int, err error) {
	for written < len(p) {
		n, err := c.write(p[written:], true)
		if written += n; err != nil {
			return written, err
		}
	}
	return written, nil
}

// TryWrite writes what the socket takes at once, be it nothing.
func (c *Conn) TryWrite(p []byte) (int, error) { return c.write(p, false) }

func (c *Conn) write(p []byte, wait bool) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.out.begin(p, wait)
	err := c.raw.Write(c.out.attempt)
	n, errno := c.out.end()
	switch {
	case err != nil:
		return 0, fmt.Errorf("writing: %w", err)
	case errno == syscall.EAGAIN:
		return 0, nil
	case errno != 0:
		return 0, c.failed("write", errno)
	}
	return n, nil
}

func (c *Conn) failed(call string, errno syscall.Errno) error {
	return &net.OpError{Op: call, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: os.NewSyscallError(call, errno)}
}

// flags of both system calls: a socket that is closed raises no signal.
const flags = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL

// transfer is one direction of a connection. Its call under way is kept here, and
// the function that makes it is made once, so that no call allocates.
type transfer struct {
	trap    uintptr // number of the system call
	attempt func(fd uintptr) (done bool)

	buffer []byte
	wait   bool // for the socket to be ready
	n      int
	errno  syscall.Errno
}

func (t *transfer) init(trap uintptr) { t.trap, t.attempt = trap, t.once }

func (t *transfer) begin(buffer []byte, wait bool) {
	t.buffer, t.wait, t.n, t.errno = buffer, wait, 0, 0
}

func (t *transfer) end() (int, syscall.Errno) {
	t.buffer = nil
	return t.n, t.errno
}

// once makes the system call; false says that the socket is to be waited for.
func (t *transfer) once(fd uintptr) bool {
	for {
		at := unsafe.Pointer(unsafe.SliceData(t.buffer)) //nolint:gosec // the kernel uses len(t.buffer) bytes of it, before the call returns
		n, _, errno := syscall.RawSyscall6(t.trap, fd, uintptr(at), uintptr(len(t.buffer)), flags, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno == 0 {
			t.n = int(n)
		}
		t.errno = errno
		return errno != syscall.EAGAIN || !t.wait
	}
}
