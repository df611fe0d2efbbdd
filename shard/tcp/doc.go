// SPDX-License-Identifier: Apache-2.0

// Package tcp reads and writes TCP sockets without telling the Go scheduler.
//
// A system call that is announced to the scheduler wakes its monitor, which then
// looks every 20 µs whether the call blocks: on a shard that sends a frame to each
// member of a table and then has nothing to do for a moment, that took 8 % of its
// CPU time. Sockets of the net package do not block, so nothing is lost: what
// cannot be done at once waits for the poller, as it does there.
package tcp
