// SPDX-License-Identifier: Apache-2.0

// Package sim plays whole installations in virtual time: the real sessions,
// hosts, reconciler, planner and ager, between a store that crashes and loses
// what it had not replicated, a network that delays, loses and cuts, shards and
// operators that die and freeze, and clients that send again what has no
// answer.
//
// A seed fixes what goes wrong and when, what the clients do, and every delay of
// the network. The order of goroutines that are ready at the same instant is the
// scheduler's; a rerun of a seed is therefore repeated a few times.
//
// [Run] plays one seed inside a testing/synctest bubble and returns what it
// found: a promise that was broken is an anomaly, and so is a session that is
// not playable again a minute after everything was healed.
package sim
