// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"time"

	"gamesession.dev/operator/shard/wire"
)

// Event is something that happened to a client: one of [Connected], [Live],
// [Applied], [Synced], [HistoryLost], [Answered], [Prepared], [Moved],
// [Closed], [OpenFailed] and [Fault]. Link numbers a client's connections from 1.
type Event interface{ event() }

// Connected says that a connection was opened and that a shard greeted.
type Connected struct {
	Link  uint64
	URL   string
	Shard string
	Role  string // the player's now
}

// Live says that a connection carries the chain from now on: it was synced or
// resumed. Followed says that it took over from an older one that was still
// open; Awaited, that it was opened ahead of the move; Resumed, that the chain
// went on without a sync.
type Live struct {
	Link     uint64
	Position wire.Position // where the chain goes on
	Current  wire.Position // where the session is
	Resumed  bool
	Followed bool
	Awaited  bool
}

// Applied says that the document took a link of the chain. The update must not
// be written to.
type Applied struct {
	Link   uint64
	Type   wire.Type
	Update wire.Update
}

// Synced says that the document was replaced whole. It stood at Before.
type Synced struct {
	Link             uint64
	Before, Position wire.Position
	Hash             string
	// Lost says that the shard announced it: the client's history was lost.
	Lost bool
}

// HistoryLost says that the client's position is not part of the session's
// history any more. A [Synced] follows.
type HistoryLost struct {
	Link   uint64
	Reason string
}

// Answered says that a command has its answer.
type Answered struct{ Answer }

// Prepared says that the shard told of a move to come, with the epoch that will
// begin with it. Take says whether the client connects ahead of it.
type Prepared struct {
	Link  uint64
	Epoch uint64
	Shard string
	Take  bool
}

// Moved says that the shard told of a new owner. Follow says whether the
// client goes there.
type Moved struct {
	Link     uint64
	Position wire.Position
	Shard    string
	Reason   string
	Follow   bool
}

// Closed says that a connection ended that the client did not end itself. Code
// is 1006 when it was cut without a close frame.
type Closed struct {
	Link   uint64
	Code   int
	Reason string
	// WasLive says that the connection carried the chain.
	WasLive bool
	// Epoch is the epoch of the client's document at that moment.
	Epoch uint64
}

// OpenFailed says that an attempt to connect came to nothing. Follow says that
// it was one to the new owner, after a move or ahead of it.
type OpenFailed struct {
	Link   uint64
	Follow bool
	Err    error
}

// Fault says that a shard broke the protocol or a promise: Err wraps one of
// [wire.ErrHole], [wire.ErrDiverged], [ErrTwoAnswers], [ErrEpochFell] and
// [ErrProtocol].
type Fault struct {
	Link uint64
	Err  error
}

// Talk is what a member said, or who is there: Data points to one of the wire
// package's ChatSaid, EmoteMade, MapPinged, PlayerTyping, Presence and PresenceChange.
type Talk struct {
	Type wire.Type
	Data any
}

func (Talk) event()        {}
func (Connected) event()   {}
func (Live) event()        {}
func (Applied) event()     {}
func (Synced) event()      {}
func (HistoryLost) event() {}
func (Answered) event()    {}
func (Prepared) event()    {}
func (Moved) event()       {}
func (Closed) event()      {}
func (OpenFailed) event()  {}
func (Fault) event()       {}

// Errors that a [Fault] wraps.
var (
	// ErrTwoAnswers says that one command was acknowledged at two positions.
	ErrTwoAnswers = errors.New("two answers to one command")
	// ErrEpochFell says that a connection carried a lower epoch behind a
	// higher one.
	ErrEpochFell = errors.New("epoch fell on a connection")
	// ErrProtocol says that a frame could not be understood.
	ErrProtocol = errors.New("frame against the protocol")
)

// Answer is what became of a command.
type Answer struct {
	N        uint64
	ActionID string
	// Position is the entry that holds what the command did; zero when refused.
	Position wire.Position
	// Repeated says that the session had applied the command before this
	// answer to it: an earlier one was lost on its way.
	Repeated bool
	// Refusal is nil when the command was applied.
	Refusal *wire.Refusal
	// Declared is when the client took the command, Received when it had the
	// answer. Both carry the monotonic clock.
	Declared, Received time.Time
	// Sends is how often the command was sent.
	Sends int
}
