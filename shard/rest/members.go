// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

func getRoster(c *call) (action, *httpapi.Problem) {
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		roster, err := s.Roster(ctx, c.caller)
		if err != nil {
			return nil, err
		}
		out := wire.Roster{Seats: make([]wire.Seat, len(roster.Seats)), Spectators: roster.Spectators}
		for i, seat := range roster.Seats {
			out.Seats[i] = wire.Seat{Player: seat.Player, Role: string(seat.Role), Connected: seat.Connected, Banned: seat.Banned}
		}
		return &answer{body: out}, nil
	}, nil
}

func leave(c *call) (action, *httpapi.Problem) {
	if problem := httpapi.Decode(c.body, &struct{}{}); problem != nil {
		return nil, problem
	}
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		if _, err := s.Permit(ctx, c.caller, auth.Leave, auth.Own); err != nil {
			return nil, err
		}
		if err := c.take(ctx, c.Joins, "joins"); err != nil {
			return nil, err
		}
		return c.change(ctx, s, c.caller.Player, session.Revoke)
	}, nil
}

// changeAccess prepares what a game master does about another person.
func changeAccess(verb session.AccessVerb) func(c *call) (action, *httpapi.Problem) {
	needed := auth.Ban
	if verb == session.Kick {
		needed = auth.Kick
	}
	return func(c *call) (action, *httpapi.Problem) {
		var body wire.PlayerRequest
		if problem := httpapi.Decode(c.body, &body); problem != nil {
			return nil, problem
		}
		if !auth.ValidPlayer(body.Player) {
			return nil, httpapi.BadBody("player must have 1 to 63 characters of A-Z a-z 0-9 . _ -")
		}
		return c.updating(needed, func(ctx context.Context, s *session.Session) (*answer, error) {
			return c.change(ctx, s, body.Player, verb)
		}), nil
	}
}

func (c *call) change(ctx context.Context, s *session.Session, player string, verb session.AccessVerb) (*answer, error) {
	at, err := s.ChangeAccess(ctx, c.caller, player, verb)
	if err != nil {
		return nil, err
	}
	c.Logger.Info("access changed", "session", c.id, "verb", verb, "player", player, "by", c.caller.Player)
	return &answer{body: wire.Changed{Position: wire.Position(at)}}, nil
}
