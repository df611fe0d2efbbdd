// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/wire"
)

// vouched checks who a client says to be, beside its session token: the same
// player. From then on the session token is good for no longer than what it came
// with, wherever the session moves and whichever shard relays it. A client that
// does not say keeps its token as it is. It has answered when ok is false.
func (s *Server) vouched(w http.ResponseWriter, r *http.Request, token string, claims auth.Claims) (string, auth.Claims, bool) {
	caller, problem := httpapi.Identify(r, s.Identity, s.Logger)
	reason := ""
	switch {
	case problem != nil && problem.Code == wire.CodeUnavailable:
		reason = "no_issuer_keys"
	case problem != nil:
		reason = "bad_identity"
	case caller == nil:
		return token, claims, true
	case caller.Player != claims.Player:
		reason, problem = "other_player", &httpapi.Problem{Code: wire.CodeForbidden, Message: "the session token is another player's"}
	case !time.Now().Before(caller.Expires): // within the leeway: it would be closed at once
		reason, problem = "bad_identity", &httpapi.Problem{Code: wire.CodeUnauthorized, Message: "the bearer token has expired"}
	default:
		bound, claims, err := s.until(token, claims, caller.Expires)
		if err == nil {
			return bound, claims, true
		}
		s.Logger.Error("binding a session token", "session", claims.Session, "error", err)
		problem = &httpapi.Problem{Code: wire.CodeInternal, Message: "the session token cannot be served"}
	}
	if reason != "" {
		s.deny(r, r.PathValue("id"), reason)
	}
	problem.Write(w)
	return "", claims, false
}

// until returns a session token that is good until an instant at most.
func (s *Server) until(token string, claims auth.Claims, expires time.Time) (string, auth.Claims, error) {
	if !expires.Before(claims.ExpiresAt()) {
		return token, claims, nil
	}
	claims.Expires = expires.Unix()
	claims.IssuedAt = min(claims.IssuedAt, claims.Expires-1)
	token, err := s.Keys().Sign(claims)
	return token, claims, err
}
