// SPDX-License-Identifier: Apache-2.0

package trace_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/trace"
	"gamesession.dev/operator/shard/trace/tracetest"
)

const million = 1_000_000

func tracer(t *testing.T, endpoint, shard string, perMillion int) *trace.Tracer {
	t.Helper()
	tr, err := trace.New(trace.Config{
		Endpoint: endpoint, PerMillion: perMillion, Pool: "ns.pool", Shard: shard, Version: "v1", Logger: slog.New(slog.DiscardHandler),
	})
	check(t, err)
	return tr
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestShardsShareATrace: shards that know nothing of each other write into the trace
// that whoever has the command's name can work out, below the client's span.
func TestShardsShareATrace(t *testing.T) {
	c := tracetest.New(t)
	a, b := tracer(t, c.URL, "a", million), tracer(t, c.URL+"/", "b", million)
	name := trace.Command{Session: "s1", Player: "ann", N: 7, ActionID: "x-7"}
	at := time.Unix(1_800_000_000, 0)
	relay := a.Begin("relay", name, at)
	relay.End("passed", at.Add(time.Millisecond))
	span := b.Begin("command", name, at.Add(2*time.Millisecond))
	span.Stage("wait", at.Add(3*time.Millisecond))
	span.Stage("decide", at.Add(5*time.Millisecond))
	span.End("applied", at.Add(6*time.Millisecond))
	span.Stage("late", at.Add(7*time.Millisecond))
	span.End("late", at.Add(8*time.Millisecond))
	check(t, a.Close(t.Context()))
	check(t, b.Close(t.Context()))

	// printf 's1\nann\n7\nx-7' | sha256sum
	const sum = "246eab0128862a151b90d83773874c1676e907ec608c1d921fdea9a35250e336"
	var got []string
	for _, s := range c.Spans() {
		if s.Trace != sum[:32] {
			t.Errorf("%s is in trace %s, want %s", s.Name, s.Trace, sum[:32])
		}
		got = append(got, fmt.Sprint(s.Shard, " ", s.Name, " ", s.Start.Sub(at), " ", s.End.Sub(at), " ", s.Attributes["gamesession.outcome"]))
	}
	want := []string{"a relay 0s 1ms passed", "b command 2ms 6ms applied", "b wait 2ms 3ms ", "b decide 3ms 5ms "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
	command := c.Of("command")[0]
	if command.Parent != sum[32:48] || c.Of("relay")[0].Parent != sum[32:48] || c.Of("decide")[0].Parent != command.ID {
		t.Errorf("parents: %+v", c.Spans())
	}
	about := map[string]string{"gamesession.session": "s1", "gamesession.player": "ann", "gamesession.action_id": "x-7", "gamesession.outcome": "applied"}
	if diff := cmp.Diff(about, command.Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}

// TestDrawsAlike: every tracer draws the same commands, and about as many as it is
// told to.
func TestDrawsAlike(t *testing.T) {
	c := tracetest.New(t)
	a, b := tracer(t, c.URL, "a", 100_000), tracer(t, c.URL, "b", 100_000)
	drawn := 0
	for n := range uint64(10_000) {
		name := trace.Command{Session: "s1", Player: "ann", N: n, ActionID: fmt.Sprint(n)}
		first, second := a.Begin("command", name, time.Now()), b.Begin("command", name, time.Now())
		if (first == nil) != (second == nil) {
			t.Fatalf("command %d is drawn by one of two", n)
		}
		if first != nil {
			drawn++
		}
	}
	if drawn < 900 || drawn > 1_100 {
		t.Errorf("%d of 10,000 are drawn, want about a tenth", drawn)
	}
}

// TestNobodyTraces: no tracer, none drawn, and a name as no command can have, take
// everything.
func TestNobodyTraces(t *testing.T) {
	c := tracetest.New(t)
	for tr, id := range map[*trace.Tracer]string{nil: "x", tracer(t, c.URL, "a", 0): "x", tracer(t, c.URL, "a", million): strings.Repeat("x", 129)} {
		span := tr.Begin("command", trace.Command{ActionID: id}, time.Now())
		span.Stage("wait", time.Now())
		span.End("applied", time.Now())
		check(t, tr.Close(t.Context()))
	}
	if got := c.Spans(); len(got) > 0 {
		t.Errorf("spans: %+v", got)
	}
}

func TestCheckEndpoint(t *testing.T) {
	for endpoint, good := range map[string]bool{
		"http://collector:4318": true, "https://c.example/otlp/": true,
		"collector:4318": false, "grpc://collector:4317": false, "http://": false, "": false, "http://u:p@c": false, "http://c?x": false, "http://c#x": false, "://": false,
	} {
		if err := trace.CheckEndpoint(endpoint); (err == nil) != good {
			t.Errorf("%q: %v", endpoint, err)
		}
	}
}
