// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"gamesession.dev/operator/shard/wire"
)

// TestErrorsLookAlike: whatever is wrong, the answer has the one body of every
// error and the headers that all interfaces have.
func TestErrorsLookAlike(t *testing.T) {
	h := New(Config{Logger: slog.New(slog.DiscardHandler)}).Handler()
	for name, tc := range map[string]struct {
		method, path, bearer string
		code                 string
	}{
		"no token":           {"GET", sessionsPath, "", wire.CodeUnauthorized},
		"another scheme":     {"POST", sessionsPath, "Basic YTpi", wire.CodeUnauthorized},
		"a session token":    {"GET", sessionsPath, "Bearer gst1.k.e30.AAAA", wire.CodeUnauthorized},
		"token in the query": {"GET", sessionsPath + "?token=x", "", wire.CodeUnauthorized},
		"another method":     {"DELETE", sessionsPath, "", wire.CodeWrongMethod},
		"one, by PATCH":      {"PATCH", sessionsPath + "/s1", "", wire.CodeWrongMethod},
		"nothing there":      {"GET", "/", "", wire.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, tc.path, nil)
			if tc.bearer != "" {
				r.Header.Set("Authorization", tc.bearer)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var body wire.ErrorBody
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body.Code != tc.code || body.Message == "" {
				t.Errorf("%s, want %s", w.Body, tc.code)
			}
			if w.Code != wire.FaultOf(tc.code).Status {
				t.Errorf("status %d", w.Code)
			}
			for header, want := range map[string]string{
				"Content-Type": "application/json", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
			if w.Code == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Error("it does not say how to prove who one is")
			}
		})
	}
}
