// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Span is what one shard does with one command. A nil Span takes everything and is
// nowhere. It is not safe for concurrent use; whoever has the command has its span.
type Span struct {
	tracer trace.Tracer
	ctx    context.Context //nolint:containedctx // the library's way to name a parent
	span   trace.Span
	last   time.Time // end of the last stage
	ended  bool
}

// Stage says that a stage of the work ended: it began when the last one did end, or
// with the span.
func (s *Span) Stage(name string, until time.Time) {
	if s == nil || s.ended {
		return
	}
	_, stage := s.tracer.Start(s.ctx, name, trace.WithTimestamp(s.last))
	stage.End(trace.WithTimestamp(until))
	s.last = until
}

// End says what came of the command: "applied" and the like, or the code of a refusal.
// Whatever comes later is ignored.
func (s *Span) End(outcome string, at time.Time) {
	if s == nil || s.ended {
		return
	}
	s.ended = true
	s.span.SetAttributes(attribute.String("gamesession.outcome", outcome))
	s.span.End(trace.WithTimestamp(at))
}
