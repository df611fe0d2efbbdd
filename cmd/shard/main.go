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
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/node"
)

// version is set when the binary is linked.
var version = "dev"

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "shard: %v\n", err)
		os.Exit(2)
	}
}

func run(args []string, out, errOut io.Writer) error {
	opts, logger, err := parse(args, out, errOut)
	switch {
	case err != nil:
		return err
	case opts.version:
		_, err := fmt.Fprintln(out, version)
		return err
	}
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
