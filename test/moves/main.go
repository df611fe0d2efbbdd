// SPDX-License-Identifier: Apache-2.0

// Command moves measures what players feel when sessions change their owner: real
// shard processes, a real redis-server that syncs before it answers, and real
// clients on this machine, with a script in the operator's place. It prints one
// line of JSON for each case. docs/performance.md says what the cases are and
// what came of them.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/test/fleet"
)

// kinds are what clients do when their session moves.
var kinds = map[string]client.Options{
	"ignores":        {},
	"follows":        {FollowMoves: true},
	"connects_ahead": {FollowMoves: true, PreConnect: true},
}

// options are what the command line says.
type options struct {
	cases    []string
	kinds    []string
	sessions []int // on each shard
	moves    int   // of each case
	pace     time.Duration
	lease    time.Duration
	binary   string
}

func main() {
	o, err := parse(os.Args[1:])
	if err == nil {
		err = run(o)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "moves:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	var cases, kindList, sessions string
	f := flag.NewFlagSet("moves", flag.ContinueOnError)
	f.StringVar(&cases, "cases", "move,drain,kill", "which cases to play, in this order")
	f.StringVar(&kindList, "kinds", "ignores,follows,connects_ahead", "what clients do when their session moves")
	f.StringVar(&sessions, "sessions", "1,20,100", "sessions on each shard, for case move; drain and kill take the last")
	f.IntVar(&o.moves, "moves", 200, "how many sessions are moved, one after the other, in each case move")
	f.DurationVar(&o.pace, "pace", 100*time.Millisecond, "from one command of a session to the next")
	f.DurationVar(&o.lease, "lease", 3*time.Second, "silence after which a shard counts as dead")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.cases, o.kinds = strings.Split(cases, ","), strings.Split(kindList, ",")
	for _, k := range o.kinds {
		if _, known := kinds[k]; !known {
			return o, fmt.Errorf("-kinds: %q is not one of ignores, follows, connects_ahead", k)
		}
	}
	for _, text := range strings.Split(sessions, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return o, fmt.Errorf("-sessions: %q is not a number from 1 to 1000", text)
		}
		o.sessions = append(o.sessions, n)
	}
	return o, nil
}

func run(o options) error {
	dir, err := os.MkdirTemp("", "moves")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if o.binary, err = fleet.Build(dir, false); err != nil {
		return err
	}
	most := slices.Max(o.sessions)
	for _, what := range o.cases {
		for _, kind := range o.kinds {
			switch what {
			case "move":
				for _, n := range o.sessions {
					err = errors.Join(err, play(o, func(s *stage) any { return s.move(kind, n) }))
				}
			case "drain":
				err = errors.Join(err, play(o, func(s *stage) any { return s.drain(kind, most) }))
			case "kill":
				err = errors.Join(err, play(o, func(s *stage) any { return s.kill(kind, most) }))
			default:
				return fmt.Errorf("-cases: %q is not one of move, drain, kill", what)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// play plays one case on fresh servers and prints its line.
func play(o options, measure func(*stage) any) error {
	var line any
	failed := true
	// A benchmark outside of go test lends its cleanup and its way to give up.
	testing.Benchmark(func(b *testing.B) {
		if line != nil {
			return // it runs more than once to find its own measure; ours is the first
		}
		tb := &loud{TB: b}
		defer func() { failed = tb.failed }()
		tb.failed = true // until it is over
		line = measure(newStage(tb, o))
		tb.failed = b.Failed()
	})
	if failed || line == nil {
		return errors.New("a case failed")
	}
	return json.NewEncoder(os.Stdout).Encode(line)
}

// loud tells at once what a benchmark outside of go test keeps for itself.
type loud struct {
	testing.TB
	failed bool
}

func (l *loud) Fatal(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	l.TB.FailNow()
}

func (l *loud) Fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	l.TB.FailNow()
}

func (l *loud) Error(args ...any) {
	fmt.Fprintln(os.Stderr, args...)
	l.TB.Fail()
}

func (l *loud) Errorf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	l.TB.Fail()
}

func (*loud) Log(...any)          {} // of interest only in a test
func (*loud) Logf(string, ...any) {}
