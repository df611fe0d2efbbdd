// SPDX-License-Identifier: Apache-2.0

// Package operator tests the controllers on a real API server and a real
// redis-server. What a cluster has besides is played by the tests: a kubelet
// that binds pods and calls them ready, and scripted shards that speak the
// registry and the journal.
package operator
