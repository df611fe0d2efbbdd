// SPDX-License-Identifier: Apache-2.0

// Package certs holds the certificate of a mounted Secret: what a shard shows to
// clients and to other shards, and by what it knows the other shards of its pool.
//
// A certificate that is renewed is taken in while the shard runs; connections that
// are open stay as they are.
package certs
