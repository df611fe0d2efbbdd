// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/trace/tracetest"
)

// TestTraceOfACommand follows commands from the shard that a client is connected to,
// through the one that owns the session, to everybody at the table.
func TestTraceOfACommand(t *testing.T) {
	f, c := New(t, shardBinary), tracetest.New(t)
	flags := []string{"--trace-endpoint", c.URL, "--trace-per-million", "1000000"}
	owner, door := f.Start("a", flags...), f.Start("b", flags...)
	f.Create("s1", owner)
	gm := f.Dial("s1", "gm", auth.GameMaster, door, client.Options{})
	const unknown = "unknown_command"
	for kind, want := range map[string]string{"start_combat": "", "dance": unknown} {
		answer, err := gm.Do(t.Context(), map[string]string{"type": kind})
		check(t, err)
		if got := answer.Refusal; (got == nil) != (want == "") || got != nil && got.Code != want {
			t.Fatalf("%s: refused with %+v, want %q", kind, got, want)
		}
	}
	f.Await("the spans of both commands", func() bool { return len(c.Of("relay")) == 2 && len(c.Of("command")) == 2 })

	got := map[string][]string{} // by trace, each shard's in their order
	for _, shard := range []*Shard{door, owner} {
		for _, s := range c.Spans() {
			if s.Shard == shard.Name {
				got[s.Trace] = append(got[s.Trace], fmt.Sprintf("%s %s %s", s.Shard, s.Name, s.Attributes["gamesession.outcome"]))
			}
		}
	}
	applied := []string{"b relay passed", "a command applied", "a wait ", "a decide ", "a append ", "a tell "}
	refused := []string{"b relay passed", "a command " + unknown, "a wait "}
	for _, s := range c.Of("command") {
		want := applied
		if s.Attributes["gamesession.outcome"] != "applied" {
			want = refused
		}
		if diff := cmp.Diff(want, got[s.Trace]); diff != "" {
			t.Errorf("trace %s (-want +got):\n%s", s.Trace, diff)
		}
		delete(got, s.Trace)
	}
	if len(got) > 0 {
		t.Errorf("other traces: %v", got)
	}
}
