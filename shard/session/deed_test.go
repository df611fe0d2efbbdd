// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// TestDeedsAreAudited: what somebody may have to answer for is in the log once it
// is in the journal, and the play of the game is not.
func TestDeedsAreAudited(t *testing.T) {
	m := journal.NewMemory()
	var out bytes.Buffer
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	done := make(chan struct{})
	s.post(func() { s.logger = slog.New(slog.NewJSONHandler(&out, nil)).With("session", s.id); close(done) })
	<-done
	gm.acked(`{"type":"start_combat"}`)
	gm.acked(`{"type":"set_hp","creature":"goblin","hp":3}`)
	gm.acked(`{"type":"undo"}`)
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "ann", Ban); err != nil {
		t.Fatal(err)
	}
	ended := duelSpec()
	ended.Lifecycle = registry.LifecycleEnded
	s.SetSpec(ended)
	if _, err := s.ChangeAccess(t.Context(), Caller{Player: "gm"}, "ann", Pardon); !errors.Is(err, ErrEnded) {
		t.Fatal(err)
	}
	s.Stop()
	<-s.Done()
	type line struct {
		Msg, Event, Session, By, Player, Change string
		To                                      any
		Version                                 uint64
	}
	var got []line
	for dec := json.NewDecoder(&out); dec.More(); {
		var l line
		if err := dec.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if l.Msg == "audit" {
			got = append(got, l)
		}
	}
	want := []line{
		{Msg: "audit", Event: "override", Session: testSession, By: "gm", Change: "hp_set", Version: 3},
		{Msg: "audit", Event: "rollback", Session: testSession, By: "gm", To: 2.0, Version: 4},
		{Msg: "audit", Event: "ban", Session: testSession, By: "gm", Player: "ann", Version: 5},
		{Msg: "audit", Event: "lifecycle", Session: testSession, To: "Ended", Version: 6},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audited (-want +got):\n%s", diff)
	}
}
