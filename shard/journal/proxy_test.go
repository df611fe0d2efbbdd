// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy passes bytes between clients and a server and can lose what the server
// says, or what it is told. What is lost costs the connection: so a client learns of
// it at once, and only after the server has done what it answers.
type proxy struct {
	listener      net.Listener
	loseReplies   atomic.Bool
	loseRequests  atomic.Bool
	mu            sync.Mutex
	conns         []net.Conn
	bytesToServer atomic.Int64
}

func startProxy(t *testing.T, server string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{listener: l}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			upstream, err := net.Dial("tcp", server)
			if err != nil {
				_ = client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, upstream)
			p.mu.Unlock()
			running.Go(func() { p.pass(upstream, client, &p.loseRequests, &p.bytesToServer) })
			running.Go(func() { p.pass(client, upstream, &p.loseReplies, nil) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.cut()
		running.Wait()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

// cut closes every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

func (p *proxy) pass(to io.WriteCloser, from io.ReadCloser, lose *atomic.Bool, count *atomic.Int64) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if count != nil {
			count.Add(int64(n))
		}
		if lose.Load() {
			_ = from.Close()
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
