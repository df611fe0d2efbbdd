// SPDX-License-Identifier: Apache-2.0

// Package dev is what `shard --dev` adds to a shard: a store in memory, a signing
// key and one sample session, all gone when the process ends. It is for who writes
// a game client, and nothing else in the module imports it.
package dev
