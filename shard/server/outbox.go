// SPDX-License-Identifier: Apache-2.0

package server

import "sync"

const (
	outboxFrames = 256
	outboxBytes  = 256 << 10
)

// outbox is the queue of frames to one client. Past its bounds put refuses, and
// the client is closed with a code that tells it to resume: a slow reader costs
// nobody but itself.
type outbox struct {
	mu     sync.Mutex
	frames [][]byte
	bytes  int
	wake   chan struct{}
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// put queues a frame. An empty queue takes a frame of any size.
func (o *outbox) put(frame []byte) bool {
	o.mu.Lock()
	n := len(o.frames)
	if n > 0 && (n >= outboxFrames || o.bytes+len(frame) > outboxBytes) {
		o.mu.Unlock()
		return false
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
	o.mu.Unlock()
	if n == 0 { // otherwise the writer is awake already
		select {
		case o.wake <- struct{}{}:
		default:
		}
	}
	return true
}

// take returns everything queued, and keeps the slice it is given for reuse.
func (o *outbox) take(empty [][]byte) [][]byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.frames
	o.frames, o.bytes = empty[:0], 0
	return out
}
