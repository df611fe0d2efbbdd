// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/trace"
	"gamesession.dev/operator/shard/trace/tracetest"
	"gamesession.dev/operator/shard/wire"
)

// TestSpansOfCommands: each answer ends a span, which says what came of the command.
func TestSpansOfCommands(t *testing.T) {
	c := tracetest.New(t)
	tracer, err := trace.New(trace.Config{Endpoint: c.URL, PerMillion: 1_000_000, Shard: "a", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	m := journal.NewMemory()
	cfg := testConfig(m)
	cfg.Tracer = tracer
	gm := newClient(t, "gm", auth.GameMaster)
	s := startedWith(t, m, cfg)
	gm.attach(s)
	gm.acked(`{"type":"start_combat"}`)
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	gm.until(wire.TypeAck)
	gm.do(`{"type":"start_combat"}`)
	gm.do(`{"type":"rollback","version":1000}`)
	gm.acked(`{"type":"undo"}`)
	s.Stop() // so that every span has ended
	<-s.Done()
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{} // stages by command and outcome
	for _, of := range c.Of("command") {
		key := fmt.Sprint(of.Attributes["gamesession.action_id"], " ", of.Attributes["gamesession.outcome"])
		got[key] = []string{}
		for _, part := range c.Spans() {
			if part.Parent == of.ID {
				got[key] = append(got[key], part.Name)
			}
		}
	}
	all := []string{"wait", "decide", "append", "tell"}
	want := map[string][]string{
		"gm-1 applied": all, "gm-1 repeated": {"wait"}, "gm-2 combat_running": {"wait"}, "gm-3 bad_command": {"wait"}, "gm-4 applied": all,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}
