// SPDX-License-Identifier: Apache-2.0

package server

import (
	"net/http"

	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/wire"
)

// identify checks who a caller says to be. The identity is nil when it does not
// say so. It has answered when ok is false.
func (s *Server) identify(w http.ResponseWriter, r *http.Request) (caller *identity.Identity, ok bool) {
	caller, problem := httpapi.Identify(r, s.Identity, s.Logger)
	if problem == nil {
		return caller, true
	}
	reason := "bad_identity"
	if problem.Code == wire.CodeUnavailable {
		reason = "no_issuer_keys"
	}
	s.deny(r, r.PathValue("id"), reason)
	problem.Write(w)
	return nil, false
}
