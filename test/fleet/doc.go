// SPDX-License-Identifier: Apache-2.0

// Package fleet runs real shard processes and a real redis-server by hand, with
// a test in the operator's place: it assigns, moves and fails over. Nothing of
// Kubernetes is needed for it.
package fleet
