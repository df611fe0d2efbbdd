// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"time"

	"github.com/gorilla/websocket"
)

// warmUp is a relay connection that is opened before it is needed, so that a
// handoff does not wait for it.
type warmUp struct {
	shard  string
	opened chan struct{} // closed when ws is final
	ws     *websocket.Conn
}

// warmFor is how long a connection that was not needed is kept.
const warmFor = 20 * time.Second

// warmUp opens a connection to a shard. The channel is closed when it is open or
// has failed.
func (c *conn) warmUp(shard string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.warm != nil && c.warm.shard == shard {
		return c.warm.opened
	}
	w := &warmUp{shard: shard, opened: make(chan struct{})}
	if old := c.warm; old != nil {
		go old.drop()
	}
	c.warm = w
	go func() {
		defer close(w.opened)
		ws, err := c.dial(context.Background(), shard, c.token)
		if err != nil {
			return // attaching dials again, and then it matters
		}
		w.ws = ws
	}()
	time.AfterFunc(warmFor, func() {
		c.mu.Lock()
		mine := c.warm == w
		if mine {
			c.warm = nil
		}
		c.mu.Unlock()
		if mine {
			w.drop()
		}
	})
	return w.opened
}

// keepWarm takes a connection that has been opened already.
func (c *conn) keepWarm(shard string, ws *websocket.Conn) {
	w := &warmUp{shard: shard, opened: make(chan struct{}), ws: ws}
	close(w.opened)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.warm = w
}

// upstream returns a connection to a shard: the warm one, or a new one.
func (c *conn) upstream(ctx context.Context, shard string) (*websocket.Conn, error) {
	c.mu.Lock()
	w := c.warm
	c.warm = nil
	c.mu.Unlock()
	if w != nil {
		if w.shard != shard {
			go w.drop()
		} else if <-w.opened; w.ws != nil {
			return w.ws, nil
		}
	}
	return c.dial(ctx, shard, c.token)
}

func (c *conn) dropWarm() {
	c.mu.Lock()
	w := c.warm
	c.warm = nil
	c.mu.Unlock()
	if w != nil {
		go w.drop()
	}
}

func (w *warmUp) drop() {
	<-w.opened
	if w.ws != nil {
		_ = w.ws.Close()
	}
}
