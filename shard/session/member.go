// SPDX-License-Identifier: Apache-2.0

package session

import (
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Message is one frame for one or many clients, encoded once. It must not be
// written to.
type Message struct {
	Type  wire.Type
	Bytes []byte
	// Position is what the client has reached when it has this message; zero
	// for messages that are not part of the chain.
	Position wire.Position
	// N is the counter of the command that this message answers, else 0.
	N uint64
}

// Subscriber is a client's connection as the session sees it. Its methods are
// called from the session's goroutine and must not block.
type Subscriber interface {
	// Deliver queues one message. False means that the queue is full: the
	// session lets the subscriber go, which then has to close the connection.
	Deliver(Message) bool
	// Flush sends what was delivered: nothing follows at once.
	Flush()
	// Detached says that the session ended here, and why: a [*FencedError] when
	// it has another owner, [ErrStopped] or [ErrOverflow]. It is called once.
	Detached(cause error)
	// HandoffAhead says that the session is about to move to a shard, so that a
	// connection to it can be opened beforehand. The channel is closed when that
	// has been done or has failed.
	HandoffAhead(shard string, epoch uint64) <-chan struct{}
}

// Member is one client's place in a session. Its methods are safe for
// concurrent use; after Detached they do nothing.
type Member struct {
	session *Session
	sub     Subscriber
	claims  auth.Claims
	actor   rules.Actor
	view    viewName
	acts    bool // it may declare actions
	talks   bool // it may say something to the others
	watches bool // it is told who comes and goes; owned by the session's goroutine, as the next
	gone    bool
	unsent  bool // something was delivered since the last flush
}

// Command hands a command to the session. It never blocks; false means that the
// inbox is full and the command was not taken.
func (m *Member) Command(d wire.ActionDeclare) bool {
	select {
	case m.session.inbox <- m.begin(d):
		return true
	default:
		return false
	}
}

// Sync asks for the view as it is; with paths, for a part of it. It waits while
// the session is busy, so it must not be called from Deliver.
func (m *Member) Sync(paths []string) {
	m.session.post(func() { m.session.sync(m, paths) })
}

// Leave ends the membership.
func (m *Member) Leave() {
	m.session.post(func() { m.session.drop(m) })
}

// deliver sends a message, or lets the member go when its queue is full.
func (m *Member) deliver(msg Message) {
	if m.gone {
		return
	}
	if !m.sub.Deliver(msg) {
		m.session.drop(m)
		m.sub.Detached(ErrOverflow)
		return
	}
	if !m.unsent {
		m.unsent = true
		m.session.unsent = append(m.session.unsent, m)
	}
}

func (m *Member) ack(a Answer, repeated bool) {
	m.deliver(Message{
		Type: wire.TypeAck,
		N:    a.N,
		Bytes: wire.EncodeAck(wire.Ack{
			N: a.N, ActionID: a.ActionID, Position: wire.Position(a.Position), Repeated: repeated,
		}),
	})
}

func (m *Member) refuse(d wire.ActionDeclare, no *refusal) {
	m.deliver(Message{
		Type: wire.TypeRefusal,
		N:    d.N,
		Bytes: wire.Encode(wire.TypeRefusal, wire.Refusal{
			N: d.N, ActionID: d.ActionID, Code: no.code, Message: no.message, Details: no.details, Retry: no.retry,
		}),
	})
}
