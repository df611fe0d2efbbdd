// SPDX-License-Identifier: Apache-2.0

// Package limit says how often something may be done.
//
// A [Rule] allows so many in a span of time, at once or spread over it. A
// [Bucket] counts for one subject in this process; [Shared] counts in Redis, for
// all shards together. Both keep a single instant: when the bucket is full again.
package limit
