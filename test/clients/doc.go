// SPDX-License-Identifier: Apache-2.0

// Package clients plays real fights through clients that are not written in Go:
// the one in clients/ts, the tutorial's, and WebSockets of other people. Its tests
// need what npm installs (hack/gotest.sh clients).
package clients
