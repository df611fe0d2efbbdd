// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/robust/internal/play"
)

// folded is what the fold of a journal gives: the hash of each view at each
// position.
type folded map[rules.View]map[wire.Position]string

// judgeFold is H. It folds the journal from its first entry and compares every
// snapshot, every freeze, and what clients held.
func (j *judge) judgeFold(id string, c *chronicle, ops []play.Op, streams []*play.Stream) {
	freezes := map[journal.Position]string{} // hash of the state before
	for i := range c.entries {
		var f journal.Freeze
		if e := &c.entries[i]; e.Kind == journal.KindFreeze && i > 0 && json.Unmarshal(e.Data, &f) == nil {
			freezes[c.entries[i-1].Position] = f.Hash
		}
	}
	moves := map[journal.Position]bool{} // where another owner took over
	for i := range c.entries[:max(len(c.entries)-1, 0)] {
		moves[c.entries[i].Position] = c.entries[i+1].Kind == journal.KindTakeover
	}
	loaded, err := c.start()
	if err != nil {
		j.wrong("H", "%v", err)
		return
	}
	replay, err := session.NewReplay(id, loaded)
	if err != nil {
		j.wrong("H", "%v", err)
		return
	}
	first := replay.Position()
	views := folded{}
	for _, v := range rules.Views() {
		views[v] = map[wire.Position]string{}
	}
	for more := true; more; {
		at := replay.Position()
		for _, v := range rules.Views() {
			views[v][wire.Position(at)] = replay.ViewHash(v)
		}
		j.judgeState(replay, c, freezes)
		if moves[at] {
			j.countMove(replay.Document(rules.ViewGM))
		}
		if _, more, err = replay.Next(); err != nil {
			j.wrong("H", "folding stops behind %s: %v", at, err)
			return
		}
	}
	j.judgeHashes(views, wire.Position(first), ops, streams)
}

// countMove counts changes of owner in the middle of something: while a creature is
// asked whether it reacts, and while a spell is held by concentration.
func (j *judge) countMove(d *wire.Document) {
	if d.Get("/combat/window") != nil {
		j.InWindow++
	}
	for path := range d.Leaves() {
		if strings.HasSuffix(path, "/concentration") {
			j.Concentrating++
			return
		}
	}
}

// judgeState compares the state with the snapshot and the freeze of a position.
func (j *judge) judgeState(replay *session.Replay, c *chronicle, freezes map[journal.Position]string) {
	at := replay.Position()
	snapshot, isSnapshot := c.snapshots[at]
	frozen, isFreeze := freezes[at]
	if !isSnapshot && !isFreeze {
		return
	}
	hash, err := replay.StateHash()
	if err != nil {
		j.wrong("H", "hashing the state at %s: %v", at, err)
		return
	}
	if isSnapshot {
		j.Hashes++
		_, data, _ := bytes.Cut(snapshot.data, []byte{'\n'})
		sum := sha256.Sum256(data)
		if hex.EncodeToString(sum[:]) != hash {
			j.wrong("H", "the snapshot at %s is not the fold of the journal", at)
		}
	}
	if isFreeze {
		j.Hashes++
		if frozen != hash {
			j.wrong("H", "the state frozen behind %s is not the fold of the journal", at)
		}
	}
}

// judgeHashes compares what clients held at each position.
func (j *judge) judgeHashes(views folded, first wire.Position, ops []play.Op, streams []*play.Stream) {
	compare := func(who string, v rules.View, at wire.Position, hash string) {
		if at.Version < first.Version {
			return // before what is kept
		}
		want, known := views[v][at]
		j.Hashes++
		switch {
		case !known:
			j.wrong("H", "%s was shown %s, which is not in the journal", who, at)
		case want != hash:
			j.wrong("H", "%s held %s at %s, the journal gives %s", who, hash, at, want)
		}
	}
	for _, s := range streams {
		for _, step := range s.Steps {
			compare(s.Player, s.View, step.Position, step.Hash)
		}
	}
	for i := range ops {
		if ops[i].Kind == play.Read {
			compare("the reader", rules.ViewGM, ops[i].Position, ops[i].Hash)
		}
	}
}
