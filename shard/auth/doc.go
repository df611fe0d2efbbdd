// SPDX-License-Identifier: Apache-2.0

// Package auth says who a client is: session tokens, the keys that sign them,
// and roles.
//
// A session token binds one session, one player, one role and an expiry. Any
// shard of a pool can check it alone, with the pool's key Secret; no call
// leaves the process.
package auth
