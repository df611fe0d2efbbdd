// SPDX-License-Identifier: Apache-2.0

package session

import (
	"maps"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

// maxPaces bounds the players whose pace is remembered; whoever waited long
// enough is forgotten first.
const maxPaces = 1024

// tooFast counts a player's actions, whatever becomes of them, and refuses those
// that come too soon after the ones before.
func (s *Session) tooFast(c auth.Claims, actions int) *refusal {
	rule := s.Actions.Of(string(c.Class))
	if rule.Unlimited() || c.Role != auth.Player {
		return nil
	}
	now := s.Now()
	b := s.paces[c.Player]
	if b == nil {
		if len(s.paces) >= maxPaces {
			maps.DeleteFunc(s.paces, func(_ string, b *limit.Bucket) bool { return b.Idle(now) })
		}
		if s.paces == nil || len(s.paces) >= maxPaces {
			s.paces = map[string]*limit.Bucket{}
		}
		b = &limit.Bucket{}
		s.paces[c.Player] = b
	}
	wait := b.Take(rule, actions, now)
	if wait == 0 {
		return nil
	}
	s.observer.Limited("actions")
	return &refusal{
		code: wire.RefusalRateLimited, message: "too many actions; wait, and send the command again",
		details: map[string]any{"retry_after_ms": wait.Milliseconds() + 1}, retry: true,
	}
}
