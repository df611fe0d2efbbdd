// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/cmd/bots/internal/check"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
)

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(10)
		start := time.Now()
		for range 5 {
			p.wait(t.Context())
		}
		if got := time.Since(start); got != 400*time.Millisecond {
			t.Errorf("five commands took %s, want 400ms", got)
		}
		// A command that took long does not make the next ones hurry.
		time.Sleep(time.Second)
		start = time.Now()
		p.wait(t.Context())
		p.wait(t.Context())
		if got := time.Since(start); got != 100*time.Millisecond {
			t.Errorf("two more took %s, want 100ms", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if p.wait(ctx) {
			t.Error("it went on after its context had ended")
		}
	})
}

func TestLatency(t *testing.T) {
	var l latency
	for i := range 1000 {
		l.add(time.Duration(i+1) * time.Millisecond)
	}
	for i, want := range []time.Duration{500 * time.Millisecond, 990 * time.Millisecond, time.Second} {
		got := l.quantiles(0.5, 0.99, 1)[i]
		if got < want*98/100 || got > want*102/100+time.Millisecond {
			t.Errorf("quantile %d = %s, want %s within 2 %%", i, got, want)
		}
	}
	if l.longest() != time.Second {
		t.Errorf("longest = %s, want 1s", l.longest())
	}
	var none latency
	if got := none.quantiles(0.5)[0]; got != 0 {
		t.Errorf("quantile of nothing = %s, want 0", got)
	}
	l.add(time.Hour) // past the last bucket
	l.add(0)
}

func TestAssemble(t *testing.T) {
	var seats []Seat
	for _, player := range []string{"gm", "boss", "p1", "p2"} {
		role := auth.Player
		if player == "gm" || player == "boss" {
			role = auth.GameMaster
		}
		seats = append(seats, Seat{Session: "s1", Player: player, Role: role})
	}
	tests := map[Follow][]Kind{
		FollowNone:   {Ignores, Ignores, Ignores, Ignores},
		FollowHalf:   {Follows, Ignores, Follows, Ignores},
		FollowAll:    {Follows, Follows, Follows, Follows},
		FollowAhead:  {ConnectsAhead, ConnectsAhead, ConnectsAhead, ConnectsAhead},
		FollowThirds: {ConnectsAhead, Follows, Ignores, ConnectsAhead},
	}
	for follow, want := range tests {
		f, err := assemble(Options{Seats: seats, Follow: follow})
		if err != nil {
			t.Fatal(err)
		}
		var got []Kind
		var leads []bool
		for _, b := range f.bots {
			got, leads = append(got, b.kind), append(leads, b.lead)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("follow %s (-want +got):\n%s", follow, diff)
		}
		if diff := cmp.Diff([]bool{true, false, false, false}, leads); diff != "" {
			t.Errorf("leads (-want +got):\n%s", diff)
		}
	}
}

func TestWhoActs(t *testing.T) {
	table := newTable("s1", 0)
	table.seated["p1"] = true
	tests := map[string]struct {
		seat       Seat
		lead       bool
		controller string
		want       bool
	}{
		"own creature":             {Seat{Player: "p1", Role: auth.Player}, false, "p1", true},
		"another's":                {Seat{Player: "p1", Role: auth.Player}, false, "p2", false},
		"monsters":                 {Seat{Player: "gm", Role: auth.GameMaster}, true, "gm", true},
		"monsters, not in lead":    {Seat{Player: "boss", Role: auth.GameMaster}, false, "gm", false},
		"player who has a bot":     {Seat{Player: "gm", Role: auth.GameMaster}, true, "p1", false},
		"player who has none":      {Seat{Player: "gm", Role: auth.GameMaster}, true, "p9", true},
		"a player named like them": {Seat{Player: "gm", Role: auth.Player}, false, "p1", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			b := newBot(tc.seat, table, &tally{})
			b.lead = tc.lead
			if got := b.acts(tc.controller); got != tc.want {
				t.Errorf("acts = %v, want %v", got, tc.want)
			}
		})
	}
}

// TestCloses: what a close means depends on its code, and on whether the bot
// follows moves.
func TestCloses(t *testing.T) {
	tests := map[string]struct {
		kind       Kind
		live       bool
		code       int
		wantBroken uint64
		wantCloses int
	}{
		"shard left after its grace":      {live: true, code: 1012, wantCloses: 1},
		"shard was killed":                {live: true, code: 1006, wantCloses: 1},
		"closed for a move":               {live: true, code: wire.CloseMoved, wantBroken: 1, wantCloses: 1},
		"closed, follows":                 {kind: Follows, live: true, code: wire.CloseMoved, wantCloses: 1},
		"the session has ended":           {live: true, code: wire.CloseSessionEnded, wantCloses: 1},
		"an attempt that was turned away": {code: wire.CloseDemoted},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			all := &tally{}
			b := newBot(Seat{Session: "s1", Player: "p1", Role: auth.Player}, newTable("s1", 0), all)
			b.kind = tc.kind
			if b.kind == "" {
				b.kind = Ignores
			}
			if tc.live {
				b.observe(client.Live{Link: 1})
			}
			b.observe(client.Closed{Link: 1, Code: tc.code, WasLive: tc.live})
			if all.broken.Load() != tc.wantBroken || len(all.closes) != tc.wantCloses || all.live.Load() != 0 {
				t.Errorf("violations %v, closes %v, %d live", all.violations, all.closes, all.live.Load())
			}
			if tc.wantCloses == 0 {
				return
			}
			b.observe(client.Live{Link: 2, Resumed: true})
			if c := all.closes[0]; c.BackMillis < 0 || !c.Resumed {
				t.Errorf("it came back, and the close says %+v", c)
			}
		})
	}
}

func TestReport(t *testing.T) {
	f, err := assemble(Options{Seats: []Seat{{Session: "s1", Player: "p1", Role: auth.Player}}})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	moves := f.tables[0].moves
	for i, epoch := range []uint64{1, 2, 2, 3} {
		key := check.Trip{Player: "p1", Seq: uint64(i)}
		sent := start.Add(time.Duration(i) * time.Second)
		if epoch == 3 {
			moves.Sign(3, sent.Add(-time.Millisecond))
		}
		moves.Sent(key, sent)
		moves.Acked(key, epoch, sent.Add(40*time.Millisecond))
	}
	f.tally.refusal("not_your_turn")
	f.tally.violation(Violation{Violation: check.Violation{Kind: check.Hole, Detail: "here"}, Session: "s1", Player: "p1", At: start})
	r := f.report()
	if len(r.Moves) != 1 || r.Pauses[Ignores].Commands != 1 || r.Pauses[Ignores].P50 != 40 || r.Moves[0].EpochTo != 2 || r.Moves[0].PauseMillis != 40 || len(r.QuietMoves) != 1 || r.PauseMillis.Max != 40 {
		t.Errorf("moves %+v, quiet %+v, pause %+v", r.Moves, r.QuietMoves, r.PauseMillis)
	}
	var text, data bytes.Buffer
	r.Print(&text)
	for _, want := range []string{"1 refused (not_your_turn: 1)", "violations  1", "hole: here", "max 40.0 ms; 1 with none"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, text.String())
		}
	}
	if err := r.WriteJSON(&data); err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(data.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"acked", "ack_ms", "moves", "moved_followed", "moved_ignored", "resumed", "closes", "violations"} {
		if _, ok := back[key]; !ok {
			t.Errorf("the JSON lacks %q", key)
		}
	}
}
