// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"net/http"
	"strings"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// bearer returns the token of an Authorization header (RFC 6750), else "".
func bearer(r *http.Request) string {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// identify checks who a caller says to be. The identity is nil when it does not
// say so, or does by its session token alone. It has answered when ok is false: a
// token that is handed over is never passed over.
func (s *Server) identify(w http.ResponseWriter, r *http.Request) (caller *identity.Identity, ok bool) {
	header := r.Header.Values("Authorization")
	if len(header) == 0 || len(header) == 1 && auth.IsSessionToken(bearer(r)) {
		return nil, true
	}
	err := errNoIssuer
	if len(header) > 1 {
		err = identity.ErrMalformed
	} else if s.Identity != nil {
		var id identity.Identity
		if id, err = s.Identity.Verify(bearer(r)); err == nil {
			return &id, true
		}
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	switch {
	case errors.Is(err, identity.ErrUnavailable):
		s.Metrics.handshake("no_issuer_keys")
		w.Header().Set("Retry-After", "5")
		writeError(w, http.StatusServiceUnavailable, wire.CodeUnavailable, "the issuer's keys are not at hand; try again")
	case errors.Is(err, identity.ErrExpired):
		s.Metrics.handshake("bad_identity")
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized, "the bearer token has expired")
	default:
		s.Metrics.handshake("bad_identity")
		s.Logger.Info("a bearer token was refused", "reason", err.Error())
		writeError(w, http.StatusUnauthorized, wire.CodeUnauthorized, "the bearer token is not valid here")
	}
	return nil, false
}

var errNoIssuer = errors.New("this shard trusts no issuer")
