// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"testing"
	"time"

	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/robust/internal/play"
)

// act is the first command of a client, which was acknowledged; times are in milliseconds.
func act(client int, call, ret int, epoch, version uint64) play.Op {
	return play.Op{
		Client: client, Player: string(rune('a' + client)), Kind: play.Act, Outcome: play.Acked, N: 1,
		Call: ms(call), Return: ms(ret), Position: wire.Position{Epoch: epoch, Version: version},
	}
}

// reads is a read by player a.
func reads(call, ret int, epoch, version, lastN uint64) play.Op {
	return play.Op{
		Client: -1, Player: "a", Kind: play.Read, Outcome: play.Acked, LastN: lastN,
		Call: ms(call), Return: ms(ret), Position: wire.Position{Epoch: epoch, Version: version},
	}
}

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// TestOrder: what L lets pass, and what it does not.
func TestOrder(t *testing.T) {
	bound2 := []bound{{epoch: 1, at: 0}, {epoch: 2, at: ms(50)}}
	lost := act(0, 0, 60, 1, 2)
	lost.Outcome = play.Unknown
	for name, tt := range map[string]struct {
		ops    []play.Op
		bounds []bound
		wrong  bool
		stale  int
	}{
		"one after the other":        {ops: []play.Op{act(0, 0, 10, 1, 2), act(1, 20, 30, 1, 3), reads(40, 45, 1, 3, 1)}},
		"at once":                    {ops: []play.Op{act(0, 0, 30, 1, 3), act(1, 0, 30, 1, 2), reads(5, 25, 1, 2, 0)}},
		"versions against time":      {ops: []play.Op{act(0, 0, 10, 1, 3), act(1, 20, 30, 1, 2)}, wrong: true},
		"also between two owners":    {ops: []play.Op{act(0, 0, 10, 2, 3), act(1, 60, 70, 1, 2)}, bounds: bound2, wrong: true},
		"old read of the only owner": {ops: []play.Op{act(0, 0, 10, 1, 3), reads(20, 30, 1, 2, 0)}, wrong: true},
		"old read before a new owner": {
			ops: []play.Op{act(0, 0, 10, 1, 3), reads(20, 30, 1, 2, 0)}, bounds: bound2, wrong: true,
		},
		"old read of an old owner": {
			ops: []play.Op{act(0, 0, 55, 1, 3), reads(60, 70, 1, 2, 0)}, bounds: bound2, stale: 1,
		},
		"old read of the new owner": {
			ops: []play.Op{act(0, 0, 55, 2, 4), reads(60, 70, 2, 3, 0)}, bounds: bound2, wrong: true,
		},
		"read that forgets":            {ops: []play.Op{act(0, 0, 10, 1, 2), act(1, 20, 30, 1, 3), reads(40, 45, 1, 3, 0)}, wrong: true},
		"read that knows more":         {ops: []play.Op{act(1, 20, 30, 1, 3), reads(40, 45, 1, 3, 1)}, wrong: true},
		"read of what nobody answered": {ops: []play.Op{lost, act(1, 20, 30, 1, 3), reads(40, 45, 1, 3, 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			j := &judge{evidence: t.TempDir()}
			j.judgeOrder(0, tt.ops, tt.bounds)
			if wrong := len(j.Anomalies) > 0; wrong != tt.wrong || j.StaleReads != tt.stale {
				t.Errorf("wrong %t, stale reads %d, want %t, %d", wrong, j.StaleReads, tt.wrong, tt.stale)
			}
		})
	}
}
