// SPDX-License-Identifier: Apache-2.0

package sock

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

// Conn is one client WebSocket. It is used by one goroutine at a time.
type Conn struct {
	// Tag is whatever its user wants to find again.
	Tag int
	fd  int
	in  []byte // read, but no whole frame yet
}

// maxHead bounds the server's answer to the handshake.
const maxHead = 16 << 10

// Dial opens a WebSocket at address (host:port with an IP). It blocks for at most
// the given time per read or write. Headers are whole lines without line ends.
func Dial(address netip.AddrPort, path string, headers []string, patience time.Duration) (*Conn, error) {
	c := &Conn{}
	var err error
	if c.fd, err = open(address, patience); err != nil {
		return nil, fmt.Errorf("dialling %s: %w", address, err)
	}
	if err := c.upgrade(address, path, headers); err != nil {
		c.Close()
		return nil, fmt.Errorf("opening a WebSocket at %s: %w", address, err)
	}
	return c, nil
}

func open(address netip.AddrPort, patience time.Duration) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("making a socket: %w", err)
	}
	// Before there are timeouts: with them a signal, such as the runtime sends,
	// would end the call.
	err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(address.Port()), Addr: address.Addr().As4()})
	if err == nil {
		tv := syscall.NsecToTimeval(patience.Nanoseconds())
		err = errors.Join(
			syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
			syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &tv),
			syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_SNDTIMEO, &tv),
		)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return -1, fmt.Errorf("connecting: %w", err)
	}
	return fd, nil
}

// uninterrupted makes a system call again that a signal has ended.
func uninterrupted(call func(fd int, p []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		if n, err := call(fd, p); !errors.Is(err, syscall.EINTR) {
			return n, err
		}
	}
}

func (c *Conn) upgrade(address netip.AddrPort, path string, headers []string) error {
	var req bytes.Buffer
	fmt.Fprintf(&req, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", path, address)
	for _, h := range headers {
		req.WriteString(h + "\r\n")
	}
	req.WriteString("\r\n")
	if _, err := uninterrupted(syscall.Write, c.fd, req.Bytes()); err != nil {
		return fmt.Errorf("writing the request: %w", err)
	}
	var chunk [4096]byte
	for {
		n, err := uninterrupted(syscall.Read, c.fd, chunk[:])
		if err != nil || n <= 0 {
			return fmt.Errorf("reading the answer: %d bytes, %w", n, err)
		}
		c.in = append(c.in, chunk[:n]...)
		head, rest, whole := bytes.Cut(c.in, []byte("\r\n\r\n"))
		if !whole && len(c.in) < maxHead {
			continue
		}
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
			return fmt.Errorf("the answer is %.200q", c.in)
		}
		c.in = bytes.Clone(rest)
		return nil
	}
}

// Next blocks until a whole frame is there, and returns its opcode and payload.
// It is for a connection that no Poller has yet.
func (c *Conn) Next() (opcode byte, payload []byte, err error) {
	var chunk [4096]byte
	for {
		if op, payload, size := frame(c.in); size > 0 {
			payload = bytes.Clone(payload)
			c.in = c.in[size:]
			return op, payload, nil
		}
		n, err := uninterrupted(syscall.Read, c.fd, chunk[:])
		if err != nil || n <= 0 {
			return 0, nil, fmt.Errorf("reading a frame: %d bytes, %w", n, err)
		}
		c.in = append(c.in, chunk[:n]...)
	}
}

// Close closes the socket without a goodbye.
func (c *Conn) Close() {
	if c.fd >= 0 {
		_ = syscall.Close(c.fd)
		c.fd = -1
	}
}

// Gone says whether the server has given the connection up. It reads nothing.
func (c *Conn) Gone() bool {
	if c.fd < 0 {
		return true
	}
	const tcpInfoState, established = 0, 1
	info, err := syscall.GetsockoptInt(c.fd, syscall.IPPROTO_TCP, syscall.TCP_INFO)
	return err != nil || byte(info>>(8*tcpInfoState)) != established
}
