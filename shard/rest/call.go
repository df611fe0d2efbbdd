// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// call is one request.
type call struct {
	*Handler
	op     operation
	id     string // session
	caller session.Caller
	// expires is when the caller's session token does; 0: it has none.
	expires int64
	// class is what its issuer says of the caller, and vouchedUntil for how long,
	// in seconds since the Unix epoch; 0: no issuer says anything.
	class        auth.Class
	vouchedUntil int64
	query        url.Values
	body         []byte
	base         string // scheme and host of WebSockets, as the client reaches this shard
	peer         bool   // another shard passes it on: there is no further hop
	counted      bool   // against a limit
}

// baseHeader carries a call's base between shards.
const baseHeader = "X-Shard-Base"

// newCall reads a request and checks who calls.
func (h *Handler) newCall(w http.ResponseWriter, r *http.Request, op operation) (*call, *httpapi.Problem) {
	c := &call{Handler: h, op: op, id: r.PathValue("id"), base: h.base(r)}
	if token := r.Header.Get(auth.PeerHeader); token != "" {
		if !h.Keys().IsPeer(token, c.id, h.now()) {
			return nil, &httpapi.Problem{Code: wire.CodeForbidden, Message: "only shards of this pool may say so"}
		}
		c.peer, c.base = true, r.Header.Get(baseHeader)
	}
	if httpapi.TokenInQuery(r) {
		return nil, httpapi.ErrTokenInQuery
	}
	if problem := c.identify(r); problem != nil {
		return nil, problem
	}
	var err error
	if c.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return nil, badQuery("it cannot be read")
	}
	for name, values := range c.query {
		if !slices.Contains(op.query, name) {
			return nil, badQuery("there is no " + name)
		}
		if len(values) > 1 {
			return nil, badQuery(name + " comes twice")
		}
	}
	if op.method != http.MethodGet {
		var problem *httpapi.Problem
		if c.body, problem = httpapi.ReadBody(w, r, wire.MaxBodyBytes); problem != nil {
			return nil, problem
		}
	}
	return c, nil
}

func badQuery(why string) *httpapi.Problem {
	return &httpapi.Problem{Code: wire.CodeBadRequest, Message: "the query: " + why}
}

// identify finds out who calls: by a session token, by an issuer's, or by both if
// they are the same player's.
func (c *call) identify(r *http.Request) *httpapi.Problem {
	who, problem := httpapi.Identify(r, c.Identity, c.Logger)
	if problem != nil {
		return problem
	}
	if who != nil {
		c.class, c.vouchedUntil = who.Class, who.Expires.Unix()
	}
	token := httpapi.SessionToken(r)
	if token == "" {
		if who == nil {
			return &httpapi.Problem{Code: wire.CodeUnauthorized, Message: "a token is needed: an issuer's in Authorization, or a session token in " + wire.TokenHeader}
		}
		c.caller = session.Caller{Player: who.Player}
		return nil
	}
	claims, problem := httpapi.VerifySession(c.Keys(), token, c.id, c.now())
	switch {
	case problem != nil:
		return problem
	case !claims.Role.Valid():
		return &httpapi.Problem{Code: wire.CodeForbidden, Message: "the session token is not a player's"}
	case who != nil && who.Player != claims.Player:
		return &httpapi.Problem{Code: wire.CodeForbidden, Message: "the session token is another player's"}
	}
	c.caller, c.expires = session.Caller{Player: claims.Player, Token: &claims}, claims.Expires
	return nil
}

// base is how a client that made a request reaches this front door.
func (h *Handler) base(r *http.Request) string {
	scheme := "ws"
	if r.TLS != nil || h.trusts(r.RemoteAddr) && r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "wss"
	}
	return scheme + "://" + r.Host
}

func (h *Handler) trusts(remote string) bool {
	at, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(h.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(at.Addr().Unmap()) })
}

// webSocketURL is where the client of a call connects to its session.
func (c *call) webSocketURL() string {
	return c.base + strings.Replace(sessionPath, "{id}", c.id, 1) + "/ws"
}
