// SPDX-License-Identifier: Apache-2.0

// Package cluster starts, stops and inspects the two-node cluster, and gives it
// images. Starting and stopping can be repeated, also after a start or stop that
// ended half way.
package cluster
