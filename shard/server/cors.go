// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"

	"gamesession.dev/operator/shard/wire"
)

const (
	// What pages of other origins may send and read. No cookies: who calls says so
	// in a header, which no page of another origin can make a browser add.
	sharedMethods = "GET, POST"
	sharedHeaders = "Authorization, Content-Type, " + wire.TokenHeader
	sharedAnswers = "Content-Disposition, Retry-After, WWW-Authenticate"
	// preflightFor is how long a browser need not ask again, in seconds.
	preflightFor = "600"
)

// mayCall says whether a browser may call from where it is: as it may open
// WebSockets.
func (s *Server) mayCall(r *http.Request) bool {
	return s.AnyOrigin || originAllowed(r, s.Origins)
}

// share lets a page on an allowed origin read the answer. It names that origin and
// never all of them, so that no cache gives one origin's answer to another.
func (s *Server) share(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && s.mayCall(r) {
		header.Set("Access-Control-Allow-Origin", origin)
		header.Set("Access-Control-Expose-Headers", sharedAnswers)
	}
}

// shared serves h to pages on allowed origins, and to who is no browser. Others are
// refused, also where h would do them no harm.
func (s *Server) shared(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.share(w, r)
		switch {
		case !s.mayCall(r):
			s.deny(r, r.PathValue("id"), "origin")
			writeError(w, http.StatusForbidden, wire.CodeForbidden, "this origin may not call")
		case isPreflight(r):
			header := w.Header()
			header.Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
			header.Set("Access-Control-Allow-Methods", sharedMethods)
			header.Set("Access-Control-Allow-Headers", sharedHeaders)
			header.Set("Access-Control-Max-Age", preflightFor)
			w.WriteHeader(http.StatusNoContent)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// isPreflight says whether a browser asks what a page may ask for.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}
