// SPDX-License-Identifier: Apache-2.0

// Package session is one live session on one shard.
//
// A [Session] is a single goroutine that owns the state: it decides commands
// against it, hands the resulting entries to the journal, and only when they
// are durable acknowledges them and shows them to the clients. While one batch
// is on its way the next one is decided, so that a slow disk makes batches
// larger and not the session slower.
//
// A [Standby] is the same state on the shard that is to take over: it follows
// the journal and becomes a Session by the takeover, which is the one commit
// point of a handoff.
//
// What must hold:
//
//   - an acknowledgement follows the durable, fenced append;
//   - a command that was applied is never applied again: the state keeps each
//     player's last counter and answers, and travels with them;
//   - nothing about an entry leaves before the entry is durable;
//   - state = fold(snapshot, entries) on every shard, byte for byte.
package session
