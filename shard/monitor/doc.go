// SPDX-License-Identifier: Apache-2.0

// Package monitor doubts the sessions of a shard while they are played. One
// after the other, at a bounded rate, it takes what a live session holds at a
// durable position, replays snapshot and entries from the journal up to there,
// and compares: state and every view must be the same, byte for byte. Whatever
// makes them differ (a fold that depends on something outside of the state,
// memory that was written to, a journal that was changed) would show at the next
// takeover at the latest; here it shows in play, with the evidence.
//
// What it costs is bounded: one check at a time, and a rest behind each that is
// many times as long. A session waits for one encoding of its state.
package monitor
