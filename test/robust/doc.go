// SPDX-License-Identifier: Apache-2.0

// Command robust plays short histories on real processes while it hurts them,
// and judges each by what Redis has on disk and what the clients were told. A
// seed names a history; docs/robustness.md says what is proved and how.
//
//	robust -histories 100 -seed 1 -parallel 2     many histories
//	robust -seed 1 -history 17                    one of them again
//	robust -plants                                find every planted bug
//
// It exits with 1 on an anomaly, on a check that ran out of time, and when too
// many histories proved nothing.
package main
