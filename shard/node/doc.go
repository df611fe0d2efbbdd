// SPDX-License-Identifier: Apache-2.0

// Package node wires one shard process together: it starts the parts, keeps the
// heartbeat, drains when it is told to and stops in order.
//
// A node starts without Redis and goes on without it: it is alive, not ready,
// and says why. It holds no Kubernetes credentials and calls nobody but Redis
// and the other shards of its pool.
package node
