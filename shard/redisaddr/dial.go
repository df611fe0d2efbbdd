// SPDX-License-Identifier: Apache-2.0

package redisaddr

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
)

// dialer connects by TLS for as long as the context lasts, which that of go-redis does
// not heed. A handshake that fails is a failure to dial and named so: no command was
// sent.
func dialer(config *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &tls.Dialer{Config: config}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, addr)
		if err == nil {
			return conn{c.(*tls.Conn)}, nil
		}
		if op, is := errors.AsType[*net.OpError](err); is && op.Op == "dial" {
			return nil, err
		}
		return nil, &net.OpError{Op: "dial", Net: network, Err: fmt.Errorf("TLS with %s: %w", addr, err)}
	}
}

// conn lets go-redis see that a server has hung up, before it takes an idle connection
// for the next command. It looks for that at sockets, which a tls.Conn does not show:
// each idle connection would then fail one command after a restart of Redis.
type conn struct{ *tls.Conn }

var _ syscall.Conn = conn{}

// SyscallConn is the socket below.
func (c conn) SyscallConn() (syscall.RawConn, error) {
	socket, is := c.NetConn().(syscall.Conn)
	if !is {
		return nil, errors.New("the connection has no socket")
	}
	return socket.SyscallConn()
}
