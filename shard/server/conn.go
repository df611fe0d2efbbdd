// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// target is where a connection's commands go at the moment.
type target interface {
	// command passes a command on. It is called with the connection's lock held
	// and must not wait for whoever delivers to the connection. False means that
	// there is no room for it.
	command(d wire.ActionDeclare) bool
	sync(paths []string)
	// say passes on what the client says to the others, in a frame that was
	// checked. Like sync, it may wait.
	say(f wire.Frame, said session.Saying)
	// watch asks who is there, now and from now on.
	watch()
}

// conn is one WebSocket: a client's, or (peer) another shard's that relays one.
// One goroutine reads. Another one keeps it attached while its session lives
// elsewhere or is looked for; a session of this shard needs none. Who has something
// for the client writes it; see outbox.
type conn struct {
	srv     *Server
	id      string // session
	token   string
	claims  auth.Claims
	peer    bool
	root    string    // leads from the URL that the client used to the front door's
	address string    // of the client, for people who read logs
	begun   time.Time // of the handshake; zero: nobody wants to know
	awaits  *place    // opened ahead of a move: waits there for the session
	ws      *websocket.Conn

	out   *outbox
	first chan start
	open  atomic.Bool  // there is a WebSocket
	code  atomic.Int32 // of the shard's own close; 0: the client went
	ended atomic.Bool  // nothing is taken from or queued for the client any more
	last  chan closeReason
	done  chan struct{}

	attaches sync.WaitGroup // who finds something to attach to

	mu      sync.Mutex
	pending pending
	target  target // nil: attached to nothing right now
	parked  *local // the attachment to a session of this shard
	leaving bool   // nothing is attached to any more
	lost    bool   // nothing to attach to was found for a while
	synced  bool
	reached wire.Position // what the client has, once synced
	syncing bool          // the client asked for its view and has not got it
	asked   [][]string    // paths of sync_requests that came between two targets
	said    []line        // talk that came between two targets
	warm    *warmUp
	relayUp chan struct{} // of a peer: answers to its last relay_ahead
	movedTo string        // the new home that the client is to be told of
	takes   bool          // the client takes migrate_prepare
	watches bool          // the client wants to know who is there
	invited invitation    // the newest one
	strikes int           // of the reader, as the rest
	rate    limit.Bucket
	flood   int
	started bool
}

// start is what a client begins with: a resume, or nil for a sync.
type start struct {
	resume     *wire.Resume
	preconnect bool
}

type closeReason struct {
	code int
	text string
}

// maxStrikes is how often a connection may break the protocol.
const maxStrikes = 10

func (c *conn) init() {
	c.first = make(chan start, 1)
	c.last = make(chan closeReason, 1)
	c.done = make(chan struct{})
}

// run serves the connection to its end.
func (c *conn) run() {
	defer close(c.done)
	defer c.left()
	ctx, cancel := context.WithCancel(context.Background())
	expiry := time.AfterFunc(time.Until(c.claims.ExpiresAt()), func() {
		c.close(wire.CloseTokenExpired, "the session token has expired")
	})
	defer expiry.Stop()
	c.open.Store(true)
	c.sayGoodbye() // should it have been closed already
	ping, beat := c.every(ctx, c.srv.pace.ping, c.ping), c.every(ctx, c.srv.pace.heartbeat, c.beat)
	c.attaches.Go(func() { c.stayAttached(ctx) })
	c.read()
	cancel()
	_ = c.ws.Close() // whatever was left to say has been said
	ping.Stop()
	beat.Stop()
	c.unpark()
	c.attaches.Wait()
	c.out.end()
	c.dropWarm()
	c.relayReady() // nobody needs to wait for who is gone
}

// greet sends the first frame.
func (c *conn) greet() {
	c.send(wire.TypeConnectionEstablished, wire.ConnectionEstablished{
		SessionID: c.id, Player: c.claims.Player, Role: string(c.claims.Role), Shard: c.srv.Shard,
		Protocol: wire.Subprotocol, HeartbeatSeconds: int(c.srv.pace.heartbeat / time.Second),
	})
}

// every calls f at intervals until ctx ends.
func (c *conn) every(ctx context.Context, d time.Duration, f func()) *time.Timer {
	var t *time.Timer
	t = time.AfterFunc(time.Hour, func() {
		if ctx.Err() == nil && !c.ended.Load() {
			f()
			t.Reset(d)
		}
	})
	t.Reset(d)
	return t
}

func (c *conn) ping() {
	if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
		_ = c.ws.Close() // the reader notices
	}
}

func (c *conn) beat() {
	c.send(wire.TypeHeartbeat, wire.Heartbeat{ServerTime: time.Now().UnixMilli()})
}

// send sends a frame of this server's own.
func (c *conn) send(t wire.Type, data any) {
	c.put(wire.Encode(t, data))
	c.flush()
}

// put queues a frame, or closes the connection when it does not keep up. False
// means that the client gets nothing more.
func (c *conn) put(frame []byte) bool {
	if c.ended.Load() {
		return false
	}
	if c.out.put(frame) {
		c.srv.Metrics.framesOut.Inc()
		return true
	}
	c.srv.Metrics.slowConsumers.Inc()
	c.close(wire.CloseSlowConsumer, "too many frames were waiting; resume")
	return false
}

// flush sends what is queued. It does not wait for the client.
func (c *conn) flush() { _ = c.out.flush() } // a socket that failed is closed: the reader notices

// close ends the connection with a code, after what is queued. Only the first call
// counts. What the client sends from here on is not looked at, whether it answers
// the close or not.
func (c *conn) close(code int, text string) {
	if c.ended.Swap(true) {
		return
	}
	c.last <- closeReason{code, text}
	c.sayGoodbye()
}

// sayGoodbye sends the close frame, once there is a reason and a WebSocket, and
// gives the client a moment to answer.
func (c *conn) sayGoodbye() {
	if !c.open.Load() {
		return // run looks again
	}
	select {
	case r := <-c.last:
		c.srv.Metrics.closed(r.code)
		c.code.Store(int32(r.code))
		deadline := time.Now().Add(writeTimeout)
		if !c.peer { // a shard that relays says it itself
			_ = c.out.put(wire.Encode(wire.TypeConnectionError, wire.NewConnectionError(r.code, r.text)))
		}
		_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(r.code, r.text), deadline)
		c.out.finish(deadline, func() {
			time.AfterFunc(goodbyeTimeout, func() { _ = c.ws.Close() })
		})
	default:
	}
}

// forward queues a frame that the session meant for the client, and keeps track
// of what the client then has: it stands at a position (zero: where it stood),
// and has the answer to command n (0: to none).
func (c *conn) forward(t wire.Type, frame []byte, at wire.Position, n uint64) bool {
	c.mu.Lock()
	if !at.IsZero() {
		if !c.synced && !c.begun.IsZero() {
			c.srv.Metrics.connected(time.Since(c.begun))
		}
		c.reached, c.synced = at, true
		c.syncing = c.syncing && t != wire.TypeSyncResponse
	}
	if n > 0 {
		if t == wire.TypeRefusal {
			c.pending.refuse(n, frame)
		}
		c.pending.answered(n)
	}
	c.mu.Unlock()
	if t == wire.TypeResumed {
		c.out.widen()
	}
	return c.put(frame)
}

// offerMove tells a client where its session lives, so that it can leave this
// shard. One that does not is relayed as long as the shard is there.
func (c *conn) offerMove(reason string) {
	if c.peer {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
		defer cancel()
		owner, err := c.srv.Directory.Owner(ctx, c.id)
		if err != nil || owner.Shard == c.srv.Shard {
			return
		}
		c.mu.Lock()
		at := c.reached
		c.mu.Unlock()
		c.send(wire.TypeMoved, c.moved(owner.Shard, reason, at))
	}()
}

func (c *conn) moved(shard, reason string, at wire.Position) wire.Moved {
	return wire.Moved{
		URL:      c.urlAt(shard),
		Position: at, Token: c.token, Shard: shard, Reason: reason,
	}
}
