// SPDX-License-Identifier: Apache-2.0

// Package sock has WebSocket connections for a client that loads a server from
// the same machine and must cost little itself: raw sockets, one epoll loop, no
// goroutine and no buffer for each connection. It speaks only what the servers
// under test speak, and it masks with zeros: the frames of such a client look
// like any other's, but no proxy is kept from reading them.
package sock
