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

// TicketError says that a front door gave no ticket.
type TicketError struct{ HandshakeError }

func (e *TicketError) Error() string {
	if e.Body.Code == "" {
		return fmt.Sprintf("no ticket: HTTP %d", e.Status)
	}
	return fmt.Sprintf("no ticket: HTTP %d, %s: %s", e.Status, e.Body.Code, e.Body.Message)
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
		return h.final()
	}
	if t, ok := errors.AsType[*TicketError](err); ok {
		return t.final()
	}
	if c, ok := errors.AsType[*websocket.CloseError](err); ok {
		return !comeBack(c.Code)
	}
	return false
}

func (e *HandshakeError) final() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound,
		http.StatusUpgradeRequired, http.StatusRequestHeaderFieldsTooLarge:
		return true
	}
	return false
}

// wornOut says whether an error is about the token of a connection and nothing
// else: with another one the client could go on.
func wornOut(err error) bool {
	if h, ok := errors.AsType[*HandshakeError](err); ok {
		return h.Status == http.StatusUnauthorized
	}
	closed, is := errors.AsType[*websocket.CloseError](err)
	return is && wire.AfterClose(closed.Code) == wire.ReturnNewToken
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
