// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/binary"
	"net"
	"sync"
	"time"

	"gamesession.dev/operator/shard/tcp"
)

const (
	outboxFrames = 256
	outboxBytes  = 256 << 10
	// catchUpFrames and catchUpBytes are the bounds for who has come back: what it
	// missed, all that a session keeps at hand, comes at once.
	catchUpFrames = 1280
	catchUpBytes  = 1 << 20
	// chunkBytes is what one blocking write carries: a slow client has the time
	// of a write for each, as it would for a frame.
	chunkBytes = 16 << 10
	// keptBytes is how large a buffer is kept for the next connection.
	keptBytes = 16 << 10
)

// outbox is what is on its way to one client, and the only way there: it takes
// the place of the socket for the WebSocket library, too, whose control frames
// queue behind the others. Past its bounds put refuses, and the client is closed
// with a code that tells it to resume: a slow reader costs nobody but itself.
//
// Whoever flushes writes, as much as the socket takes at once; only for the rest a
// goroutine is started, which writes until there is none. So a frame to a client
// that keeps up costs no switch to another goroutine, and what has queued goes
// out in one write.
type outbox struct {
	net.Conn // reads, and everything but writing

	socket *tcp.Conn // nil: the connection takes no write that does not block

	mu      sync.Mutex
	queue   []byte  // whole frames, but for the first, of which a part may be gone
	buffer  *[]byte // of buffers, under queue; nil when it is not one of them
	frames  int     // put since the queue was empty
	bytes   int     // of these frames
	catchUp bool    // until the queue is empty again
	writing bool    // the goroutine is at it, with frames of its own
	failed  error
	last    time.Time // by when all must be out; zero: no hurry
	after   func()    // to be called once all is out; nil: nothing
	writer  sync.WaitGroup
}

// buffers are for those connections that have something to write.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

func newOutbox(c net.Conn) *outbox {
	if own, ok := tcp.New(c); ok {
		return &outbox{Conn: own, socket: own}
	}
	return &outbox{Conn: c}
}

// put queues a text frame. An empty queue takes a frame of any size.
func (o *outbox) put(payload []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	frames, size := outboxFrames, outboxBytes
	if o.catchUp {
		frames, size = catchUpFrames, catchUpBytes
	}
	if o.frames > 0 && (o.frames >= frames || o.bytes+len(payload) > size) {
		return false
	}
	o.grow()
	o.queue = appendText(o.queue, payload)
	o.frames++
	o.bytes += len(payload)
	return true
}

// widen lets through what a client missed, until that is out.
func (o *outbox) widen() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.catchUp = true
}

// appendText appends a text frame as a server sends it, in one piece.
func appendText(out, payload []byte) []byte {
	const finText = 0x81
	switch n := len(payload); {
	case n < 126:
		out = append(out, finText, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, finText, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, finText, 127), uint64(n))
	}
	return append(out, payload...)
}

func (o *outbox) grow() {
	if o.queue == nil {
		o.buffer = buffers.Get().(*[]byte)
		o.queue = *o.buffer
	}
}

// Write queues a frame of the WebSocket library and flushes.
func (o *outbox) Write(frame []byte) (int, error) {
	o.mu.Lock()
	o.grow()
	o.queue = append(o.queue, frame...)
	o.mu.Unlock()
	return len(frame), o.flush()
}

// SetWriteDeadline does nothing: writing has times of its own.
func (*outbox) SetWriteDeadline(time.Time) error { return nil }

// flush sends what is queued. It never waits; the error is that of an earlier
// write, or that of this one.
func (o *outbox) flush() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed != nil || o.writing || len(o.queue) == 0 {
		return o.failed
	}
	if o.socket != nil {
		o.attempt()
		if o.failed != nil || len(o.queue) == 0 {
			return o.failed
		}
	}
	o.writing = true
	o.writer.Go(o.drain)
	return nil
}

// attempt writes what the socket takes at once. The caller holds mu.
func (o *outbox) attempt() {
	n, err := o.socket.TryWrite(o.queue)
	switch {
	case err != nil:
		o.fail(err)
	case n == len(o.queue):
		o.release()
	default:
		o.queue = o.queue[n:]
	}
}

// fail ends the connection; its reader notices. The caller holds mu.
func (o *outbox) fail(err error) {
	if o.failed == nil {
		o.failed = err
	}
	_ = o.Close()
}

// release empties the queue and gives its buffer back. The caller holds mu.
func (o *outbox) release() {
	if o.buffer != nil && cap(o.queue) <= keptBytes {
		*o.buffer = o.queue[:0]
		buffers.Put(o.buffer)
	}
	o.queue, o.buffer, o.frames, o.bytes, o.catchUp = nil, nil, 0, 0, false
}

// drain writes until nothing is queued.
func (o *outbox) drain() {
	for {
		o.mu.Lock()
		if len(o.queue) == 0 || o.failed != nil {
			o.writing, o.catchUp = false, false
			after := o.after
			o.after = nil
			o.mu.Unlock()
			if after != nil {
				after()
			}
			return
		}
		batch, last := o.queue, o.last
		o.queue, o.buffer, o.frames, o.bytes = nil, nil, 0, 0
		o.mu.Unlock()
		if err := o.writeAll(batch, last); err != nil {
			o.mu.Lock()
			o.fail(err)
			o.mu.Unlock()
		}
	}
}

func (o *outbox) writeAll(batch []byte, last time.Time) error {
	for len(batch) > 0 {
		deadline := last
		if deadline.IsZero() {
			deadline = time.Now().Add(writeTimeout)
		}
		if err := o.Conn.SetWriteDeadline(deadline); err != nil {
			return err
		}
		n, err := o.Conn.Write(batch[:min(len(batch), chunkBytes)])
		if err != nil {
			return err
		}
		batch = batch[n:]
	}
	return o.Conn.SetWriteDeadline(time.Time{})
}

// finish bounds when everything must be out, and has a function called then.
func (o *outbox) finish(last time.Time, after func()) {
	o.mu.Lock()
	o.last = last
	if o.writing {
		o.after = after
		after = nil
	}
	o.mu.Unlock()
	if after != nil {
		after()
	}
}

// end gives up what is queued, once the socket is closed, and returns when nobody
// writes any more.
func (o *outbox) end() {
	o.mu.Lock()
	o.fail(net.ErrClosed)
	o.mu.Unlock()
	o.writer.Wait()
}
