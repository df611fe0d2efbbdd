// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Config says what is traced and where it goes.
type Config struct {
	// Endpoint is the URL of a collector that takes OTLP over HTTP; spans go to
	// v1/traces below it.
	Endpoint string
	// PerMillion is how many of a million commands are traced.
	PerMillion int
	// Pool, Shard and Version say whose spans they are.
	Pool, Shard, Version string
	Logger               *slog.Logger
}

// Tracer begins spans. A nil Tracer traces nothing. It is safe for concurrent use.
type Tracer struct {
	provider   *sdk.TracerProvider
	tracer     trace.Tracer
	perMillion int
}

// Spans wait for their export, queueLength at most: past it they are dropped, and play
// does not wait. An export that fails is tried again for retryFor.
const (
	// maxActionID is far above what a command may have: a client does not decide how
	// much memory the queue takes.
	maxActionID   = 128
	queueLength   = 2048
	exportEvery   = time.Second
	exportTimeout = 5 * time.Second
	retryFor      = 30 * time.Second
)

// CheckEndpoint refuses what is not the base of a collector's URL.
func CheckEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%.200q is not a URL such as http://collector:4318", endpoint)
	}
	return nil
}

// New makes a tracer. It dials nothing until there are spans; what goes wrong then is
// logged, once for each batch that is lost.
func New(cfg Config) (*Tracer, error) {
	exporter, err := otlptracehttp.New(context.Background(),
		otlptracehttp.WithEndpointURL(strings.TrimSuffix(cfg.Endpoint, "/")+"/v1/traces"),
		otlptracehttp.WithTimeout(exportTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: exportTimeout, MaxElapsedTime: retryFor,
		}))
	if err != nil {
		return nil, fmt.Errorf("making the exporter of spans: %w", err)
	}
	// The library has one place for what goes wrong in the background.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { cfg.Logger.Warn("exporting spans", "error", err) }))
	return to(cfg, sdk.WithBatcher(exporter, sdk.WithMaxQueueSize(queueLength), sdk.WithBatchTimeout(exportEvery))), nil
}

// to makes a tracer of spans that go wherever the option says.
func to(cfg Config, where sdk.TracerProviderOption) *Tracer {
	provider := sdk.NewTracerProvider(where, sdk.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "gamesession-shard"),
		attribute.String("service.namespace", cfg.Pool),
		attribute.String("service.instance.id", cfg.Shard),
		attribute.String("service.version", cfg.Version),
	)))
	return &Tracer{provider: provider, tracer: provider.Tracer("gamesession.dev/operator/shard"), perMillion: cfg.PerMillion}
}

// Close exports what waits, for as long as ctx lets it.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Begin begins a span of a command, by what is done with it. It is nil if that command
// is not traced.
func (t *Tracer) Begin(what string, c Command, at time.Time) *Span {
	if t == nil || len(c.ActionID) > maxActionID {
		return nil
	}
	sent := c.Trace()
	if !drawn(sent.TraceID(), t.perMillion) {
		return nil
	}
	ctx, span := t.tracer.Start(trace.ContextWithRemoteSpanContext(context.Background(), sent), what,
		trace.WithTimestamp(at), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("gamesession.session", c.Session),
			attribute.String("gamesession.player", c.Player),
			attribute.String("gamesession.action_id", c.ActionID),
		))
	return &Span{tracer: t.tracer, ctx: ctx, span: span, last: at}
}
