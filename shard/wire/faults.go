// SPDX-License-Identifier: Apache-2.0

package wire

// Fault says what a code of an HTTP error body means.
type Fault struct {
	Code string
	// Status is the HTTP status that it comes with.
	Status int
	// Again says that the same request may well succeed later; an answer that
	// knows when has Retry-After.
	Again   bool
	Meaning string
}

// Faults are all codes, by status. A code never changes its meaning.
var Faults = []Fault{
	{CodeBadRequest, 400, false, "the frame or request breaks the protocol; the message says how"},
	{CodeUnauthorized, 401, false, "no token, or one that is not valid (any more)"},
	{CodeForbidden, 403, false, "the token is valid, but not for this"},
	{CodeNotFound, 404, false, "no such session, or none that this caller may know of"},
	{CodeWrongMethod, 405, false, "there is something here, but not by this method; `Allow` says by which"},
	{CodeConflict, 409, false, "the state has gone on since the version that the request names; `details` has what changed"},
	{CodeTooOld, 409, false, "the version lies further back than what is at hand; `details.oldest` is what is"},
	{CodeEnded, 409, false, "the session has ended and changes no more"},
	{CodeNotEnded, 409, false, "this is for after the end of the session"},
	{CodeFull, 409, false, "as many players are connected as may be"},
	{CodeNotExpected, 409, false, "the shard does not expect the session at the token's epoch"},
	{CodeTooLarge, 413, false, "the body is larger than the operation takes"},
	{CodeMediaType, 415, false, "the body must be `application/json`, without a content encoding"},
	{CodeNotOwner, 421, true, "between shards: the session is not here, and nothing was done"},
	{CodeRefused, 422, false, "understood, and not possible; `details.refusal` is the code of the refusal"},
	{CodeKeyReuse, 422, false, "the idempotency key was used for another request"},
	{CodeRateLimited, 429, true, "too often; wait as long as `Retry-After` (frames: `retry_after_ms`) says"},
	{CodeInternal, 500, false, "a fault of the server"},
	{CodeUnavailable, 503, true, "the store, or what the answer depends on, cannot be reached"},
	{CodeNoOwner, 503, true, "the session has no live owner at the moment; nothing was done"},
	{CodeUnknownOutcome, 503, false, "nobody can tell yet whether it was done: read the state, then decide"},
	{CodeBusy, 503, true, "the shard is busy with others of this kind"},
	{CodeDraining, 503, true, "this shard takes no new connections; connect again"},
	{CodeTooManySockets, 503, true, "this shard has too many connections"},
}

// FaultOf returns what a code means; [CodeInternal]'s for one that is none.
func FaultOf(code string) Fault {
	internal := Fault{Code: CodeInternal, Status: 500}
	for _, f := range Faults {
		if f.Code == code {
			return f
		}
	}
	return internal
}
