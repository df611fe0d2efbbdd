// SPDX-License-Identifier: Apache-2.0

// Package sessionapi creates sessions over REST, for game backends: each is a
// GameSession like one that is applied by hand, and the controllers do the rest.
//
// It keeps nothing to itself: the name of a GameSession is made of who asks and
// the request's idempotency key, so any replica, and the same one after a crash,
// gives the same answer to the same request.
package sessionapi
