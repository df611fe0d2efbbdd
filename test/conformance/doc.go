// SPDX-License-Identifier: Apache-2.0

// Package conformance holds clients of the WebSocket protocol to what its
// documentation promises. Each file of scripts is a conversation that a shard, which
// the package plays, has with a client; docs/api.md says how to have another client
// take part. The Go client and the one in clients/ts pass all of them.
package conformance
