// SPDX-License-Identifier: Apache-2.0

package wire

// Codes of [Refusal] that do not come from the rules; [Refusals] says what each
// means.
const (
	RefusalBadCommand   = "bad_command"
	RefusalBadCommandID = "bad_command_id"
	RefusalForbidden    = "forbidden"
	RefusalPaused       = "paused"
	RefusalEnded        = "ended"
	RefusalSuperseded   = "superseded"
	RefusalIDReuse      = "id_reuse"
	RefusalNoncesClosed = "nonces_closed"
	RefusalUnavailable  = "unavailable"
	RefusalInboxFull    = "inbox_full"
	RefusalTooManyOpen  = "too_many_open"
	RefusalRateLimited  = "rate_limited"
)

// Refused says what a code of a [Refusal] means.
type Refused struct {
	Code string
	// Retry says that it is no answer: the same frame is to be sent again.
	Retry   bool
	Meaning string
}

// Refusals are all codes that do not come from the rules. A code never changes its
// meaning.
var Refusals = []Refused{
	{RefusalBadCommand, false, "the action is not one of the ruleset, or cannot be carried out as it stands; the message says why"},
	{RefusalBadCommandID, false, "`n` must be above 0, and `action_id` must have 1 to 64 characters"},
	{RefusalForbidden, false, "the role may not do this"},
	{RefusalPaused, false, "the session is paused"},
	{RefusalEnded, false, "the session has ended"},
	{RefusalSuperseded, false, "a later command of this player was applied, and an answer to this one is not kept (any more)"},
	{RefusalIDReuse, false, "the `n` was used for another command"},
	{RefusalNoncesClosed, false, "no nonce can change the dice any more"},
	{RefusalUnavailable, true, "the journal cannot be reached; nothing is known to have happened"},
	{RefusalInboxFull, true, "too many commands wait at the session"},
	{RefusalTooManyOpen, true, "too many commands of this connection have no answer"},
	{RefusalRateLimited, true, "too fast; wait for `retry_after_ms` of the details"},
}
