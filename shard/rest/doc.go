// SPDX-License-Identifier: Apache-2.0

// Package rest is the REST interface of a shard: sessions for who has no
// connection to them.
//
// Any shard answers for any session. The one that a request comes to checks what
// can be checked without the session, and carries the request out if the session
// lives there; otherwise it passes it on to the owner, over one hop, and answers
// with that answer. While a session moves, requests wait for the new owner as
// long as nothing of them has been done.
package rest
