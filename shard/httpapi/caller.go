// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// Verifier checks the tokens of the issuers that are trusted.
type Verifier interface {
	Verify(token string) (identity.Identity, error)
}

// Bearer returns the token of an Authorization header (RFC 6750), else "".
func Bearer(r *http.Request) string {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// SessionToken returns the session token or ticket of a request's headers, else "".
func SessionToken(r *http.Request) string {
	if token := r.Header.Get(wire.TokenHeader); token != "" {
		return token
	}
	if token := Bearer(r); auth.IsSessionToken(token) {
		return token
	}
	return ""
}

// VerifySession returns what a session token says that is good for a session at
// the instant now.
func VerifySession(keys *auth.Keys, token, session string, now time.Time) (auth.Claims, *Problem) {
	claims, err := keys.Verify(token, now)
	switch {
	case errors.Is(err, auth.ErrExpired):
		return claims, &Problem{Code: wire.CodeUnauthorized, Message: "the session token has expired"}
	case err != nil:
		return claims, &Problem{Code: wire.CodeUnauthorized, Message: "the session token is not valid"}
	case claims.Session != session:
		return claims, &Problem{Code: wire.CodeForbidden, Message: "the session token is for another session"}
	}
	return claims, nil
}

// TokenInQuery says whether a client hands over a token where it must not, under
// any name that clients use for it.
func TokenInQuery(r *http.Request) bool {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return strings.Contains(strings.ToLower(r.URL.RawQuery), "token")
	}
	for name := range query {
		name = strings.ToLower(name)
		if strings.Contains(name, "token") || name == "ticket" || name == "authorization" || name == "jwt" {
			return true
		}
	}
	return false
}

// ErrTokenInQuery is how such a request is answered.
var ErrTokenInQuery = &Problem{Code: wire.CodeUnauthorized, Message: "a token in the query ends up in logs: it is not taken, and should be taken out of use"}

// issuerAway is how long to wait for the keys of an issuer.
const issuerAway = 5 * time.Second

// Identify checks who a caller says to be. The identity is nil when it does not
// say so, or does by its session token alone: a token that is handed over is
// never passed over. No issuer is trusted when v is nil. Why a token is refused
// is for the log.
func Identify(r *http.Request, v Verifier, logger *slog.Logger) (*identity.Identity, *Problem) {
	header := r.Header.Values("Authorization")
	if len(header) == 0 || len(header) == 1 && auth.IsSessionToken(Bearer(r)) {
		return nil, nil
	}
	err := errNoIssuer
	if len(header) > 1 {
		err = identity.ErrMalformed
	} else if v != nil {
		var id identity.Identity
		if id, err = v.Verify(Bearer(r)); err == nil {
			return &id, nil
		}
	}
	switch {
	case errors.Is(err, identity.ErrUnavailable):
		return nil, &Problem{Code: wire.CodeUnavailable, Message: "the issuer's keys are not at hand; try again", After: issuerAway}
	case errors.Is(err, identity.ErrExpired):
		return nil, &Problem{Code: wire.CodeUnauthorized, Message: "the bearer token has expired"}
	}
	logger.Info("a bearer token was refused", "reason", err.Error())
	return nil, &Problem{Code: wire.CodeUnauthorized, Message: "the bearer token is not valid here"}
}

var errNoIssuer = errors.New("no issuer is trusted here")
