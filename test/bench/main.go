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
	peers   string
	binary  string // of the shard
	// identity has players show tokens of an issuer, and all limits counted.
	identity bool
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	var o options
	var cases string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errOut)
	f.StringVar(&cases, "cases", "A,B,C,D,storm,stalled,idle", "which cases to play, in this order; idle5000 and resume besides")
	f.IntVar(&o.runs, "runs", 1, "how often each case is played, each time on fresh servers")
	f.DurationVar(&o.length, "length", 6*time.Second, "how long each case is measured, after a second to warm up")
	f.StringVar(&o.peers, "peers", "", "directory where test/peers/colyseus is installed: plays each case there, too, and prints medians and ratios")
	f.BoolVar(&o.identity, "identity", false, "players show tokens of an issuer, too, and every limit is counted")
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
	if o.peers != "" {
		// Its server runs in it.
		if o.peers, err = filepath.Abs(o.peers); err != nil {
			return err
		}
	}
	if o.binary, err = product.Build(ctx, dir); err != nil {
		return err
	}
	return playAll(ctx, o, dir, json.NewEncoder(out))
}

func playAll(ctx context.Context, o options, dir string, out *json.Encoder) error {
	var lines []*tt1.Line
	for n := range o.runs {
		for _, name := range o.cases {
			at := slices.IndexFunc(tt1.Cases, func(c tt1.Case) bool { return c.Name == name })
			if at < 0 {
				return fmt.Errorf("there is no case %q", name)
			}
			for _, server := range o.servers() {
				own := filepath.Join(dir, fmt.Sprintf("%s-%s-%d", server.name, name, n))
				line, err := play(ctx, o, server, own, tt1.Cases[at])
				if err != nil {
					return fmt.Errorf("case %s on %s: %w", name, server.name, err)
				}
				lines = append(lines, line)
				if err := out.Encode(line); err != nil {
					return err
				}
			}
		}
	}
	if o.peers == "" {
		return nil
	}
	for _, r := range tt1.Compare(lines, o.servers()[0].name) {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// play plays one case on fresh servers.
func play(ctx context.Context, o options, on server, dir string, c tt1.Case) (*tt1.Line, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	m, stop, err := on.start(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	m.Server, m.Length = on.name, o.length
	if o.profile != "" {
		m.Begun = func() { profile(ctx, o.profile, on.name+"-"+c.Name, m.PID, o.length) }
	}
	return m.Play(c)
}
