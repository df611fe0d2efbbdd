// SPDX-License-Identifier: Apache-2.0

// Command demo shows the one thing this project is for: game sessions go on
// while the pods and nodes under them go away. The Makefile runs it.
//
//	demo run                  play, do everything to the cluster, report
//	demo bench [--moves N]    move sessions N times, judge the pauses
//	demo install              only CRDs and operator
//	demo clean                remove what the others made
//
// The cluster is chosen by the environment: CLUSTER=local (the default) is the
// one of `make cluster-up`, CLUSTER=existing that of the current kubeconfig.
// Exit code 1 means that something was lost, applied twice or did not work, 2
// wrong usage.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"gamesession.dev/operator/test/scene"
)

var errUsage = errors.New("usage: demo run | bench [--moves N] | install | clean")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, os.Args[1:])
	switch {
	case err == nil:
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet("demo "+args[0], flag.ContinueOnError)
	moves := 250
	if args[0] == "bench" {
		flags.IntVar(&moves, "moves", moves, "how many moves to make")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, flags.Arg(0))
	}
	do := map[string]func(context.Context, *scene.Scene) error{
		"run":     run,
		"bench":   func(ctx context.Context, s *scene.Scene) error { return bench(ctx, s, moves) },
		"install": func(ctx context.Context, s *scene.Scene) error { return s.Install(ctx) },
		"clean":   func(ctx context.Context, s *scene.Scene) error { return s.Clean(ctx) },
	}[args[0]]
	if do == nil {
		return fmt.Errorf("%w: no command %q", errUsage, args[0])
	}
	opts, err := scene.FromEnvironment(os.Stdout)
	if err != nil {
		return err
	}
	if args[0] == "bench" {
		opts.Sessions, opts.Rate = benchSessions, benchRate
	}
	s, err := scene.Open(ctx, opts)
	if err != nil {
		return err
	}
	return do(ctx, s)
}
