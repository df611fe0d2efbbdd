// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// Errors of [Client.Do] and [Dial].
var (
	// ErrClosed says that the client was closed. Whether a command without an
	// answer was applied is not known.
	ErrClosed = errors.New("client is closed")
	// ErrTooManyPending says that the command was not taken, because too many
	// before it have no answer yet.
	ErrTooManyPending = errors.New("too many commands without an answer")
)

// HandshakeError says that a shard answered the WebSocket handshake with an
// HTTP error.
type HandshakeError struct {
	Status int
	Body   wire.ErrorBody // empty when the answer had no body of ours
}

func newHandshakeError(status int, body []byte) *HandshakeError {
	e := &HandshakeError{Status: status}
	if json.Unmarshal(body, &e.Body) != nil {
		e.Body = wire.ErrorBody{}
	}
	return e
}

func (e *HandshakeError) Error() string {
	if e.Body.Code == "" {
		return fmt.Sprintf("shard refused the connection: HTTP %d", e.Status)
	}
	return fmt.Sprintf("shard refused the connection: HTTP %d, %s: %s", e.Status, e.Body.Code, e.Body.Message)
}

// final says whether an error ends the client: it would meet the same answer
// wherever and whenever it came back.
func final(err error) bool {
	if h, ok := errors.AsType[*HandshakeError](err); ok {
		switch h.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
			http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge:
			return true
		}
		return false
	}
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		return !comeBack(c.Code)
	}
	return false
}

// comeBack says whether a close code leaves the way back open.
func comeBack(code int) bool {
	after := wire.AfterClose(code)
	return after == wire.ReturnResume || after == wire.ReturnStay
}

// closeCode returns the code and reason with which a connection ended; 1006
// when it was cut.
func closeCode(err error) (int, string) {
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		return c.Code, c.Text
	}
	return websocket.CloseAbnormalClosure, err.Error()
}
