// SPDX-License-Identifier: Apache-2.0

// Package client keeps one player at one session, whatever happens in between:
// it holds the view as a document, sends commands and resends those without an
// answer, reconnects and resumes, and follows a session to its new owner.
//
// What it promises to its caller:
//
//   - The document only ever moves forward along the chain of updates, or is
//     replaced whole by a sync. Every link is reported once, in order.
//   - A command keeps its counter and its id until it is answered. It is sent
//     again after each reconnect, in order and before anything newer; the
//     session applies it once.
//   - Following a move never leaves a gap: the new connection is live before
//     the old one is closed.
//   - Everything is bounded: commands without an answer, frames on their way
//     out, waits between attempts.
//
// One goroutine owns all of a client's state; each connection has one reader
// and one writer. Observers are called from the owning goroutine, one event
// after the other.
package client
