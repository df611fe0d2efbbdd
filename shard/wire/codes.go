// SPDX-License-Identifier: Apache-2.0

package wire

// Codes of [Error] and of HTTP error bodies; [Faults] says what each means.
const (
	CodeBadRequest     = "bad_request"
	CodeUnauthorized   = "unauthorized"
	CodeForbidden      = "forbidden"
	CodeNotFound       = "not_found"
	CodeWrongMethod    = "method_not_allowed"
	CodeConflict       = "conflict"
	CodeTooOld         = "too_old"
	CodeEnded          = "ended"
	CodeNotEnded       = "not_ended"
	CodeFull           = "session_full"
	CodeNotExpected    = "not_expected"
	CodeTooLarge       = "too_large"
	CodeMediaType      = "unsupported_media_type"
	CodeNotOwner       = "not_owner"
	CodeRefused        = "refused"
	CodeKeyReuse       = "idempotency_key_reuse"
	CodeRateLimited    = "rate_limited"
	CodeInternal       = "internal"
	CodeUnavailable    = "unavailable"
	CodeNoOwner        = "no_owner"
	CodeUnknownOutcome = "outcome_unknown"
	CodeBusy           = "busy"
	CodeDraining       = "draining"
	CodeTooManySockets = "too_many_sockets"
)

// Close codes of the protocol's own. 4000 and 4002–4099: come back (with
// resume); 4001 and 4100–4199: do not come back with this token.
const (
	CloseSlowConsumer = 4000 // the connection's queue was full; resume
	CloseTokenExpired = 4001 // get another token
	CloseAhead        = 4002 // the position to resume from lies ahead of this shard, which cannot make sure that it owns the session: resume
	CloseDemoted      = 4003 // the shard lost the session and could not relay; resume
	CloseMoveOff      = 4004 // the move that the connection waited for did not come about; stay on the other one
	CloseMoved        = 4005 // the relay to the owner ended; resume
	CloseIdle         = 4006 // no first frame came; resume
	CloseSessionEnded = 4102
	CloseForbidden    = 4103 // the player is not (any more) on the session's roster
)

// CloseTooManyErrors is how a client that keeps breaking the protocol is closed:
// "policy violation" of RFC 6455.
const CloseTooManyErrors = 1008

// ErrorBody is the one body of every HTTP error.
type ErrorBody struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}
