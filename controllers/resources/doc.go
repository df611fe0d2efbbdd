// SPDX-License-Identifier: Apache-2.0

// Package resources builds the objects a pool consists of: shard Pods, the
// headless and the front-door Service, and the disruption budget. It is pure:
// the same pool gives the same objects, byte for byte.
//
// Pods satisfy the restricted Pod Security Standard, run with a read-only root
// file system, and hold no credentials for the Kubernetes API.
package resources
