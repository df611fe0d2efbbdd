// SPDX-License-Identifier: Apache-2.0

package redisaddr_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/test/redistest"
)

// ping dials an address, once.
func ping(t *testing.T, a redisaddr.Address) error {
	t.Helper()
	opt, err := a.Options()
	if err != nil {
		t.Fatal(err)
	}
	opt.MaxRetries, opt.DialerRetries = -1, 1
	opt.DialTimeout, opt.ReadTimeout = 20*time.Second, 20*time.Second
	client := redis.NewClient(opt)
	defer func() { _ = client.Close() }()
	return client.Ping(t.Context()).Err()
}

// TestTLS: a real redis-server, which is trusted only if it is the right one. A
// server that is not is never sent a command.
func TestTLS(t *testing.T) {
	dir, ca := mount(t, "127.0.0.1")
	_, other := mount(t, "127.0.0.1")
	server := redistest.StartTLS(t, dir)
	for name, tc := range map[string]struct {
		at   redisaddr.Address
		want string // of the error; empty: there is none
	}{
		"its CA":           {redisaddr.Address{URL: server.URL(), CA: ca}, ""},
		"one of two":       {redisaddr.Address{URL: server.URL(), CA: other + ca}, ""},
		"unverified":       {redisaddr.Address{URL: server.URL() + "?skip_verify=true"}, ""},
		"the system's":     {redisaddr.Address{URL: server.URL()}, "unknown authority"},
		"another CA":       {redisaddr.Address{URL: server.URL(), CA: other}, "unknown authority"},
		"another name":     {redisaddr.Address{URL: strings.Replace(server.URL(), "127.0.0.1", "localhost", 1), CA: ca}, "localhost"},
		"an old TLS there": {redisaddr.Address{URL: "rediss://" + oldServer(t, dir), CA: ca}, "version"},
		"nobody there":     {redisaddr.Address{URL: "rediss://127.0.0.1:1", CA: ca}, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			err := ping(t, tc.at)
			if tc.want == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			op, is := errors.AsType[*net.OpError](err)
			if !is || op.Op != "dial" || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one of dialling with %q", err, tc.want)
			}
		})
	}
}

// oldServer speaks nothing newer than TLS 1.1.
func oldServer(t *testing.T, dir string) (addr string) {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, func(conn net.Conn) {
		_ = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}).Handshake()
	})
}

// serve handles connections one by one until the test ends.
func serve(t *testing.T, handle func(net.Conn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			handle(conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

// TestSilence: a server that shakes no hands is waited for no longer than the context
// says.
func TestSilence(t *testing.T) {
	accepted, over := make(chan struct{}), make(chan struct{})
	addr := serve(t, func(net.Conn) { close(accepted); <-over })
	t.Cleanup(func() { close(over) })
	opt, err := redisaddr.Address{URL: "rediss://" + addr}.Options()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	dialled := make(chan error, 1)
	go func() {
		_, err := opt.Dialer(ctx, "tcp", addr)
		dialled <- err
	}()
	<-accepted
	cancel()
	select {
	case err := <-dialled:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that it was cancelled", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it still waits")
	}
}

// TestRestart: idle connections to a server that was restarted are not used again.
func TestRestart(t *testing.T) {
	dir, ca := mount(t, "127.0.0.1")
	server := redistest.StartTLS(t, dir)
	opt, err := redisaddr.Address{URL: server.URL(), CA: ca}.Options()
	if err != nil {
		t.Fatal(err)
	}
	opt.MaxRetries = -1
	opt.DialTimeout, opt.ReadTimeout = 20*time.Second, 20*time.Second
	client := redis.NewClient(opt)
	defer func() { _ = client.Close() }()
	for name, end := range map[string]func(){
		"kill":     server.Kill,
		"shutdown": func() { _ = client.Shutdown(t.Context()).Err(); <-server.Exited(); server.Kill() },
	} {
		fill(t, client, 8)
		end()
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			if err := client.Ping(t.Context()).Err(); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
		}
	}
	if stats := client.PoolStats(); stats.Hits == 0 {
		t.Errorf("no connection was used twice: %+v", stats)
	}
}

// fill leaves n idle connections with a client, each of which was used.
func fill(t *testing.T, client *redis.Client, n int) {
	t.Helper()
	for range n {
		one := client.Conn()
		defer func() { _ = one.Close() }()
		if err := one.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
}
