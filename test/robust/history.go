// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gamesession.dev/operator/test/robust/internal/fault"
	"gamesession.dev/operator/test/robust/internal/play"
	"gamesession.dev/operator/test/robust/internal/stage"
	"gamesession.dev/operator/test/robust/internal/verdict"
)

const (
	// playFor is how long a history is played at least, unless told otherwise.
	playFor = 3 * time.Second
	// minPerSecond is the load that a history needs in that time; it is played
	// on, on a slow machine, until it has it.
	minPerSecond = 150
	// playAtMost bounds that.
	playAtMost = 30 * time.Second
	// triesToBite is how often a fault is tried, and tryAgainAfter what lies
	// between: another one may have been faster, or there was nothing to hurt yet.
	triesToBite   = 4
	tryAgainAfter = 500 * time.Millisecond
	// faultsAtMost bounds the faults, which heal by themselves.
	faultsAtMost = 60 * time.Second
	// recoverWithin bounds T, in time that the machine had for the harness: it is a
	// limit for a broken product, not for a slow machine.
	recoverWithin = 60 * time.Second
)

// outcome is what came of one history.
type outcome struct {
	number    int
	verdict   *verdict.Verdict
	faults    []struck
	vacuous   []string // why it proves nothing
	anomalies []string
	err       error // the harness itself failed
	dir       string
	took      time.Duration

	ops, acked, refused, unknown, reads int
	stale                               int
	moves                               int
}

// struck is one fault of a history.
type struck struct {
	fault.Fault
	bit bool
	err error
}

// plan is what the seed says about a history.
type plan struct {
	options stage.Options
	faults  []fault.Fault
	rng     *rand.Rand
	playFor time.Duration
}

// newPlan draws what a history is made of; shipped are the files of scenarios.
func newPlan(seed, number uint64, playFor time.Duration, shipped []string, only map[string]bool) plan {
	rng := rand.New(rand.NewPCG(seed, number))
	replicated := number%2 == 1
	return plan{
		rng: rng, playFor: playFor,
		options: stage.Options{
			Shards: 2 + rng.IntN(2), Scenarios: scenarios(rng, shipped), Replicated: replicated,
			SnapshotEvery: 4 << rng.IntN(3), RestartAfter: time.Duration(50+rng.IntN(500)) * time.Millisecond,
		},
		faults: fault.Choose(rng, 1+rng.IntN(3), replicated, only),
	}
}

// scenarios draws what one to three sessions play: each a shipped scenario, or a
// fight in which nobody hits and that never ends.
func scenarios(rng *rand.Rand, shipped []string) []string {
	list := make([]string, 1+rng.IntN(3))
	for i := range list {
		if rng.IntN(2) == 0 {
			list[i] = shipped[rng.IntN(len(shipped))]
		}
	}
	return list
}

// run plays one history in a folder of its own and judges it.
func run(ctx context.Context, p plan, number int, dir, shard string, env []string) (o *outcome) {
	o = &outcome{number: number, dir: dir}
	begun := time.Now()
	defer func() { o.took = time.Since(begun) }()
	if o.err = os.MkdirAll(dir, 0o755); o.err != nil {
		return o
	}
	p.options.Dir, p.options.Shard, p.options.Env = dir, shard, env
	st, err := stage.New(ctx, p.options)
	defer st.Close() //nolint:staticcheck // it is to be closed also after an error
	if err != nil {
		o.err = fmt.Errorf("building the stage: %w", err)
		return o
	}
	table, err := play.New(ctx, st, p.rng)
	if err == nil {
		err = o.play(ctx, st, table, p)
	}
	if err != nil {
		_ = table.Finish(0) // nobody asks for the answers
		o.err = err
		return o
	}
	finished := table.Finish(recoverWithin)
	st.Logf("history: all is answered")
	if finished != nil {
		o.anomalies = append(o.anomalies, "T "+finished.Error())
	}
	for _, s := range st.Ever() {
		o.stale += int(s.StaleRefused())
	}
	st.Halt()
	o.judge(ctx, st, table)
	return o
}

// play plays until the time is over, the load was reached and all faults have
// healed, and then until every session goes on.
func (o *outcome) play(ctx context.Context, st *stage.Stage, table *play.Play, p plan) error {
	table.Start()
	begun := time.Now()
	hurting, done := context.WithTimeout(ctx, faultsAtMost)
	defer done()
	o.faults = make([]struck, len(p.faults))
	var redis sync.Mutex
	var faults sync.WaitGroup
	for i, f := range p.faults {
		at := 300*time.Millisecond + time.Duration(p.rng.Int64N(int64(p.playFor*2/3)))
		w := fault.NewWorld(st, table, &redis, p.rng.Uint64())
		o.faults[i].Fault = f
		faults.Go(func() {
			time.Sleep(at)
			tries := triesToBite
			if f.Replica {
				tries = 1 // a second failover would leave little of what was written before
			}
			for try := 0; try < tries && !o.faults[i].bit; try++ {
				if try > 0 {
					time.Sleep(tryAgainAfter)
				}
				st.Logf("fault: %s %s begins", f.Name, f.Kind)
				o.faults[i].bit, o.faults[i].err = f.Run(hurting, w)
				st.Logf("fault: %s %s ends, bit %t, error %v", f.Name, f.Kind, o.faults[i].bit, o.faults[i].err)
			}
		})
	}
	faults.Wait()
	if err := st.Heal(); err != nil {
		return err
	}
	load := func() int { return table.Record.Count(-1, play.Acked, play.Refused) }
	enough := int(minPerSecond * p.playFor.Seconds())
	for ctx.Err() == nil && (time.Since(begun) < p.playFor || load() < enough && time.Since(begun) < playAtMost) {
		time.Sleep(10 * time.Millisecond)
	}
	if load() < enough {
		o.vacuous = append(o.vacuous, fmt.Sprintf("only %d operations", load()))
	}
	st.Logf("history: healed, %d operations", load())
	o.awaitPlay(ctx, table, len(st.Sessions()))
	st.Logf("history: every session goes on")
	return ctx.Err()
}

// awaitPlay is T: every session acknowledges something that was asked for after
// all faults have healed.
func (o *outcome) awaitPlay(ctx context.Context, table *play.Play, sessions int) {
	healed := table.Record.Now()
	patience := stage.NewPatience(recoverWithin)
	for i := range sessions {
		for ctx.Err() == nil && !table.Record.AckedSince(i, healed) {
			if !patience.Wait() {
				o.anomalies = append(o.anomalies, fmt.Sprintf("T session %d: nothing is acknowledged %s after the last fault", i, recoverWithin))
				break
			}
		}
	}
}

// judge is called when nothing runs any more.
func (o *outcome) judge(ctx context.Context, st *stage.Stage, table *play.Play) {
	o.moves = table.Moves()
	for _, op := range table.Record.Ops() {
		o.ops++
		switch {
		case op.Kind == play.Read:
			o.reads++
		case op.Outcome == play.Acked:
			o.acked++
		case op.Outcome == play.Refused:
			o.refused++
		default:
			o.unknown++
		}
	}
	rolledBack := false
	for _, f := range o.faults {
		rolledBack = rolledBack || f.Replica
		switch {
		case !f.bit && f.err != nil && !errors.Is(f.err, context.Canceled):
			o.vacuous = append(o.vacuous, fmt.Sprintf("%s failed: %v", f.Name, f.err))
		case !f.bit:
			o.vacuous = append(o.vacuous, f.Name+" did not bite")
		}
	}
	st.Logf("history: halted")
	defer st.Logf("history: judged")
	v, err := verdict.Judge(ctx, verdict.Case{
		Sessions: st.Sessions(), Record: table.Record, Bounds: st.Bounds(), Damaged: st.Store.Damaged(),
		Redis: st.Store.Primary(), RolledBack: rolledBack, Evidence: o.dir,
	})
	if err != nil {
		o.err = fmt.Errorf("judging: %w", err)
		return
	}
	if err := table.Record.Save(filepath.Join(o.dir, "record.ndjson")); err != nil {
		o.err = err
		return
	}
	o.verdict = v
	o.anomalies = append(o.anomalies, v.Anomalies...)
}

// bad says whether the history is to be looked at.
func (o *outcome) bad() bool {
	return len(o.anomalies) > 0 || o.err != nil || o.verdict != nil && o.verdict.CheckTimeouts > 0
}

// keep moves what belongs to a bad history to where it stays, and removes the
// rest.
func (o *outcome) keep(kept string, seed uint64, all bool, reproduce string) error {
	if o.bad() || all {
		text := fmt.Sprintf("seed %d, history %d\n%s\n%v\n%s\n", seed, o.number, strings.Join(o.anomalies, "\n"), o.err, reproduce)
		if err := os.WriteFile(filepath.Join(o.dir, "anomaly.txt"), []byte(text), 0o644); err != nil {
			return err
		}
		to := filepath.Join(kept, fmt.Sprintf("seed-%d-history-%d", seed, o.number))
		if err := os.RemoveAll(to); err != nil {
			return err
		}
		if err := preserve(o.dir, to); err != nil {
			return err
		}
	}
	return os.RemoveAll(o.dir)
}

// preserve copies the files of a folder; sockets are of no use any more.
func preserve(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), data, 0o644)
	})
}
