// SPDX-License-Identifier: Apache-2.0

package server

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/monitor"
)

const namespace = "gamesession"

// Metrics are the shard's Prometheus metrics. No label is ever a session or a
// player: their number has no bound. Metrics observes sessions and journal.
type Metrics struct {
	applied       prometheus.Histogram
	refused       *prometheus.CounterVec
	fanOut        prometheus.Counter
	told          prometheus.Histogram
	storeTrouble  prometheus.Counter
	handoffs      *prometheus.CounterVec
	takeovers     *prometheus.CounterVec
	pause         prometheus.Histogram
	mismatches    prometheus.Counter
	appends       prometheus.Histogram
	commits       prometheus.Histogram
	batch         prometheus.Histogram
	journalErrors *prometheus.CounterVec
	durability    *prometheus.GaugeVec
	sessions      prometheus.Gauge
	sockets       prometheus.Gauge
	connects      prometheus.Histogram
	relays        prometheus.Gauge
	framesIn      prometheus.Counter
	framesOut     prometheus.Counter
	slowConsumers prometheus.Counter
	closes        *prometheus.CounterVec
	limits        *prometheus.CounterVec
	handshakes    *prometheus.CounterVec
	certificate   prometheus.Gauge
	preconnects   *prometheus.CounterVec
	checks        *prometheus.CounterVec
	checkTime     prometheus.Histogram
	restAnswers   *prometheus.CounterVec
	restTime      prometheus.Histogram
	restPassedOn  prometheus.Counter
}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
		r.MustRegister(c)
		return c
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
		r.MustRegister(c)
		return c
	}
	gauge := func(name, help string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
		r.MustRegister(g)
		return g
	}
	gauges := func(name, help string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, labels)
		r.MustRegister(g)
		return g
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
		r.MustRegister(h)
		return h
	}
	latency := prometheus.ExponentialBuckets(0.0005, 2, 14) // 0.5 ms to 4 s
	m := &Metrics{
		applied:       histogram("command_seconds", "Time from a command's arrival at its session to its durable acknowledgement.", latency),
		refused:       counters("commands_refused_total", "Commands refused, by code.", "code"),
		fanOut:        counter("updates_sent_total", "Updates queued for clients."),
		told:          histogram("update_seconds", "Time from an entry's being durable to its update's being written to, or waiting for, the socket of every client.", prometheus.ExponentialBuckets(0.00005, 2, 14)), // 50 µs to 0.4 s
		storeTrouble:  counter("journal_trouble_total", "Answers of the journal other than success, as sessions saw them."),
		handoffs:      counters("handoff_steps_total", "Steps of handoffs at their source.", "step"),
		takeovers:     counters("takeovers_total", "Sessions taken over, by reason.", "reason"),
		pause:         histogram("handoff_pause_seconds", "Time from a freeze to its takeover, by the two shards' clocks.", latency),
		mismatches:    counter("state_mismatch_total", "Handoffs in which source and target held different states. Any is an alarm."),
		appends:       histogram("journal_append_seconds", "Time of an append, its wait in the queue included.", latency),
		commits:       histogram("journal_commit_seconds", "Time of one pipeline to Redis.", latency),
		batch:         histogram("journal_commit_writes", "Writes in one pipeline to Redis.", prometheus.ExponentialBuckets(1, 2, 10)),
		journalErrors: counters("journal_refused_total", "Journal calls that did not succeed, by reason; stale means a fenced write.", "reason"),
		durability:    gauges("durability", "1, labelled with what Redis promises for an acknowledgement (docs/redis.md) and whether it may evict keys; absent until it has said so.", "level", "evicts"),
		sessions:      gauge("sessions", "Sessions that live on this shard."),
		connects:      histogram("connect_seconds", "Time from a client's handshake to its first view or resume, its own first frame included; not of connections ahead of a move.", latency),
		sockets:       gauge("connections", "WebSocket connections, relays from other shards included."),
		relays:        gauge("relayed_connections", "Clients that this shard passes on to an owner elsewhere."),
		framesIn:      counter("frames_received_total", "Frames received."),
		framesOut:     counter("frames_sent_total", "Frames sent."),
		slowConsumers: counter("slow_consumers_total", "Connections closed because they did not keep up."),
		limits:        counters("limits_hit_total", "What was refused by a limit, by limit; unchecked: what was let through because nobody could count.", "limit"),
		closes:        counters("closes_total", "Connections closed by the shard, by close code.", "code"),
		handshakes:    counters("handshakes_refused_total", "Handshakes refused, by reason.", "reason"),
		certificate:   gauge("certificate_expires_timestamp_seconds", "When the certificate that clients see expires, in seconds since the Unix epoch; 0: there is none."),
		preconnects:   counters("preconnects_total", "Clients that connect ahead of a move: invited, waits, went_on or called_off.", "step"),
		checks:        counters("state_checks_total", "Live sessions compared with what their journal gives, by result. Any that is different is an alarm.", "result"),
		checkTime:     histogram("state_check_seconds", "Time of one such comparison.", latency),
		restTime:      histogram("rest_request_seconds", "Time from a REST request to its answer, those passed on to another shard left out.", latency),
		restPassedOn:  counter("rest_passed_on_total", "REST requests passed on to a session's owner, repetitions included."),
		restAnswers:   counters("rest_answers_total", "Answers to REST requests, by operation and code, counted where they were made.", "operation", "code"),
	}
	for _, r := range monitor.Results {
		m.checks.WithLabelValues(string(r)) // an alert needs to see it at zero
	}
	return m
}

// Applied observes an acknowledged command.
func (m *Metrics) Applied(d time.Duration) { m.applied.Observe(d.Seconds()) }

// Refused counts a refused command.
func (m *Metrics) Refused(code string) { m.refused.WithLabelValues(code).Inc() }

// Broadcast counts what one entry is sent to.
func (m *Metrics) Broadcast(clients int) { m.fanOut.Add(float64(clients)) }

// Told observes how long an update took to be on its way to everybody.
func (m *Metrics) Told(d time.Duration) { m.told.Observe(d.Seconds()) }

// Sessions says how many sessions live here.
func (m *Metrics) Sessions(n int) { m.sessions.Set(float64(n)) }

// StoreTrouble counts an answer of the journal other than success.
func (m *Metrics) StoreTrouble() { m.storeTrouble.Inc() }

// Froze counts a freeze.
func (m *Metrics) Froze() { m.handoffs.WithLabelValues("freeze").Inc() }

// Thawed counts a freeze that nobody answered.
func (m *Metrics) Thawed() { m.handoffs.WithLabelValues("thaw").Inc() }

// Fenced counts a session that was fenced by a higher owner without a freeze.
func (m *Metrics) Fenced() { m.handoffs.WithLabelValues("fenced").Inc() }

// TookOver counts a takeover.
func (m *Metrics) TookOver(reason string, pause time.Duration) {
	m.takeovers.WithLabelValues(reason).Inc()
	if pause > 0 {
		m.pause.Observe(pause.Seconds())
	}
}

// Mismatch counts a handoff with different states.
func (m *Metrics) Mismatch() { m.mismatches.Inc() }

// Durability says what an acknowledgement is worth.
func (m *Metrics) Durability(d journal.Durability) {
	m.durability.Reset()
	m.durability.WithLabelValues(d.String(), strconv.FormatBool(d.Evicts)).Set(1)
}

// Certificate says when the certificate that clients see expires.
func (m *Metrics) Certificate(expires time.Time) { m.certificate.Set(float64(expires.Unix())) }

// Checked counts a comparison of a session with its journal.
func (m *Metrics) Checked(r monitor.Result, d time.Duration) {
	m.checks.WithLabelValues(string(r)).Inc()
	m.checkTime.Observe(d.Seconds())
}

// JournalMetrics is what the journal observes into.
type JournalMetrics struct{ m *Metrics }

// Journal returns the journal's part.
func (m *Metrics) Journal() JournalMetrics { return JournalMetrics{m} }

// Committed observes one pipeline.
func (j JournalMetrics) Committed(writes, _ int, d time.Duration) {
	j.m.commits.Observe(d.Seconds())
	j.m.batch.Observe(float64(writes))
}

// Appended observes one append.
func (j JournalMetrics) Appended(_ int, d time.Duration) { j.m.appends.Observe(d.Seconds()) }

// Refused counts a call that did not succeed.
func (j JournalMetrics) Refused(reason string) { j.m.journalErrors.WithLabelValues(reason).Inc() }

func (m *Metrics) connected(d time.Duration) { m.connects.Observe(d.Seconds()) }

func (m *Metrics) handshake(reason string) { m.handshakes.WithLabelValues(reason).Inc() }

func (m *Metrics) preconnected(step string) { m.preconnects.WithLabelValues(step).Inc() }

// Answered observes an answer to a REST request.
func (m *Metrics) Answered(operation, code string, d time.Duration) {
	m.restAnswers.WithLabelValues(operation, code).Inc()
	m.restTime.Observe(d.Seconds())
}

// PassedOn counts a REST request that goes to another shard.
func (m *Metrics) PassedOn() { m.restPassedOn.Inc() }

// Limited counts what a limit refused.
func (m *Metrics) Limited(by string) { m.limits.WithLabelValues(by).Inc() }

func (m *Metrics) closed(code int) { m.closes.WithLabelValues(strconv.Itoa(code)).Inc() }
