// SPDX-License-Identifier: Apache-2.0

package session

import (
	"sync"

	"gamesession.dev/operator/shard/rules"
)

// desk is memory to decide on. A session has one for a turn of its loop: what it
// decides is folded and encoded in the same turn. So a shard has as many as decide
// at once, and not one for each of its sessions, of which most wait.
type desk struct {
	draft rules.Draft
	told  rules.Texts // what happened in the entry being made
}

var desks = sync.Pool{New: func() any { return &desk{} }}

// atDesk gives the session's desk, which it has until tidy.
func (s *Session) atDesk() *desk {
	if s.desk == nil {
		s.desk = desks.Get().(*desk)
	}
	return s.desk
}

// tidy leaves the desk to others.
func (s *Session) tidy() {
	if s.desk != nil {
		desks.Put(s.desk)
		s.desk = nil
	}
}
