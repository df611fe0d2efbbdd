// SPDX-License-Identifier: Apache-2.0

// Package wire holds the messages that game clients and shards exchange over
// WebSocket, the bodies of REST, the codes of errors and closes, and the document
// that a client keeps of its view.
//
// A frame is one WebSocket text message, a JSON object {"type": …, "data": {…}}.
// Four frame types carry an [Update]: state_update, action_resolve,
// initiative_roll and turn_change. Together they are one chain: every update
// says which version it starts from and which version it leads to, so that a
// client sees a hole the moment it appears. See [Document] for the rule.
//
// The package does no I/O and depends on nothing of this module: it is the
// vocabulary that the shard, the bots and every other client share.
package wire
