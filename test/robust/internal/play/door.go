// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/test/robust/internal/stage"
)

// door is the front door for one client: it leads each new connection to any
// shard that is ready, and can cut those that are open.
type door struct {
	ready func() []*stage.Shard

	mu    sync.Mutex
	conns map[net.Conn]bool
	small bool // give new connections a small window
	// asleep, when set, is closed to end a stall: until then nothing is read.
	asleep chan struct{}
}

func newDoor(ready func() []*stage.Shard) *door {
	return &door{ready: ready, conns: map[net.Conn]bool{}}
}

var errNoShard = errors.New("no shard is ready")

func (d *door) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	shards := d.ready()
	if len(shards) == 0 {
		return nil, errNoShard
	}
	var dialer net.Dialer
	c, err := dialer.DialContext(ctx, "tcp", shards[rand.IntN(len(shards))].Clients.Addr())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if tcp, is := c.(*net.TCPConn); is && d.small {
		_ = tcp.SetReadBuffer(4096)
	}
	d.conns[c] = true
	return &leaving{Conn: c, door: d}, nil
}

func (d *door) dialer() *websocket.Dialer {
	return &websocket.Dialer{NetDialContext: d.dial, HandshakeTimeout: 5 * time.Second}
}

// slam ends every open connection without a word.
func (d *door) slam() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		_ = c.Close()
	}
	clear(d.conns)
}

type leaving struct {
	net.Conn
	door *door
}

func (l *leaving) Close() error {
	l.door.mu.Lock()
	delete(l.door.conns, l.Conn)
	l.door.mu.Unlock()
	return l.Conn.Close()
}

// Read waits while the door is stalled.
func (l *leaving) Read(b []byte) (int, error) {
	l.door.mu.Lock()
	asleep := l.door.asleep
	l.door.mu.Unlock()
	if asleep != nil {
		<-asleep
	}
	return l.Conn.Read(b)
}

// stall stops all reading, or lets it go on.
func (d *door) stall(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if on {
		d.asleep = make(chan struct{})
	} else if d.asleep != nil {
		close(d.asleep)
		d.asleep = nil
	}
}
