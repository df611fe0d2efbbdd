// SPDX-License-Identifier: Apache-2.0

package wire

// CloseRoleChanged ends the connections of a player who has another role now: a
// token for that leads to another view.
const CloseRoleChanged = 4101

// Return says what a client does when a connection has ended.
type Return string

// The ways to go on.
const (
	// ReturnResume: come back through the front door with a [Resume].
	ReturnResume Return = "resume"
	// ReturnStay: stay on the other connection.
	ReturnStay Return = "stay"
	// ReturnNewToken: come back with another token. If the shard greets in another role
	// than before, begin with a [SyncRequest].
	ReturnNewToken Return = "new_token"
	// ReturnNever: do not come back.
	ReturnNever Return = "never"
)

// FirstReturn is how long a client waits before it comes back, in milliseconds.
// Each further time it waits twice as long, up to LastReturn, and a random part of
// up to half of it less.
const (
	FirstReturn = 50
	LastReturn  = 2000
)

// Closing is one close code and what it means.
type Closing struct {
	Code    int
	Return  Return
	Meaning string
}

// Closings lists the close codes that a shard sends, in the order of the codes.
func Closings() []Closing {
	return []Closing{
		{1002, ReturnNever, "a frame that is not one of RFC 6455"},
		{1003, ReturnNever, "a binary frame"},
		{1007, ReturnNever, "text that is not UTF-8"},
		{CloseTooManyErrors, ReturnNever, "too many frames that break the protocol, or too fast"},
		{1009, ReturnNever, "a frame that is too big"},
		{1012, ReturnResume, "the shard leaves"},
		{CloseSlowConsumer, ReturnResume, "the client did not keep up with what was sent"},
		{CloseTokenExpired, ReturnNewToken, "the token has expired or was taken out of use"},
		{CloseAhead, ReturnResume, "the position of the resume lies ahead of this shard, which cannot make sure that it owns the session still"},
		{CloseDemoted, ReturnResume, "the shard lost the session"},
		{CloseMoveOff, ReturnStay, "the move that this second connection waited for did not come about"},
		{CloseMoved, ReturnResume, "the relay to the owner ended"},
		{CloseIdle, ReturnResume, "no first frame came"},
		{CloseRoleChanged, ReturnNewToken, "the player has another role now"},
		{CloseSessionEnded, ReturnNever, "the session has ended"},
		{CloseForbidden, ReturnNever, "the player is not, or no longer, on the roster, or is banned"},
	}
}

// AfterClose says what to do after a close with a code, be it one that is not in
// the list: a cut connection (1006) or one that a proxy closed.
func AfterClose(code int) Return {
	for _, c := range Closings() {
		if c.Code == code {
			return c.Return
		}
	}
	if code == 1010 || code >= 4100 && code <= 4199 {
		return ReturnNever
	}
	return ReturnResume
}

// ConnectionError is the last frame before a shard closes a connection: what the
// close code says, for clients that have it in words.
type ConnectionError struct {
	// Code is the close code that follows.
	Code    int    `json:"code"`
	Message string `json:"message"`
	Return  Return `json:"return"`
	// AfterMillis is how long to wait first.
	AfterMillis int `json:"after_ms,omitempty"`
}

// NewConnectionError returns what announces a close.
func NewConnectionError(code int, message string) ConnectionError {
	e := ConnectionError{Code: code, Message: message, Return: AfterClose(code)}
	if e.Return == ReturnResume {
		e.AfterMillis = FirstReturn
	}
	return e
}
