// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"cmp"
	"context"
	"fmt"

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

// maxCharacter bounds the name of a character, as a token does.
const maxCharacter = 64

func join(c *call) (action, *httpapi.Problem) {
	var body wire.JoinRequest
	if problem := httpapi.Decode(c.body, &body); problem != nil {
		return nil, problem
	}
	switch {
	case body.Role != "" && !auth.Role(body.Role).Valid():
		return nil, httpapi.BadBody("role must be gm, player or spectator")
	case len(body.Character) > maxCharacter:
		return nil, httpapi.BadBody(fmt.Sprintf("character must have at most %d bytes", maxCharacter))
	}
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		if _, err := s.Permit(ctx, c.caller, auth.Join, auth.Own); err != nil {
			return nil, err
		}
		if err := c.take(ctx, c.Joins, "joins"); err != nil {
			return nil, err
		}
		claims, look, err := s.Join(ctx, c.caller, auth.Role(body.Role), body.Character)
		if err != nil {
			return nil, err
		}
		token, claims, err := c.sign(claims)
		if err != nil {
			c.Logger.Error("signing a session token", "session", c.id, "error", err)
			return nil, &httpapi.Problem{Code: wire.CodeInternal, Message: "no session token can be made"}
		}
		c.Logger.Info("joined", "session", c.id, "player", claims.Player, "role", claims.Role, "character", claims.Character)
		return &answer{body: wire.Joined{
			SessionID: c.id, Player: claims.Player, Role: string(claims.Role), Character: claims.Character,
			ConnectionToken: token, ExpiresAt: claims.Expires * 1000, WebSocketURL: c.webSocketURL(),
			SessionState: c.state(look, false),
		}}, nil
	}, nil
}

// sign makes a session token of claims that have no times yet. One that stands
// for another token is not good for longer, and has its class unless the caller's
// issuer knows better.
func (c *call) sign(claims auth.Claims) (string, auth.Claims, error) {
	now := c.now()
	claims.Class = cmp.Or(c.class, claims.Class)
	claims.IssuedAt, claims.Expires = now.Unix(), now.Add(tokenFor).Unix()
	if c.expires > 0 {
		claims.Expires = min(claims.Expires, c.expires)
	}
	token, err := c.Keys().Sign(claims)
	return token, claims, err
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
