// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/redistest"
	"gamesession.dev/operator/test/robust/internal/play"
	"gamesession.dev/operator/test/robust/internal/stage"
)

// Case is what is judged.
type Case struct {
	// Sessions are their ids, by number.
	Sessions []string
	Record   *play.Record
	Bounds   []stage.Bound
	// Damaged are the snapshots that a fault has changed.
	Damaged []stage.Damage
	// Redis is the primary of the end, killed.
	Redis *redistest.Server
	// RolledBack says that Redis failed over in this history.
	RolledBack bool
	// Evidence is a folder for what belongs to an anomaly.
	Evidence string
}

// Verdict is what came of it.
type Verdict struct {
	// Anomalies say, by oracle, which promise was broken where.
	Anomalies []string
	// CheckTimeouts counts the sessions that could not be checked in time.
	CheckTimeouts int
	// StaleReads counts reads served by an owner that had been replaced.
	StaleReads int
	// Hashes counts the comparisons of H.
	Hashes int
	// Entries, Handoffs and Failovers count what the journals hold.
	Entries, Handoffs, Failovers, Thaws, Snapshots int
	// InWindow and Concentrating count the changes of owner while a creature was
	// asked whether it reacts, and while a spell was held by concentration.
	InWindow, Concentrating int
	// MaxUnavailable is the longest time between two acknowledgements of a session.
	MaxUnavailable time.Duration
}

// maxAnomalies bounds what is told of one history.
const maxAnomalies = 50

type judge struct {
	Verdict
	rolledBack bool
	evidence   string
	session    int
}

func (j *judge) wrong(oracle, format string, args ...any) {
	if len(j.Anomalies) < maxAnomalies {
		j.Anomalies = append(j.Anomalies, fmt.Sprintf("%s session %d: ", oracle, j.session)+fmt.Sprintf(format, args...))
	}
}

// Judge judges a history that is over.
func Judge(ctx context.Context, c Case) (*Verdict, error) {
	all, err := readChronicles(c.Redis.Dir(), c.Sessions)
	if err != nil {
		return nil, fmt.Errorf("reading what Redis wrote: %w", err)
	}
	for _, d := range c.Damaged {
		all[d.Session].forget(d.Position)
	}
	j := &judge{rolledBack: c.RolledBack, evidence: c.Evidence}
	for i, id := range c.Sessions {
		j.session = i
		ops := slices.DeleteFunc(slices.Clone(c.Record.Ops()), func(o play.Op) bool { return o.Session != i })
		streams := slices.DeleteFunc(slices.Clone(c.Record.Streams()), func(s *play.Stream) bool { return s.Session != i })
		bounds := slices.DeleteFunc(slices.Clone(c.Bounds), func(b stage.Bound) bool { return b.Session != id })
		j.judgeEntries(all[id])
		j.judgeAcks(all[id], ops)
		j.judgeOwners(all[id], bounds)
		j.judgeFold(id, all[id], ops, streams)
		j.judgeStreams(streams)
		given := make([]bound, len(bounds))
		for n, b := range bounds {
			given[n] = bound{uint64(b.Epoch), c.Record.At(b.At)}
		}
		j.judgeOrder(i, ops, given)
		j.count(all[id], ops)
	}
	return &j.Verdict, j.judgeStored(ctx, c, all)
}

// judgeStored starts Redis again and lets the product load what is there: it
// must be the end of what was written.
func (j *judge) judgeStored(ctx context.Context, c Case, all map[string]*chronicle) error {
	if err := c.Redis.Restart(); err != nil {
		return err
	}
	defer c.Redis.Close()
	log, err := journal.NewRedis(c.Redis.Options(), journal.Config{})
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	for i, id := range c.Sessions {
		j.session = i
		loaded, err := log.Load(ctx, id)
		if err != nil {
			j.wrong("X", "what is stored cannot be loaded: %v", err)
			continue
		}
		entries := all[id].entries
		if n := len(entries); n == 0 || loaded.Last() != entries[n-1].Position {
			j.wrong("X", "the journal ends at %s, which is not what was written last", loaded.Last())
		}
	}
	return nil
}

// count takes the figures of one session.
func (j *judge) count(c *chronicle, ops []play.Op) {
	j.Entries += len(c.entries)
	j.Snapshots += len(c.snapshots)
	for i := range c.entries {
		switch c.entries[i].Kind {
		case journal.KindTakeover:
			var t struct {
				Reason string `json:"reason"`
			}
			_ = json.Unmarshal(c.entries[i].Data, &t)
			if t.Reason == "handoff" {
				j.Handoffs++
			} else {
				j.Failovers++
			}
		case journal.KindThaw:
			j.Thaws++
		}
	}
	var acks []time.Duration
	for i := range ops {
		if ops[i].Kind == play.Act && ops[i].Outcome == play.Acked {
			acks = append(acks, ops[i].Return)
		}
	}
	slices.Sort(acks)
	for i := 1; i < len(acks); i++ {
		j.MaxUnavailable = max(j.MaxUnavailable, acks[i]-acks[i-1])
	}
}
