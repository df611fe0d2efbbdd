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

// maxCharacter bounds the name of a character, as a token does.
const maxCharacter = 64

// join gives a session token and shows the state.
func join(c *call) (action, *httpapi.Problem) {
	return c.entering(func(claims auth.Claims, look session.Look) (any, error) {
		token, err := c.Keys().Sign(claims)
		return wire.Joined{
			SessionID: c.id, Player: claims.Player, Role: string(claims.Role), Character: claims.Character,
			ConnectionToken: token, ExpiresAt: claims.Expires * 1000, WebSocketURL: c.webSocketURL(),
			SessionState: c.state(look, false),
		}, err
	})
}

// ticket gives what opens one connection. It stands for who calls now, so that
// connection is good for no longer than what the caller came with.
func ticket(c *call) (action, *httpapi.Problem) {
	return c.entering(func(claims auth.Claims, _ session.Look) (any, error) {
		if c.vouchedUntil > 0 {
			claims.Expires = min(claims.Expires, c.vouchedUntil)
		}
		t := auth.NewTicket(claims, "", 0, c.now())
		token, err := c.Keys().SignTicket(t)
		return wire.Ticketed{
			SessionID: c.id, Player: claims.Player, Role: string(claims.Role), Character: claims.Character,
			Ticket: token, ExpiresAt: t.Expires, ConnectedUntil: claims.Expires * 1000, WebSocketURL: c.webSocketURL(),
		}, err
	})
}

// entering prepares what lets a caller in, within the limit of joins; give makes
// the answer of what a session token for the caller says.
func (c *call) entering(give func(auth.Claims, session.Look) (any, error)) (action, *httpapi.Problem) {
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
		claims = c.timed(claims)
		out, err := give(claims, look)
		if err != nil {
			c.Logger.Error("signing a token", "session", c.id, "error", err)
			return nil, &httpapi.Problem{Code: wire.CodeInternal, Message: "no token can be made"}
		}
		c.Logger.Info("joined", "session", c.id, "player", claims.Player, "role", claims.Role, "character", claims.Character, "by", c.op.id)
		return &answer{body: out}, nil
	}, nil
}

// timed gives claims their times. What stands for another token is not good for
// longer, and has its class unless the caller's issuer knows better.
func (c *call) timed(claims auth.Claims) auth.Claims {
	now := c.now()
	claims.Class = cmp.Or(c.class, claims.Class)
	claims.IssuedAt, claims.Expires = now.Unix(), now.Add(tokenFor).Unix()
	if c.expires > 0 {
		claims.Expires = min(claims.Expires, c.expires)
	}
	return claims
}
