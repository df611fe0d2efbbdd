// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/session"
)

// sessionPath is where a session is, for REST and below it for WebSockets.
const sessionPath = "/api/v2/sessions/{id}"

// action does what a call asks for on the session's owner. An error that is no
// problem means that nothing was done.
type action func(ctx context.Context, s *session.Session) (*answer, error)

// operation is one thing that a client can do.
type operation struct {
	id, method, path string
	query            []string // names of what the query may have
	slow             bool
	// prepare reads what the call asks for, and says what is wrong with it.
	prepare func(c *call) (action, *httpapi.Problem)
}

// operations are all of them; the document has the same.
var operations = []operation{
	{id: "getSession", method: http.MethodGet, path: sessionPath, prepare: getSession},
	{id: "getState", method: http.MethodGet, path: sessionPath + "/state", query: []string{"paths"}, prepare: getState},
	{id: "editState", method: http.MethodPost, path: sessionPath + "/state", prepare: editState},
	{id: "getHistory", method: http.MethodGet, path: sessionPath + "/history", query: []string{"after", "limit"}, prepare: getHistory},
	{id: "undo", method: http.MethodPost, path: sessionPath + "/undo", prepare: undo},
	{id: "rollback", method: http.MethodPost, path: sessionPath + "/rollback", prepare: rollback},
	{id: "getRoster", method: http.MethodGet, path: sessionPath + "/roster", prepare: getRoster},
	{id: "join", method: http.MethodPost, path: sessionPath + "/join", prepare: join},
	{id: "ticket", method: http.MethodPost, path: sessionPath + "/ticket", prepare: ticket},
	{id: "leave", method: http.MethodPost, path: sessionPath + "/leave", prepare: leave},
	{id: "kick", method: http.MethodPost, path: sessionPath + "/kick", prepare: changeAccess(session.Kick)},
	{id: "ban", method: http.MethodPost, path: sessionPath + "/ban", prepare: changeAccess(session.Ban)},
	{id: "pardon", method: http.MethodPost, path: sessionPath + "/pardon", prepare: changeAccess(session.Pardon)},
	{id: "end", method: http.MethodPost, path: sessionPath + "/end", prepare: end},
	{id: "export", method: http.MethodGet, path: sessionPath + "/export", slow: true, prepare: export},
}

// answer is what a client gets.
type answer struct {
	body any
	// stream writes the answer in the place of body.
	stream func(w http.ResponseWriter) error
}

func (a *answer) write(w http.ResponseWriter) {
	if a.stream == nil {
		httpapi.WriteJSON(w, http.StatusOK, a.body)
		return
	}
	if a.stream(w) != nil {
		panic(http.ErrAbortHandler) // the client sees that something is missing
	}
}
