// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gamesession.dev/operator/test/tlstest"
)

// pair returns the two ends of a TCP connection.
func pair(t testing.TB) (near, far *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = a.Close(), c.Close() })
	return a.(*net.TCPConn), c.(*net.TCPConn)
}

// opaque is a connection that cannot be written to without waiting, as under TLS.
type opaque struct{ net.Conn }

// TestOutboxKeepsFramesWholeAndInOrder lets several goroutines put, flush and ping
// while the other end reads slowly, so that writes stop in the middle of frames.
func TestOutboxKeepsFramesWholeAndInOrder(t *testing.T) {
	for name, wrap := range map[string]func(net.Conn) net.Conn{
		"written at once":  func(c net.Conn) net.Conn { return c },
		"written in turns": func(c net.Conn) net.Conn { return opaque{c} },
	} {
		t.Run(name, func(t *testing.T) {
			near, far := pair(t)
			check(t, near.SetWriteBuffer(32<<10))
			o := newOutbox(wrap(near))
			const senders, each = 3, 60
			var all sync.WaitGroup
			for s := range senders {
				all.Go(func() {
					for i := range each {
						size := (i * 137 * (s + 1)) % 9000
						frame := fmt.Appendf(nil, "%d %d %s", s, i, bytes.Repeat([]byte{'x'}, size))
						for !o.put(frame) {
							time.Sleep(time.Millisecond) // the bound: this end is faster
						}
						if i%3 > 0 {
							_ = o.flush()
						}
						if i%10 == 0 {
							_, _ = o.Write([]byte{0x89, 0}) // a ping, as the library writes it
						}
					}
					_ = o.flush()
				})
			}
			slow := bufio.NewReaderSize(far, 256)
			next := [senders]int{}
			for got := 0; got < senders*each; {
				f, err := ws.ReadFrame(slow)
				check(t, err)
				if f.Header.OpCode == ws.OpPing {
					continue
				}
				got++
				var s, i int
				var rest string
				if n, _ := fmt.Sscan(string(f.Payload), &s, &i, &rest); n < 2 {
					t.Fatalf("frame %.40q", f.Payload)
				}
				if i != next[s] || len(rest) != (i*137*(s+1))%9000 {
					t.Fatalf("frame %d of sender %d with %d bytes, want frame %d", i, s, len(rest), next[s])
				}
				next[s]++
			}
			all.Wait()
			check(t, o.Close())
			o.end()
		})
	}
}

// BenchmarkFanOut sends one update to ten clients that keep up.
func BenchmarkFanOut(b *testing.B) {
	authority, dir := tlstest.New(b), b.TempDir()
	authority.Mount(dir, "shard")
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	check(b, err)
	server := &tls.Config{Certificates: []tls.Certificate{certificate}}
	client := &tls.Config{RootCAs: authority.Roots(), ServerName: "shard"}
	b.Run("plain", func(b *testing.B) {
		fanOut(b, func(near, far net.Conn) (net.Conn, net.Conn) { return near, far })
	})
	b.Run("TLS", func(b *testing.B) {
		fanOut(b, func(near, far net.Conn) (net.Conn, net.Conn) {
			return tls.Server(near, server), tls.Client(far, client)
		})
	})
}

// fanOut sends a frame to ten sockets and waits until all ten have it, as a table does.
func fanOut(b *testing.B, wrap func(near, far net.Conn) (net.Conn, net.Conn)) {
	payload := bytes.Repeat([]byte{'x'}, 800)
	size := len(appendText(nil, payload))
	var out [10]*outbox
	var on sync.WaitGroup
	for i := range out {
		a, c := pair(b)
		near, far := wrap(a, c)
		out[i] = newOutbox(near)
		go func() {
			for frame := make([]byte, size); ; on.Done() {
				if _, err := io.ReadFull(far, frame); err != nil {
					return
				}
			}
		}()
	}
	b.ReportAllocs()
	for b.Loop() {
		on.Add(len(out))
		for _, o := range out {
			if !o.put(payload) {
				b.Fatal("there is no room for one frame")
			}
			if err := o.flush(); err != nil {
				b.Fatal(err)
			}
		}
		on.Wait()
	}
}

// TestOutboxLetsCatchUp lets through what a client missed, within bounds of its
// own, and has its usual ones again when that is out.
func TestOutboxLetsCatchUp(t *testing.T) {
	near, far := pair(t)
	o := newOutbox(near)
	frame := bytes.Repeat([]byte("x"), 300)
	fill := func() (n int) {
		for o.put(frame) {
			n++
		}
		return n
	}
	o.widen()
	if n := fill(); n != catchUpFrames {
		t.Errorf("%d frames fit for who catches up, want %d", n, catchUpFrames)
	}
	read := make(chan error, 1)
	go func() {
		_, err := io.CopyN(io.Discard, far, int64(catchUpFrames*(len(frame)+4)))
		read <- err
	}()
	check(t, o.flush())
	check(t, <-read)
	o.writer.Wait()
	if n := fill(); n != outboxFrames {
		t.Errorf("%d frames fit afterwards, want %d", n, outboxFrames)
	}
	o.end()
}
