// SPDX-License-Identifier: Apache-2.0

// Package server is a shard's face: the WebSocket that clients play over, the
// front door and relay between shards, probes and metrics.
//
// A client may connect to any shard. If the session lives here its frames go to
// the session; if not, they are relayed to the owner, and when the owner changes
// the relay attaches to the next one. A connection remembers what its client has
// reached and which commands have no answer; that is all it needs to attach
// anywhere, so a client that stays on its socket while its session moves sees
// nothing but a short pause.
package server
