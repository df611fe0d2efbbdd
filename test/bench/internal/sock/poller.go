// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"
	"unsafe"
)

const (
	sysEpollPwait2 = 441 // epoll_wait with a timeout in nanoseconds, Linux 5.11
	maxReady       = 512
	readBytes      = 256 << 10
)

// Poller reads many connections on one goroutine. It is not safe for concurrent
// use.
type Poller struct {
	fd     int
	conns  map[int32]*Conn
	events [maxReady]syscall.EpollEvent
	buffer []byte
	pong   []byte
}

// NewPoller returns a poller without connections.
func NewPoller() (*Poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making an epoll: %w", err)
	}
	return &Poller{fd: fd, conns: map[int32]*Conn{}, buffer: make([]byte, readBytes)}, nil
}

// Add takes a connection over. From here on its Next must not be called.
func (p *Poller) Add(c *Conn) error {
	if err := syscall.SetNonblock(c.fd, true); err != nil {
		return fmt.Errorf("adding a connection: %w", err)
	}
	ev := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c.fd)}
	if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, c.fd, &ev); err != nil {
		return fmt.Errorf("adding a connection: %w", err)
	}
	p.conns[int32(c.fd)] = c
	return nil
}

// Handler takes frames, and the end of a connection, on the poller's goroutine.
// The payload is valid only during the call.
type Handler interface {
	Frame(c *Conn, opcode byte, payload []byte)
	Ended(c *Conn, err error)
}

// Poll waits for at most the given time for something to read, reads it, and hands
// every whole frame to h. Pings are answered here.
func (p *Poller) Poll(wait time.Duration, h Handler) error {
	ts := syscall.NsecToTimespec(max(wait, 0).Nanoseconds())
	n, _, errno := syscall.Syscall6(sysEpollPwait2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), maxReady,
		uintptr(unsafe.Pointer(&ts)), 0, 0)
	if errno == syscall.EINTR {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("waiting for connections: %w", errno)
	}
	for i := range int(n) {
		c := p.conns[p.events[i].Fd]
		if c != nil {
			p.read(c, h)
		}
	}
	return nil
}

func (p *Poller) read(c *Conn, h Handler) {
	kept := copy(p.buffer, c.in)
	// Nothing here blocks, so the scheduler need not hear of it.
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(c.fd), uintptr(unsafe.Pointer(&p.buffer[kept])), uintptr(len(p.buffer)-kept))
	switch {
	case errno == syscall.EAGAIN:
		return
	case errno != 0:
		p.end(c, errno, h)
		return
	case n == 0:
		p.end(c, io.EOF, h)
		return
	}
	in := p.buffer[:kept+int(n)]
	for {
		opcode, payload, size := frame(in)
		if size == 0 {
			break
		}
		switch opcode {
		case Ping:
			p.pong = append(Append(p.pong[:0], Pong, len(payload)), payload...)
			if err := c.Write(p.pong); err != nil {
				p.end(c, err, h)
				return
			}
		case Close:
			p.end(c, fmt.Errorf("%w: %q", errClosed, payload), h)
			return
		default:
			h.Frame(c, opcode, payload)
		}
		in = in[size:]
	}
	c.in = append(c.in[:0], in...)
}

var errClosed = errors.New("the server closed the connection")

func (p *Poller) end(c *Conn, err error, h Handler) {
	delete(p.conns, int32(c.fd))
	c.Close()
	h.Ended(c, err)
}

// Close closes every connection.
func (p *Poller) Close() {
	for _, c := range p.conns {
		c.Close()
	}
	_ = syscall.Close(p.fd)
}
