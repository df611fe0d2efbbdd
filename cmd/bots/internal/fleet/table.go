// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"sync/atomic"

	"gamesession.dev/operator/cmd/bots/internal/check"
)

// table is what the bots of one session share.
type table struct {
	session string
	pace    *pace
	hashes  check.Hashes
	moves   *check.Moves
	seated  map[string]bool // the players that have a bot
	kinds   map[string]Kind // of theirs
	acked   atomic.Uint64
}

func newTable(session string, rate float64) *table {
	return &table{session: session, pace: newPace(rate), moves: check.NewMoves(), seated: map[string]bool{}, kinds: map[string]Kind{}}
}
