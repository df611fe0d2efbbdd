// SPDX-License-Identifier: Apache-2.0

package session

import (
	"time"
	"unicode/utf8"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// refusal is a coded "no" of the session or of the rules.
type refusal struct {
	code    string
	message string
	details map[string]any
	retry   bool
}

// decide answers one command: at once with a refusal if nothing is in flight
// that the refusal could betray, and otherwise in its turn.
func (s *Session) decide(c *command) {
	if c.member.gone {
		return
	}
	if s.stuck {
		s.refuseUnavailable(c)
		return
	}
	since := s.Now()
	c.span.Stage("wait", since)
	if answer, known := s.answered(c); known {
		s.after(step{waiting: c, since: since, run: func() { c.ack(answer, true) }})
		return
	}
	no, refused := s.refusals.refused(c)
	if b, is := backOf(c.declare.Action); is && !refused {
		s.goBack(c, b, since)
		return
	}
	var r *record
	if !refused {
		r, no = s.judge(c)
	}
	if no != nil {
		s.refusals.remember(c, no)
		s.observer.Refused(no.code)
		s.after(step{run: func() { c.refuse(no) }})
		return
	}
	s.apply(c, r, since)
}

// answered returns the first answer to a command that was applied before.
func (s *Session) answered(c *command) (Answer, bool) {
	p := s.state.Players[c.member.claims.Player]
	if p == nil || c.declare.N > p.Last || plant.On(plant.NoDeduplication) {
		return Answer{}, false
	}
	a, kept := p.answer(c.declare.N)
	same := kept && a.ActionID == c.declare.ActionID && a.Digest == digest(c.declare.Action)
	return a, same
}

// judge says what a command that was not applied before does: the record has what
// happens, and not yet who asked.
func (s *Session) judge(c *command) (*record, *refusal) {
	d := &c.declare
	if no := s.admissible(c); no != nil {
		return nil, no
	}
	if nonce, no, is := nonceOf(d.Action); is {
		if no == nil {
			no = s.state.judgeNonce(c.member.claims.Player, nonce)
		}
		return &record{Nonce: nonce}, no
	}
	actions, no := actionsOf(d.Action)
	if no != nil {
		return nil, no
	}
	if no := s.tooFast(c.member.claims, len(actions)); no != nil {
		return nil, no
	}
	return s.decideAll(c.member.actor, actions)
}

// admissible refuses a command that cannot be taken, whatever it says.
func (s *Session) admissible(c *command) *refusal {
	d := &c.declare
	switch {
	case d.N == 0 || d.ActionID == "" || utf8.RuneCountInString(d.ActionID) > wire.MaxActionID:
		return &refusal{code: wire.RefusalBadCommandID, message: "n must be above 0 and action_id must have 1 to 64 characters"}
	case !c.member.acts:
		return &refusal{code: wire.RefusalForbidden, message: "a " + string(c.member.claims.Role) + " does not act"}
	case s.state.Lifecycle == registry.LifecycleEnded:
		return &refusal{code: wire.RefusalEnded, message: "the session has ended"}
	case s.state.Lifecycle == registry.LifecyclePaused:
		return &refusal{code: wire.RefusalPaused, message: "the session is paused"}
	}
	p := s.state.Players[c.member.claims.Player]
	if p == nil || d.N > p.Last || plant.On(plant.NoDeduplication) {
		return nil
	}
	if _, kept := p.answer(d.N); kept {
		return &refusal{code: wire.RefusalIDReuse, message: "n was used for another command", details: map[string]any{"last_n": p.Last}}
	}
	return &refusal{code: wire.RefusalSuperseded, message: "a later command of this player was applied", details: map[string]any{"last_n": p.Last}}
}

func fromRules(no *rules.Refusal) *refusal {
	return &refusal{code: string(no.Code), message: no.Message, details: no.Details}
}

// apply folds what a command did into the state and puts it into the batch.
func (s *Session) apply(c *command, r *record, since time.Time) {
	r.Player, r.N, r.ActionID = c.member.claims.Player, c.declare.N, c.declare.ActionID
	r.Digest, r.Time = digest(c.declare.Action), since.UnixMilli()
	l, ok := s.fold(r)
	if !ok {
		return
	}
	failpoint.At(failpoint.AfterValidate)
	at := l.entry.Position
	c.decided()
	s.add(l, step{waiting: c, since: since, run: func() {
		s.observer.Applied(s.Now().Sub(since))
		c.ack(Answer{N: r.N, ActionID: r.ActionID, Position: at}, false)
		s.broadcast(l)
		s.told(c)
	}})
}

// fold makes an entry of a record and folds it. It fails only when this build's
// rules contradict themselves: then the session ends here, before anything is
// written, and whoever takes over starts from what is durable.
func (s *Session) fold(r *record) (link, bool) {
	data, err := r.encode(&s.desk.get().told)
	if err == nil {
		var l link
		e := journal.Entry{Position: s.state.Position.Next(s.me.Epoch), Kind: journal.KindCommand, Data: data}
		if l, err = s.proj.fold(s.state, e, r); err == nil {
			l.deed, r.told = deedOf(r), nil
			return l, true
		}
	}
	s.logger.Error("the rules contradict themselves; giving the session up", "error", err)
	s.end(err)
	return link{}, false
}

// SetSpec takes in what the operator wishes: a change of lifecycle becomes an
// entry of the journal, and who is not on the roster any more is let go.
func (s *Session) SetSpec(spec registry.SessionSpec) {
	s.post(func() {
		spec.Scenario = nil
		s.spec = spec
		s.enforce()
		s.followLifecycle()
	})
}

// followLifecycle writes the wished lifecycle into the journal if it differs.
// Ended is final.
func (s *Session) followLifecycle() {
	wish := s.spec.Lifecycle
	if wish == "" || wish == s.state.Lifecycle || s.state.Lifecycle == registry.LifecycleEnded || s.freeze != nil {
		return
	}
	r := s.state.lifecycleRecord(wish)
	r.Time = s.Now().UnixMilli()
	l, ok := s.fold(r)
	if ok {
		s.add(l, step{run: func() { s.broadcast(l) }})
	}
}
