// SPDX-License-Identifier: Apache-2.0

// Package host is the set of sessions on one shard. It reads what the operator
// assigns to the shard and carries it out: it creates sessions, follows those
// that are to come, hands over those that are to go, and lets go of those that
// another shard owns.
//
// It is level-triggered: a message on the shard's wake channel only makes it
// look sooner, and everything it does can be done again. It never decides where
// a session lives; the operator does, and Redis' scripts have the last word.
package host
