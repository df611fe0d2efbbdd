// SPDX-License-Identifier: Apache-2.0

// Package proc starts long-lived processes that outlive this program, records
// what it started, and later stops exactly those: a record names the pid with
// its start time and the boot, so a reused pid is never signalled.
package proc
