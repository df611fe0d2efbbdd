// SPDX-License-Identifier: Apache-2.0

// Package health says which shards are alive.
//
// A heartbeat is a counter. [Ager] ages it on the operator's own monotonic
// clock; no time of a shard or of Redis is read. [Watcher] feeds it: it polls
// the heartbeats of one pool and tells who wants to know what changed. [Pools]
// keeps one Watcher for each pool.
//
// No shard is called dead before Redis has been healthy for one full lease. If
// most shards of a pool are silent at once they are Held, not Dead: Redis or the
// network is likelier than that many deaths. Another incarnation that beats
// under the name of a shard means that the one before it is dead now.
package health
