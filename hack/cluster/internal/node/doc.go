// SPDX-License-Identifier: Apache-2.0

// Package node renders what one node runs with: containerd's, the pod network's
// and the kubelet's configuration and command lines. It starts and writes
// nothing.
package node
