// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"encoding/json"
	"net/http"
	"time"

	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

// WriteJSON writes an answer.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	// Leaves are hashed by their JSON text, which is the same here as in frames.
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // who went away does not mind
}

// WriteError writes the one body of every HTTP error.
func WriteError(w http.ResponseWriter, status int, code, message string) {
	writeFault(w, status, Problem{Code: code, Message: message})
}

// Problem is why a request is not carried out. Its status is that of its code in
// [wire.Faults].
type Problem struct {
	Code    string
	Message string
	Details map[string]any
	// After is how long to wait before trying again; 0: it is not known, which
	// for a code that asks to come back means a second.
	After time.Duration
}

// Error is for logs.
func (p *Problem) Error() string { return p.Code + ": " + p.Message }

// Write answers with it.
func (p *Problem) Write(w http.ResponseWriter) {
	fault := wire.FaultOf(p.Code)
	if fault.Again {
		w.Header().Set("Retry-After", limit.Seconds(max(p.After, time.Second)))
	}
	if fault.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeFault(w, fault.Status, *p)
}

func writeFault(w http.ResponseWriter, status int, p Problem) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	WriteJSON(w, status, wire.ErrorBody{Code: p.Code, Message: p.Message, Details: p.Details})
}
