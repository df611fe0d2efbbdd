// SPDX-License-Identifier: Apache-2.0

// Package shardpool gives each ShardPool its pods, Services and disruption
// budget, and empties the shards that are to go.
//
// What is being drained is written on the pods themselves (a label and
// annotations), so that a restart of the operator goes on where it was. A shard
// that holds sessions or clients carries the label that the budget selects: an
// eviction waits until it is gone. The label is put on before a session is
// assigned (by package gamesession) and taken off here, only after a look at the
// API server itself.
package shardpool
