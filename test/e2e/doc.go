// SPDX-License-Identifier: Apache-2.0

// Package e2e plays fights on a real cluster and hurts it: drain, SIGKILL,
// rollout, an operator killed in the middle of moves, a shard stopped beyond its
// lease and woken, the control plane away. At the end no acknowledged command
// may be lost and none applied twice.
//
// Its tests have the build tag e2e; hack/e2e.sh runs them with the programs and
// images that they need.
package e2e
