// SPDX-License-Identifier: Apache-2.0

package session

import (
	"time"

	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
)

// waiting is the timer of what the fight waits for: an answer to a chance to
// react, or the end of a turn. The wait itself is part of the state, so whoever
// owns the session next waits for the same, from the beginning.
type waiting struct {
	timer *time.Timer
	until rules.Deadline // what the timer runs for; zero if it does not
}

// armWait lets the timer run for what the fight waits for now. It does not run
// while nobody is at the table, nor while the session cannot decide.
func (s *Session) armWait() {
	deadline, waits := s.state.Fight.Deadline()
	if !waits || s.state.Lifecycle != registry.LifecycleRunning || s.freeze != nil || s.stuck || len(s.members) == 0 {
		deadline = rules.Deadline{}
	}
	if deadline == s.wait.until {
		return
	}
	s.wait.timer.Stop()
	if s.wait.until = deadline; deadline.Seconds > 0 {
		s.wait.timer.Reset(time.Duration(deadline.Seconds) * time.Second)
	}
}

// lapse gives the default answer for who did not come: nobody who is slow or
// away makes the others wait. It is an entry of the session's own.
func (s *Session) lapse() {
	deadline := s.wait.until
	s.wait.until = rules.Deadline{}
	r := &record{Time: s.Now().UnixMilli()}
	draft := &s.desk.get().draft
	draft.Begin(s.state.Fight)
	if no := r.decide(draft, rules.Actor{Role: rules.RoleTable}, rules.Lapse{Deadline: deadline}); no != nil {
		return // it was answered in time
	}
	if l, ok := s.fold(r); ok {
		s.add(l, step{run: func() { s.broadcast(l) }})
	}
}
