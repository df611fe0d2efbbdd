// SPDX-License-Identifier: Apache-2.0

// Command kubectl-gamesession is a kubectl plugin: where is a session, move it,
// make a token for it, check its dice.
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
)

const usage = `Game sessions, from the command line.

  kubectl gamesession status [SESSION]     where sessions are, and how they are
  kubectl gamesession move SESSION         ask for a move
      --to SHARD                           to a certain one
      --wait [--timeout 30s]               and wait for its end
  kubectl gamesession token SESSION        a token for a client, to standard output
      --player P --role gm|player|spectator
      --ttl 1h                             how long it is good, up to 720h
      --character C                        to act for no other creature
      --class bot|service                  to have the limits of that class
      --generation N                       of a player whose tokens were revoked N times
  kubectl gamesession transcript SESSION   the session's entries and dice, as Redis has them, to standard output
      --redis-url redis://host:6379        [REDIS_URL]
      --redis-ca FILE                      who may sign the certificate of Redis [REDIS_CA holds the text itself]
      --key-prefix gs                      that of the installation
  kubectl gamesession verify FILE          roll the dice of a transcript or of an export again and fold its entries;
                                           - reads standard input; needs no cluster
  kubectl gamesession version

Of all that need a cluster: -n, --namespace; --context; --kubeconfig
`

// version is set by the linker.
var version = "unknown"

// usageError is a wrong command line.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func wrong(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, connect)
	stop()
	os.Exit(code)
}

// run returns the exit code: 2 for a wrong command line, 1 for a failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, connect connector) int {
	c, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if err == nil && c.verb == "version" {
		fmt.Fprintln(stdout, version)
		return 0
	}
	if err == nil {
		c.out = stdout
		err = c.run(ctx, connect)
	}
	var bad *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		fmt.Fprintf(stderr, "error: %v\nSee 'kubectl gamesession --help'.\n", err)
		return 2
	default:
		fmt.Fprintln(stderr, "error:", err)
		return 1
	}
}

func (c *command) run(ctx context.Context, connect connector) error {
	if c.verb == "verify" {
		return c.verify()
	}
	kube, namespace, err := connect(c.kubeconfig, c.context, c.namespace)
	if err != nil {
		return err
	}
	c.kube, c.namespace = kube, namespace
	switch c.verb {
	case "status":
		return c.status(ctx)
	case "move":
		return c.move(ctx)
	case "transcript":
		return c.transcript(ctx)
	default:
		return c.token(ctx)
	}
}
