// SPDX-License-Identifier: Apache-2.0

// Command bench plays scenario TT-1 against one shard process and one redis-server
// on this machine, and prints one line of JSON for each case. Nothing of the
// product knows of it: it is played with the product's own frames, tokens, limits
// and rules. docs/performance.md says what the cases are and what came of them.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gamesession.dev/operator/test/bench/internal/product"
	"gamesession.dev/operator/test/bench/internal/tt1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// options are what the command line says.
type options struct {
	cases   []string
	runs    int
	length  time.Duration
	profile string
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o options
	var cases string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&cases, "cases", "A,B,C,D,storm,stalled,idle", "which cases to play, in this order")
	f.IntVar(&o.runs, "runs", 1, "how often each case is played, each time on fresh servers")
	f.DurationVar(&o.length, "length", 6*time.Second, "how long each case is measured, after a second to warm up")
	f.StringVar(&o.profile, "profile", "", "directory for a CPU profile of the shard in each case (needs perf)")
	if err := f.Parse(args); err != nil {
		return err
	}
	o.cases = strings.Split(cases, ",")
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary, err := product.Build(ctx, dir)
	if err != nil {
		return err
	}
	print := json.NewEncoder(out)
	for n := range o.runs {
		for _, name := range o.cases {
			at := slices.IndexFunc(tt1.Cases, func(c tt1.Case) bool { return c.Name == name })
			if at < 0 {
				return fmt.Errorf("there is no case %q", name)
			}
			own := filepath.Join(dir, fmt.Sprintf("%s-%d", name, n))
			line, err := play(ctx, o, binary, own, tt1.Cases[at])
			if err != nil {
				return fmt.Errorf("case %s: %w", name, err)
			}
			if err := print.Encode(line); err != nil {
				return err
			}
		}
	}
	return nil
}

// play plays one case on fresh servers.
func play(ctx context.Context, o options, binary, dir string, c tt1.Case) (*tt1.Line, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	stage, err := product.Start(ctx, binary, dir)
	if err != nil {
		return nil, err
	}
	defer stage.Stop()
	m := tt1.Measured{
		Game: stage, Server: "product", PID: stage.Shard.PID(), StorePID: stage.Redis.PID(), Length: o.length,
		Tables: func(n int) error { return stage.Create(ctx, n) },
	}
	if o.profile != "" {
		m.Begun = func() { profile(ctx, o.profile, c.Name, m.PID, o.length) }
	}
	return m.Play(c)
}
