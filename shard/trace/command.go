// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"

	"go.opentelemetry.io/otel/trace"
)

// Command names a command, the same wherever it is seen and however often it is sent.
type Command struct {
	Session, Player string
	N               uint64
	ActionID        string
}

// Trace is the context of whoever sent the command: the trace that everything about it
// is in, and the span of the client, which a client that traces may export itself. Both
// are taken from SHA-256 of session, player, n and action id, with line feeds between.
func (c Command) Trace() trace.SpanContext {
	sum := sha256.Sum256([]byte(c.Session + "\n" + c.Player + "\n" + strconv.FormatUint(c.N, 10) + "\n" + c.ActionID))
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID(sum[:16]), SpanID: trace.SpanID(sum[16:24]), TraceFlags: trace.FlagsSampled, Remote: true,
	})
}

// drawn says whether a trace is one of so many of a million: every shard draws alike.
func drawn(id trace.TraceID, perMillion int) bool {
	return binary.BigEndian.Uint64(id[8:])%1_000_000 < uint64(perMillion)
}
