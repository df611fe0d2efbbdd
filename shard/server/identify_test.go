// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/wire"
)

// callers knows some bearer tokens.
type callers map[string]any

func (c callers) Verify(token string) (identity.Identity, error) {
	switch what := c[token].(type) {
	case string:
		return identity.Identity{Player: what, Expires: time.Now().Add(time.Hour)}, nil
	case identity.Identity:
		return what, nil
	case error:
		return identity.Identity{}, what
	}
	return identity.Identity{}, identity.ErrSignature
}

func TestHandshakeWithABearerToken(t *testing.T) {
	st := newStage(t, "a", "b")
	a := st.shards["a"]
	a.create()
	for _, sh := range st.shards {
		sh.Identity = callers{"anns": "ann", "eves": "eve", "old": identity.ErrExpired, "early": identity.ErrUnavailable,
			"late": identity.Identity{Player: "ann", Expires: time.Now().Add(-time.Second)}}
	}
	bare := newStage(t, "z").shards["z"]
	bare.create()
	session := st.token("ann", auth.Player, time.Now().Add(time.Hour))
	tests := map[string]struct {
		sh     *shard
		header []string
		token  string
		status int
		code   string
	}{
		"none":                        {a, nil, session, 101, ""},
		"the player's own":            {a, []string{"Bearer anns"}, session, 101, ""},
		"the player's own, small b":   {a, []string{"bearer anns"}, session, 101, ""},
		"through a relay":             {st.shards["b"], []string{"Bearer anns"}, session, 101, ""},
		"session token as bearer":     {a, []string{"Bearer " + session}, "", 101, ""},
		"bearer alone":                {a, []string{"Bearer anns"}, "", 401, wire.CodeUnauthorized},
		"another player's":            {a, []string{"Bearer eves"}, session, 403, wire.CodeForbidden},
		"another's, through a relay":  {st.shards["b"], []string{"Bearer eves"}, session, 403, wire.CodeForbidden},
		"not valid":                   {a, []string{"Bearer forged"}, session, 401, wire.CodeUnauthorized},
		"expired":                     {a, []string{"Bearer old"}, session, 401, wire.CodeUnauthorized},
		"expired, within the leeway":  {a, []string{"Bearer late"}, session, 401, wire.CodeUnauthorized},
		"two":                         {a, []string{"Bearer anns", "Bearer eves"}, session, 401, wire.CodeUnauthorized},
		"another scheme":              {a, []string{"Basic YTpi"}, session, 401, wire.CodeUnauthorized},
		"keys not at hand":            {a, []string{"Bearer early"}, session, 503, wire.CodeUnavailable},
		"no issuer is trusted":        {bare, []string{"Bearer anns"}, session, 401, wire.CodeUnauthorized},
		"no issuer, session token":    {bare, []string{"Bearer " + session}, "", 101, ""},
		"a bad session token, though": {a, []string{"Bearer anns"}, session + "x", 401, wire.CodeUnauthorized},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := request(st, tc.sh.http.URL+clientPath)
			r.Header.Del(wire.TokenHeader)
			if tc.token != "" {
				r.Header.Set(wire.TokenHeader, tc.token)
			}
			r.Header["Authorization"] = tc.header
			resp, err := http.DefaultTransport.RoundTrip(r)
			check(t, err)
			if resp.StatusCode != tc.status {
				t.Errorf("status %d, want %d", resp.StatusCode, tc.status)
			}
			if tc.status == http.StatusSwitchingProtocols {
				check(t, resp.Body.Close())
				return
			}
			if got := body(t, resp); got.Code != tc.code {
				t.Errorf("%+v, want %s", got, tc.code)
			}
		})
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}
