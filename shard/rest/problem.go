// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"errors"
	"maps"

	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// problem says why something cannot be done; nil: it may be, a moment later or
// elsewhere.
func (c *call) problem(err error) *httpapi.Problem {
	if errors.Is(err, session.ErrNotMember) && c.caller.Token != nil {
		return &httpapi.Problem{Code: wire.CodeForbidden, Message: "you are not on this session's roster"}
	}
	if problem, is := errors.AsType[*httpapi.Problem](err); is {
		return problem
	}
	if conflict, is := errors.AsType[*session.ConflictError](err); is {
		details := map[string]any{"version": conflict.Version}
		if len(conflict.Changed) > 0 {
			details["changed"] = conflict.Changed
		}
		return &httpapi.Problem{Code: wire.CodeConflict, Message: conflict.Error(), Details: details}
	}
	if old, is := errors.AsType[*session.TooOldError](err); is {
		return &httpapi.Problem{Code: wire.CodeTooOld, Message: old.Error(), Details: map[string]any{"oldest": old.Oldest}}
	}
	if no, is := errors.AsType[*session.RefusedError](err); is {
		details := map[string]any{"refusal": no.Code}
		maps.Copy(details, no.Details)
		return &httpapi.Problem{Code: wire.CodeRefused, Message: no.Message, Details: details}
	}
	for _, known := range plainProblems {
		if errors.Is(err, known.err) {
			return known.problem
		}
	}
	return nil
}

var plainProblems = []struct {
	err     error
	problem *httpapi.Problem
}{
	{session.ErrUnknown, unknownOutcome},
	{session.ErrNotMember, noSession},
	{session.ErrBanned, &httpapi.Problem{Code: wire.CodeForbidden, Message: "you are banned from this session"}},
	{session.ErrRevoked, &httpapi.Problem{Code: wire.CodeUnauthorized, Message: "the session token was revoked"}},
	{session.ErrNotAllowed, &httpapi.Problem{Code: wire.CodeForbidden, Message: "your role may not do this"}},
	{session.ErrEnded, &httpapi.Problem{Code: wire.CodeEnded, Message: "the session has ended"}},
	{session.ErrFull, &httpapi.Problem{Code: wire.CodeFull, Message: "as many players are connected as may be"}},
	{session.ErrGone, noSession},
	{session.ErrTooMany, &httpapi.Problem{Code: wire.CodeRefused, Message: "the session remembers too many players already", Details: map[string]any{"refusal": "too_many_players"}}},
	{session.ErrNoCharacter, &httpapi.Problem{Code: wire.CodeRefused, Message: "you play no such character", Details: map[string]any{"refusal": "unknown_character"}}},
}
