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
