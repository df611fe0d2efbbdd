// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	redis.SetLogger(silent{})
	if err := runAll(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "robust:", err)
		os.Exit(1)
	}
}

// silent drops what the Redis client would print.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// flags are what a run is told.
type flags struct {
	histories, handoffs, parallel int
	seed                          uint64
	history                       int
	faults                        string
	plant, shard                  string
	plants                        bool
	budget                        int
	dist, scenarios               string
	untilAnomaly, keep            bool
	playFor                       time.Duration
}

func parse(args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet("robust", flag.ContinueOnError)
	set.IntVar(&f.histories, "histories", 100, "how many histories are played")
	set.IntVar(&f.handoffs, "handoffs", 0, "go on until so many sessions were handed over")
	set.IntVar(&f.parallel, "parallel", 4, "how many at a time: most of a history is waiting")
	set.DurationVar(&f.playFor, "play", playFor, "how long each is played at least; longer ones have more moves")
	set.Uint64Var(&f.seed, "seed", uint64(time.Now().UnixNano()), "what everything random comes from; default: the time")
	set.IntVar(&f.history, "history", -1, "play only this one of the seed's histories")
	set.StringVar(&f.faults, "faults", "", "choose from these faults only, for example F1,F8")
	set.StringVar(&f.plant, "plant", "", "plant this bug")
	set.StringVar(&f.shard, "shard", "", "the shard program, with failpoints; it is built when none is given")
	set.BoolVar(&f.plants, "plants", false, "plant every bug in turn, and tell how soon each is caught")
	set.IntVar(&f.budget, "budget", 120, "histories within which a planted bug must be caught")
	set.BoolVar(&f.untilAnomaly, "until-anomaly", false, "stop at the first anomaly")
	set.BoolVar(&f.keep, "keep", false, "keep logs and record of every history")
	set.StringVar(&f.scenarios, "scenarios", "../../config/samples/scenarios/*.yaml", "files of what half of the sessions play")
	set.StringVar(&f.dist, "dist", "../../dist/robust", "where the evidence of anomalies is kept")
	return f, set.Parse(args)
}

func runAll(ctx context.Context, args []string) error {
	f, err := parse(args)
	if err != nil {
		return err
	}
	if f.plants {
		return runPlants(ctx, f)
	}
	work, err := os.MkdirTemp("", "gsr-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	if err := os.MkdirAll(f.dist, 0o755); err != nil {
		return err
	}
	shard := f.shard
	if shard == "" {
		if shard, err = build(ctx, work, f.plant != ""); err != nil {
			return err
		}
	}
	shipped, err := filepath.Glob(f.scenarios)
	if err != nil {
		return err
	}
	if len(shipped) == 0 {
		return fmt.Errorf("there are no scenarios %s", f.scenarios)
	}
	s := newSummary(f)
	playAll(ctx, f, work, shard, shipped, s)
	fmt.Println(s)
	return s.failure()
}

// build builds the shard, of the module above, with its failpoints and, if asked for, the planted bugs.
func build(ctx context.Context, dir string, planted bool) (string, error) {
	tags := "failpoint"
	if planted {
		tags += ",plant"
	}
	binary := filepath.Join(dir, "shard")
	cmd := exec.CommandContext(ctx, "go", "build", "-C", "../..", "-tags", tags, "-o", binary, "gamesession.dev/operator/cmd/shard")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the shard: %w\n%s", err, out)
	}
	return binary, nil
}

// playAll plays the histories that the flags ask for.
func playAll(ctx context.Context, f flags, work, shard string, shipped []string, s *summary) {
	numbers := make(chan int)
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(numbers)
		first, last := 0, f.histories
		if f.history >= 0 {
			first, last = f.history, f.history+1
		}
		for n := first; n < last || s.short(f.handoffs); n++ {
			select {
			case numbers <- n:
			case <-stopped.Done():
				return
			}
		}
	}()
	only := map[string]bool{}
	for _, name := range strings.FieldsFunc(f.faults, func(r rune) bool { return r == ',' }) {
		only[name] = true
	}
	var env []string
	if f.plant != "" {
		env = append(env, plantEnv+"="+f.plant)
	}
	var players sync.WaitGroup
	for range f.parallel {
		players.Go(func() {
			for n := range numbers {
				o := run(stopped, newPlan(f.seed, uint64(n), f.playFor, shipped, only), n, filepath.Join(work, fmt.Sprint(n)), shard, env)
				if stopped.Err() != nil {
					return // it was cut short
				}
				if s.add(o) >= maxFailed {
					stop()
				}
				if err := o.keep(f.dist, f.seed, f.keep, f.reproduce(n)); err != nil {
					fmt.Fprintln(os.Stderr, "robust: keeping evidence:", err)
				}
				if f.untilAnomaly && len(o.anomalies) > 0 {
					stop()
				}
			}
		})
	}
	players.Wait()
}

// reproduce is the command that plays a history again.
func (f flags) reproduce(n int) string {
	command := fmt.Sprintf("reproduce: go -C test/robust run . -seed %d -history %d", f.seed, n)
	if f.playFor != playFor {
		command += fmt.Sprintf(" -play %s", f.playFor)
	}
	if f.faults != "" {
		command += " -faults " + f.faults
	}
	if f.plant != "" {
		command += " -plant " + f.plant
	}
	return command
}
