// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

func getSession(c *call) (action, *httpapi.Problem) {
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		look, err := s.Look(ctx, c.caller, []string{"/session/lifecycle", "/combat/round"})
		if err != nil {
			return nil, err
		}
		return &answer{body: c.session(look)}, nil
	}, nil
}

// session tells of a session; the look has lifecycle and round.
func (c *call) session(look session.Look) wire.Session {
	out := wire.Session{
		SessionID: c.id, Title: look.Title, Ruleset: look.Ruleset, Position: wire.Position(look.Position),
		PlayersConnected: look.Connected, MaxPlayers: look.Most,
		You: wire.Member{Player: look.Player, Role: string(look.Role)},
	}
	// Both are the session's own rendering.
	_ = json.Unmarshal(look.State["/session/lifecycle"], &out.Lifecycle)
	_ = json.Unmarshal(look.State["/combat/round"], &out.Round)
	return out
}

func getState(c *call) (action, *httpapi.Problem) {
	var paths []string
	if text := c.query.Get("paths"); text != "" {
		paths = strings.Split(text, ",")
	}
	if len(paths) > wire.MaxSyncPaths {
		return nil, badQuery(fmt.Sprintf("there may be at most %d paths", wire.MaxSyncPaths))
	}
	if i := slices.IndexFunc(paths, func(p string) bool { return !strings.HasPrefix(p, "/") }); i >= 0 {
		return nil, badQuery(fmt.Sprintf("%.80q is not a path such as /combat", paths[i]))
	}
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		look, err := s.Look(ctx, c.caller, paths)
		if err != nil {
			return nil, err
		}
		return &answer{body: c.state(look, len(paths) > 0)}, nil
	}, nil
}

func (c *call) state(look session.Look, partial bool) wire.SessionState {
	return wire.SessionState{
		SessionID: c.id, State: look.State, Version: look.Position.Version, Timestamp: look.Time.UnixMilli(),
		Metadata: wire.StateMetadata{Epoch: look.Position.Epoch, Hash: look.Hash, Role: string(look.Role), LastN: look.LastN, Partial: partial},
	}
}

func editState(c *call) (action, *httpapi.Problem) {
	var body wire.StateEdit
	if problem := httpapi.Decode(c.body, &body); problem != nil {
		return nil, problem
	}
	switch n := len(body.Changes); {
	case body.Version == 0:
		return nil, httpapi.BadBody("version is missing: the one that you have seen")
	case body.Mode != "" && body.Mode != wire.EditReject && body.Mode != wire.EditRebase:
		return nil, httpapi.BadBody("mode must be reject or rebase")
	case utf8.RuneCountInString(body.EditID) > wire.MaxActionID:
		return nil, httpapi.BadBody(fmt.Sprintf("edit_id must have at most %d characters", wire.MaxActionID))
	case n == 0 || n > wire.MaxEdits:
		return nil, httpapi.BadBody(fmt.Sprintf("there must be 1 to %d changes", wire.MaxEdits))
	}
	edit := session.Edit{ID: body.EditID, Base: body.Version, Rebase: body.Mode == wire.EditRebase}
	for _, change := range body.Changes {
		edit.Changes = append(edit.Changes, session.LeafEdit(change))
	}
	return c.updating(auth.Edit, func(ctx context.Context, s *session.Session) (*answer, error) {
		at, repeated, err := s.Edit(ctx, c.caller, edit)
		if err != nil {
			return nil, err
		}
		return &answer{body: wire.Changed{Position: wire.Position(at), Repeated: repeated}}, nil
	}), nil
}

// updating counts an action against the limit of what is changed in a session, if
// the caller may do it at all.
func (c *call) updating(verb auth.Verb, act action) action {
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		if _, err := s.Permit(ctx, c.caller, verb, auth.Others); err != nil {
			return nil, err
		}
		if err := c.take(ctx, c.Updates, "state_updates"); err != nil {
			return nil, err
		}
		return act(ctx, s)
	}
}

// take counts a call against a limit of its session, once. If nobody can tell,
// it goes on.
func (c *call) take(ctx context.Context, by Counter, name string) error {
	if c.counted {
		return nil
	}
	c.counted = true
	wait, err := by.Take(ctx, c.id)
	if err != nil {
		c.Observer.Limited("unchecked")
		wait = 0
	}
	if wait == 0 {
		return nil
	}
	c.Observer.Limited(name)
	return &httpapi.Problem{
		Code: wire.CodeRateLimited, Message: "too often in this session; wait " + limit.Seconds(wait) + " s", After: wait,
	}
}

func getHistory(c *call) (action, *httpapi.Problem) {
	after, problem := c.number("after", 0, 1<<53-1, 0)
	if problem != nil {
		return nil, problem
	}
	most, problem := c.number("limit", 1, wire.MaxHistory, wire.MaxHistory)
	if problem != nil {
		return nil, problem
	}
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		page, err := s.History(ctx, c.caller, after, int(most))
		if err != nil {
			return nil, err
		}
		out := wire.History{Updates: make([]wire.HistoryUpdate, len(page.Updates)), Oldest: page.Oldest, Version: page.Newest}
		for i, told := range page.Updates {
			out.Updates[i] = wire.HistoryUpdate{Type: told.Type, Update: told.Update}
		}
		if page.Last < page.Newest {
			out.Next = page.Last
		}
		return &answer{body: out}, nil
	}, nil
}

// number reads a number of the query.
func (c *call) number(name string, least, most, usual uint64) (uint64, *httpapi.Problem) {
	text := c.query.Get(name)
	if !c.query.Has(name) {
		return usual, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, badQuery(fmt.Sprintf("%s must be from %d to %d", name, least, most))
	}
	return n, nil
}
