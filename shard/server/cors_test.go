// SPDX-License-Identifier: Apache-2.0

package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

// crossing is what a browser asks for, and what it may be told.
type crossing struct {
	allowed []string // the shard's list
	origin  string
	method  string
	asks    string // Access-Control-Request-Method: a preflight
	status  int
	shared  string // the origin that may read the answer; empty: none
}

var crossings = map[string]crossing{
	"a preflight of an allowed origin":           {[]string{"https://play.example"}, "https://play.example", "OPTIONS", "POST", 204, "https://play.example"},
	"a preflight of a foreign origin":            {[]string{"https://play.example"}, "https://evil.example", "OPTIONS", "POST", 403, ""},
	"a preflight of a longer origin":             {[]string{"https://play.example"}, "https://play.example.evil.example", "OPTIONS", "POST", 403, ""},
	"a preflight of null":                        {[]string{"https://play.example"}, "null", "OPTIONS", "GET", 403, ""},
	"a preflight where no origin is allowed":     {nil, "https://play.example", "OPTIONS", "POST", 403, ""},
	"a request of an allowed origin":             {[]string{"https://play.example"}, "https://play.example", "GET", "", 200, "https://play.example"},
	"a request of the second allowed origin":     {[]string{"https://a.example", "https://b.example:8443"}, "https://b.example:8443", "POST", "", 200, "https://b.example:8443"},
	"a request of a foreign origin":              {[]string{"https://play.example"}, "https://evil.example", "GET", "", 403, ""},
	"a request of the shard's own host":          {nil, "http://shard.example", "POST", "", 200, "http://shard.example"},
	"a request of no browser":                    {[]string{"https://play.example"}, "", "POST", "", 200, ""},
	"an OPTIONS that is no preflight, by nobody": {[]string{"https://play.example"}, "", "OPTIONS", "", 200, ""},
}

// TestCrossings: pages read answers where they may open WebSockets, and there only.
func TestCrossings(t *testing.T) {
	for name, tc := range crossings {
		t.Run(name, func(t *testing.T) {
			called := false
			s := newStage(t).start("a")
			s.Origins = tc.allowed
			h := s.shared(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { called = true }))
			r := httptest.NewRequest(tc.method, "http://shard.example/api/v2/sessions/s1/ticket", nil)
			if tc.origin != "" {
				r.Header.Set("Origin", tc.origin)
			}
			if tc.asks != "" {
				r.Header.Set("Access-Control-Request-Method", tc.asks)
				r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			header := w.Result().Header
			if w.Code != tc.status || header.Get("Access-Control-Allow-Origin") != tc.shared {
				t.Errorf("answered %d, to be read by %q; want %d, %q", w.Code, header.Get("Access-Control-Allow-Origin"), tc.status, tc.shared)
			}
			if !strings.HasPrefix(header.Get("Vary"), "Origin") || header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("the headers are %v", header)
			}
			if want := tc.status == 200; called != want {
				t.Errorf("passed on: %t, want %t", called, want)
			}
			preflight := header.Get("Access-Control-Allow-Methods") == "GET, POST" && header.Get("Access-Control-Max-Age") == "600" &&
				strings.Contains(header.Get("Access-Control-Allow-Headers"), wire.TokenHeader)
			if preflight != (tc.status == 204) {
				t.Errorf("the headers are %v", header)
			}
			if tc.status == 403 && codeIn(t, w.Body.String()) != wire.CodeForbidden {
				t.Errorf("the body is %s", w.Body)
			}
		})
	}
}

// TestRefusedHandshakesAreRead by pages on allowed origins: a WebSocket does not say
// why it was refused.
func TestRefusedHandshakesAreRead(t *testing.T) {
	a := newStage(t, "a").shards["a"]
	a.Origins = []string{"https://play.example"}
	for origin, want := range map[string]string{"https://play.example": "https://play.example", "https://evil.example": ""} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.http.URL+clientPath, nil)
		check(t, err)
		r.Header.Set("Origin", origin)
		resp, err := http.DefaultClient.Do(r)
		check(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		check(t, resp.Body.Close())
		if got := resp.Header.Get("Access-Control-Allow-Origin"); resp.StatusCode != http.StatusUnauthorized || got != want {
			t.Errorf("%s: %d, to be read by %q, want %q", origin, resp.StatusCode, got, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
