// SPDX-License-Identifier: Apache-2.0

// Package journal keeps the journals of sessions and decides who may write them.
//
// One session has one stream of entries. An entry holds all events of one
// command, freeze, thaw or takeover and is numbered by a Position: the epoch of
// the owner that wrote it and its version. Versions have no holes, epochs never
// fall, and one epoch has one writer.
//
// Three guards hold that, each of them on its own: an append is refused when the
// caller is not the owner (shard, incarnation and epoch), when the last entry is
// not the one the caller expects, and by the stream itself when an id does not
// grow. Every change of owner is one script and therefore one commit point.
//
// Redis is the store of production, Memory its twin for tests; the suite in
// package journaltest runs on both.
package journal
