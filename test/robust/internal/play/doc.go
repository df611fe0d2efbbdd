// SPDX-License-Identifier: Apache-2.0

// Package play plays the sessions of a stage as clients do, through a front
// door that leads to any ready shard, and records everything that they are told.
package play
