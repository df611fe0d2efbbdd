// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/json"
	"strings"

	"gamesession.dev/operator/shard/trace"
	"gamesession.dev/operator/shard/wire"
)

// command is one command of one client, on its way to an answer.
type command struct {
	member  *Member
	declare wire.ActionDeclare
	span    *trace.Span // nil: it is not traced
}

// begin gives a command to be decided, and its trace.
func (m *Member) begin(d wire.ActionDeclare) *command {
	c := &command{member: m, declare: d}
	if s := m.session; s.Tracer != nil {
		name := trace.Command{Session: s.id, Player: m.claims.Player, N: d.N, ActionID: d.ActionID}
		c.span = s.Tracer.Begin("command", name, s.Now())
	}
	return c
}

// isOwn says whether an action is one of the session's own, of a type, and not one of
// the rules.
func isOwn(action json.RawMessage, kind string) bool {
	// Others do not have this word in them, but for a name that is refused anyway.
	if !bytes.Contains(action, []byte(`"`+kind+`"`)) {
		return false
	}
	var a struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(action, &a) == nil && a.Type == kind
}

// readOwn reads an action of the session's own as strictly as the rules read theirs.
func readOwn(action json.RawMessage, v any) *refusal {
	if err := wire.DecodeObject(action, v); err != nil {
		return &refusal{code: wire.RefusalBadCommand, message: "the action: " + strings.TrimPrefix(err.Error(), wire.ErrBadFrame.Error()+": ")}
	}
	return nil
}

// What became of a command that was not refused, in traces.
const (
	outcomeApplied  = "applied"
	outcomeRepeated = "repeated"
)

// ack says that a command was applied, now or before.
func (c *command) ack(a Answer, repeated bool) {
	c.member.ack(a, repeated)
	if repeated {
		c.span.End(outcomeRepeated, c.member.session.Now())
	}
}

// refuse says that a command was not applied, or that nobody knows.
func (c *command) refuse(no *refusal) {
	c.member.refuse(c.declare, no)
	c.span.End(no.code, c.member.session.Now())
}

// decided says in the trace that the command has an entry.
func (c *command) decided() {
	if c.span != nil {
		c.span.Stage("decide", c.member.session.Now())
	}
}

// told ends the span of a command that was applied once everybody has been told, with
// the end of this turn of the loop.
func (s *Session) told(c *command) {
	if c.span != nil {
		c.span.Stage("append", s.Now())
		s.telling = append(s.telling, c.span)
	}
}

// endSpans ends the spans of what everybody has been told of.
func (s *Session) endSpans() {
	if len(s.telling) == 0 {
		return
	}
	now := s.Now()
	for i, span := range s.telling {
		span.Stage("tell", now)
		span.End(outcomeApplied, now)
		s.telling[i] = nil
	}
	s.telling = s.telling[:0]
}
