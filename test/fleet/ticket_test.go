// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"net/http"
	"sync/atomic"
	"testing"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
)

// TestTicketsThroughAMove: a client that holds no token of its own follows its session
// to another shard, with a ticket for each connection.
func TestTicketsThroughAMove(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.Create("s1", a)
	var asked atomic.Int32
	gm := f.Dial("s1", "gm", auth.GameMaster, a, client.Options{FollowMoves: true, Credentials: client.Tickets{
		URL: "http://" + b.Address, Session: "s1",
		Authorize: func(r *http.Request) error {
			asked.Add(1)
			r.Header.Set(wire.TokenHeader, f.Token("s1", "gm", auth.GameMaster))
			return nil
		},
	}})
	f.Move("s1", b)
	f.Await("the client to follow", func() bool { return gm.Stats().Followed == 1 })
	if answer, err := gm.Do(t.Context(), map[string]string{"type": "start_combat"}); err != nil || answer.Refusal != nil {
		t.Fatalf("answered with %+v, %v", answer, err)
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("%d tickets were asked for, want 2: one to connect, one for the move", n)
	}
}

// TestTicketsThroughAChangeOfRole: a player who becomes a game master is closed, comes
// back with a ticket for the new role, and sees what that may see.
func TestTicketsThroughAChangeOfRole(t *testing.T) {
	f := New(t, shardBinary)
	a := f.Start("a")
	f.Create("s1", a)
	var role atomic.Value
	role.Store(auth.Player)
	ann := f.Dial("s1", "ann", auth.Player, a, client.Options{Credentials: client.Tickets{
		URL: "http://" + a.Address, Session: "s1",
		Authorize: func(r *http.Request) error {
			r.Header.Set(wire.TokenHeader, f.Token("s1", "ann", role.Load().(auth.Role)))
			return nil
		},
	}})
	hp := func() (text string) {
		ann.View(func(d *wire.Document) { text = string(d.Get("/creatures/ogre/hp")) })
		return text
	}
	if got := hp(); got != "" {
		t.Fatalf("a player sees %s hit points", got)
	}
	spec, err := f.Registry.Spec(t.Context(), "s1")
	check(t, err)
	spec.GameMasters, spec.Players = append(spec.GameMasters, "ann"), nil
	spec.Generation++
	role.Store(auth.GameMaster)
	check(t, f.Registry.PutSpec(t.Context(), spec))
	check(t, f.Registry.WakeShard(t.Context(), a.Name, "s1"))
	f.Await("ann to see what a game master does", func() bool { return hp() == "400" })
	if n := ann.Stats().Closes[wire.CloseRoleChanged]; n != 1 {
		t.Errorf("closed %d times with %d, want once", n, wire.CloseRoleChanged)
	}
}
