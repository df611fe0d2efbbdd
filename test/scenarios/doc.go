// SPDX-License-Identifier: Apache-2.0

// Package scenarios plays every fight that is shipped from its start to its end, as
// it is played in earnest: real shards around a real redis-server, a bot on a
// WebSocket for each player, a relay that holds every frame against its schema, and a
// move to another shard in the middle.
package scenarios
