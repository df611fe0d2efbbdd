// SPDX-License-Identifier: Apache-2.0

// Command shard runs one session shard: the WebSocket and combat engine for many
// sessions.
//
// It is started by the operator in a pod, and can be started by hand. SIGTERM
// drains it; a second SIGTERM ends it at once. With --dev it needs nothing else and
// brings a session to try a client on.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/node"
)

// version is set when the binary is linked.
var version = "dev"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 2 for a wrong command line, 1 for a failure.
func run(args []string, out, errOut io.Writer) int {
	opts, logger, err := parse(args, out, errOut)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(errOut, "shard: %v\n", err)
		return 2
	case opts.version:
		fmt.Fprintln(out, version)
		return 0
	}
	if err := serve(opts, logger, out); err != nil {
		fmt.Fprintf(errOut, "shard: %v\n", err)
		return 1
	}
	return 0
}

// serve runs a shard until it is told to end: drained by the first signal, at once
// by the second.
func serve(opts options, logger *slog.Logger, out io.Writer) error {
	slog.SetDefault(logger) // of packages that both planes use
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	ctx, leave := context.WithCancel(context.Background())
	force, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		<-signals
		leave()
		<-signals
		logger.Warn("second signal: stopping at once")
		stop()
	}()
	// The client prints every failed dial; the shard logs once that Redis is away.
	redis.SetLogger(silent{})
	if opts.dev {
		return runDev(ctx, force, opts.Config, logger, out)
	}
	n, err := node.New(opts.Config, logger)
	if err != nil {
		return err
	}
	return n.Run(ctx, force)
}

// silent drops what the Redis client would print.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}
