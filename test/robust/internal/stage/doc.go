// SPDX-License-Identifier: Apache-2.0

// Package stage builds the world of one history and takes it down again: a real
// redis-server (with a replica in some), real shard processes, a proxy on every
// link between them, and the operator's own reconcilers on a simulated API
// server, with a kubelet that runs the pods they make.
package stage
