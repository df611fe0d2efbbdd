// SPDX-License-Identifier: Apache-2.0

// Package registry is where operator and shards meet: heartbeats, assignments,
// session specs, reports and drain marks in Redis. Neither side ever calls the
// other.
//
// Everything is level-triggered: the keys are the truth, pub/sub messages only
// say "look now", may be lost, and everyone also polls.
package registry
