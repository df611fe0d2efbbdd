// SPDX-License-Identifier: Apache-2.0

package tcp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"gamesession.dev/operator/shard/tcp"
)

// pair is one of ours and the other end.
func pair(t testing.TB) (ours *tcp.Conn, other *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dialled, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = dialled.Close(), accepted.Close() })
	ours, ok := tcp.New(accepted)
	if !ok {
		t.Fatal("a TCP connection is refused")
	}
	return ours, dialled.(*net.TCPConn)
}

// What is more than a socket holds goes through in both directions, and ends.
func TestCarriesBothWays(t *testing.T) {
	ours, other := pair(t)
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<17)
	go func() {
		_, _ = io.Copy(other, other)
		_ = other.Close()
	}()
	wrote := make(chan error, 1)
	go func() {
		n, err := ours.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		wrote <- errors.Join(err, ours.CloseWrite())
	}()
	got, err := io.ReadAll(ours)
	if err := errors.Join(err, <-wrote); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Errorf("%d bytes came back of %d, or others", len(got), len(sent))
	}
}

func TestTryWriteDoesNotWait(t *testing.T) {
	ours, other := pair(t)
	part := make([]byte, 1<<16)
	var sent int
	for {
		n, err := ours.TryWrite(part)
		if err != nil {
			t.Fatal(err)
		}
		if sent += n; n == 0 {
			break // the socket is full
		}
	}
	if _, err := io.CopyN(io.Discard, other, int64(sent)); err != nil {
		t.Fatal(err)
	}
	if _, err := ours.Write(part); err != nil { // waits until there is room
		t.Error(err)
	}
}

func TestReadEndsWithItsDeadlineAndWithTheSocket(t *testing.T) {
	ours, other := pair(t)
	if n, err := ours.Read(nil); n != 0 || err != nil {
		t.Errorf("reading nothing gave %d, %v", n, err)
	}
	if err := ours.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	_, err := ours.Read(make([]byte, 1))
	if timeout, ok := errors.AsType[net.Error](err); !ok || !timeout.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past the deadline reading ends with %v", err)
	}
	if err := ours.SetReadDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := ours.Read(make([]byte, 1))
		ended <- err
	}()
	_ = ours.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading from a socket that was closed ends with %v", err)
	}
	_ = other.Close()
}

func TestFailureOfTheOtherEnd(t *testing.T) {
	ours, other := pair(t)
	if err := other.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = other.Close() // resets
	if _, err := ours.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reading ends with %v", err)
	}
	if _, err := ours.TryWrite([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("writing ends with %v", err)
	}
}

func TestWrapLeavesOthersAlone(t *testing.T) {
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if tcp.Wrap(a) != a {
		t.Error("a pipe is wrapped")
	}
}

// BenchmarkWrite compares with the net package's own way, in the same run.
func BenchmarkWrite(b *testing.B) {
	frame := make([]byte, 800)
	for name, of := range map[string]func(*tcp.Conn) io.Writer{
		"tcp": func(c *tcp.Conn) io.Writer { return c },
		"net": func(c *tcp.Conn) io.Writer { return c.TCPConn },
	} {
		b.Run(name, func(b *testing.B) {
			ours, other := pair(b)
			go func() { _, _ = io.Copy(io.Discard, other) }()
			w := of(ours)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := w.Write(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
