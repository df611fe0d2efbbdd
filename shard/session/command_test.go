// SPDX-License-Identifier: Apache-2.0

package session

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

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

// TestOwnActionsAreReadStrictly: who writes more into one than it has means something
// else by it.
func TestOwnActionsAreReadStrictly(t *testing.T) {
	m := journal.NewMemory()
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(started(t, m, m))
	for _, action := range []string{
		`{"type":"undo","version":1}`,
		`{"type":"rollback","version":1,"to":1}`,
		`{"type":"rollback","version":"1"}`,
		`{"type":"dice_nonce","nonce":"a","player":"ann"}`,
		`{"type":"sequence","actions":[{"type":"start_combat"}],"atomic":false}`,
		`{"type":"sequence","actions":"start_combat"}`,
	} {
		if code := gm.refused(action); code != wire.RefusalBadCommand {
			t.Errorf("%s: %s, want %s", action, code, wire.RefusalBadCommand)
		}
	}
}

// TestActionIDOfManyBytes: what is counted is characters.
func TestActionIDOfManyBytes(t *testing.T) {
	m := journal.NewMemory()
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(started(t, m, m))
	for n, tt := range []struct {
		id   string
		want wire.Type
	}{{strings.Repeat("ä", wire.MaxActionID+1), wire.TypeRefusal}, {strings.Repeat("ä", wire.MaxActionID), wire.TypeAck}} {
		gm.command(uint64(n+1), tt.id, `{"type":"start_combat"}`)
		if got := gm.until(wire.TypeAck, wire.TypeRefusal).Type; got != tt.want {
			t.Errorf("%d characters: %s, want %s", utf8.RuneCountInString(tt.id), got, tt.want)
		}
	}
}
