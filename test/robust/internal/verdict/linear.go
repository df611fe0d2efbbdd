// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"gamesession.dev/operator/test/robust/internal/play"
)

// checkTimeout bounds the check of one session. Running out of it is a failure
// of its own kind.
const checkTimeout = 60 * time.Second

// table is the state of a session as the model sees it: the version reached, and
// of each player the last counter that was applied.
type table struct {
	version uint64
	last    map[string]uint64
}

func (t table) with(version uint64, player string, n uint64) table {
	next := table{version: version, last: maps.Clone(t.last)}
	next.last[player] = n
	return next
}

// operation is one that took effect. Loose says that commands of its player
// without an answer were under way before it ended: each may have taken effect
// at any time since, and raised the player's counter. Before is the last version
// that somebody was told of and that must come first: without it the checker
// would try every order.
type operation struct {
	play.Op
	loose  bool
	before uint64
}

// model: an acknowledged command raises the version and its player's counter; a
// read shows both.
var model = porcupine.Model{
	Init: func() any { return table{last: map[string]uint64{}} },
	Step: func(state, input, _ any) (bool, any) {
		t, o := state.(table), input.(operation)
		last := t.last[o.Player]
		if t.version < o.before {
			return false, t
		}
		if o.Kind == play.Act {
			return o.Position.Version > t.version && o.N > last, t.with(o.Position.Version, o.Player, o.N)
		}
		ok := o.Position.Version >= t.version && (o.LastN == last || o.loose && o.LastN > last)
		return ok, t.with(o.Position.Version, o.Player, o.LastN)
	},
	Equal: func(a, b any) bool {
		x, y := a.(table), b.(table)
		return x.version == y.version && maps.Equal(x.last, y.last)
	},
	DescribeOperation: func(input, _ any) string {
		o := input.(operation)
		if o.Kind == play.Act {
			return fmt.Sprintf("%s #%d → %s", o.Player, o.N, o.Position)
		}
		return fmt.Sprintf("read %s: %s #%d", o.Position, o.Player, o.LastN)
	},
	DescribeState: func(state any) string { return fmt.Sprint(state.(table).version) },
}

// judgeOrder is L. A read that came from an owner that may have been replaced
// without knowing, and that is behind what others were told, is counted and not
// judged: a shard promises reads as of their position and no more.
func (j *judge) judgeOrder(session int, ops []play.Op, bounds []bound) {
	var history []porcupine.Operation
	unknown := map[string]time.Duration{} // since when, by player
	for i := range ops {
		if o := &ops[i]; o.Outcome == play.Unknown {
			if first, known := unknown[o.Player]; !known || o.Call < first {
				unknown[o.Player] = o.Call
			}
		}
	}
	acked := ackedVersions(ops)
	for i := range ops {
		o := ops[i]
		switch {
		case o.Outcome != play.Acked:
			continue
		case o.Kind == play.Read && replaced(&o, bounds) && outdated(&o, ops):
			j.StaleReads++
			continue
		}
		client := o.Client
		if client < 0 {
			client = play.Clients
		}
		since, loose := unknown[o.Player]
		history = append(history, porcupine.Operation{
			ClientId: client, Input: operation{o, loose && since < o.Return, before(acked, &o)}, Call: int64(o.Call), Return: int64(o.Return),
		})
	}
	result, info := porcupine.CheckOperationsVerbose(model, history, checkTimeout)
	if result == porcupine.Ok {
		return
	}
	if result == porcupine.Unknown {
		j.CheckTimeouts++
	} else {
		j.wrong("L", "commands and reads have no order")
	}
	path := filepath.Join(j.evidence, fmt.Sprintf("session-%d.html", session))
	if err := porcupine.VisualizePath(model, info, path); err != nil {
		j.wrong("L", "drawing the history: %v", err)
	}
}

// bound is a higher epoch that the operator gave out, in the time of the record.
type bound struct {
	epoch uint64
	at    time.Duration
}

// replaced says whether the owner that served a read may have been replaced by
// then: without a higher epoch given out, nobody could take over. When it really
// happened only Redis knows, and what clients are told need not show it: an
// answer that a new owner repeats has the position that it had with the old one.
func replaced(read *play.Op, bounds []bound) bool {
	return slices.ContainsFunc(bounds, func(b bound) bool { return b.epoch > read.Position.Epoch && b.at < read.Return })
}

// outdated says whether somebody had been told of more before a read began.
func outdated(read *play.Op, ops []play.Op) bool {
	return slices.ContainsFunc(ops, func(o play.Op) bool {
		return o.Outcome == play.Acked && o.Position.Version > read.Position.Version && o.Return < read.Call
	})
}

// ackedVersions lists the versions of acknowledged commands, sorted.
func ackedVersions(ops []play.Op) []uint64 {
	var list []uint64
	for i := range ops {
		if ops[i].Kind == play.Act && ops[i].Outcome == play.Acked {
			list = append(list, ops[i].Position.Version)
		}
	}
	slices.Sort(list)
	return list
}

// before returns the version of the last acknowledged command that an operation
// must follow, 0 if there is none.
func before(acked []uint64, o *play.Op) uint64 {
	at, found := slices.BinarySearch(acked, o.Position.Version)
	if found && o.Kind == play.Read {
		at++ // it shows what that command did
	}
	if at == 0 {
		return 0
	}
	return acked[at-1]
}
