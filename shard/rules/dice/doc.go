// SPDX-License-Identifier: Apache-2.0

// Package dice parses dice notation and rolls dice.
//
// Parse reads the plain dice of stat blocks, such as 2d6+3. ParseFormula reads
// what people write at a table: dice that are kept, dropped, rerolled, bounded
// or explode, with arithmetic and labels, all within hard limits.
//
// Counter is the generator of live games: the n-th die of a session depends
// on the session's seed and on n alone, so a shard that takes a session over
// rolls on exactly where the last owner stopped, and a replay needs neither
// clock nor luck. Listed is the generator of tests: it gives the faces a test
// wrote down and tells when any of them was left over.
package dice
