// SPDX-License-Identifier: Apache-2.0

// Package check judges, while bots play, whether what the shards tell them
// keeps the promises: every client sees every event once and in order, every
// acknowledged command shows in its player's own stream, all clients of a view
// hold the same document at the same position, epochs never fall. It also
// measures the pauses that changes of owner cost.
//
// It is pure: what happened comes in, with its time; violations come out.
package check

// Violation is a promise that was broken. The kinds are a closed set.
type Violation struct {
	Kind   Kind
	Detail string
}

// String is what reports show.
func (v Violation) String() string { return string(v.Kind) + ": " + v.Detail }

// Kind names a promise that was broken.
type Kind string

// The kinds of violations.
const (
	Hole        Kind = "hole"         // a link of the chain is missing
	Twice       Kind = "twice"        // an update, or a command, came about twice
	AckUnseen   Kind = "ack_unseen"   // an acknowledged command is not in its player's stream
	AckMoved    Kind = "ack_moved"    // ... or it is there, but elsewhere
	AckOrder    Kind = "ack_order"    // a later command was applied before an earlier one
	EpochFell   Kind = "epoch_fell"   // a connection, or a player's commands, went back in epoch
	Diverged    Kind = "diverged"     // a document's hash is not the one the shard states
	Disagree    Kind = "disagree"     // two clients of one view differ at one position
	HistoryLost Kind = "history_lost" // the shard says that acknowledged history is gone
	Closed      Kind = "closed"       // a client that ignores moves saw a close
	Ended       Kind = "ended"        // a client was told not to come back
	Protocol    Kind = "protocol"     // a frame could not be understood
	Silent      Kind = "silent"       // a session took no command
	BadView     Kind = "bad_view"     // a view lacks what a player needs to play
)
