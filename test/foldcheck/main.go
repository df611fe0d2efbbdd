// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/redisaddr"
)

const (
	exitWrong = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

type flags struct{ redisURL, prefix, logs, json string }

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	var f flags
	set := flag.NewFlagSet("foldcheck", flag.ContinueOnError)
	set.SetOutput(errOut)
	set.StringVar(&f.redisURL, "redis-url", os.Getenv("REDIS_URL"), "the Redis with the journals [REDIS_URL]")
	set.StringVar(&f.prefix, "key-prefix", journal.DefaultPrefix, "prefix of every key in Redis")
	set.StringVar(&f.logs, "logs", "", "directory with the bots' logs")
	set.StringVar(&f.json, "json", "", "file for the result as JSON")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	result, err := f.check(ctx)
	if err == nil && f.json != "" {
		err = writeJSON(f.json, result)
	}
	if err != nil {
		fmt.Fprintln(errOut, "foldcheck:", err)
		return exitUsage
	}
	fmt.Fprintln(out, result)
	if result.Good() {
		return 0
	}
	show(out, "lost", result.Lost)
	show(out, "twice", result.Twice)
	show(out, "refused and applied", result.Refused)
	return exitWrong
}

func (f *flags) check(ctx context.Context) (*Result, error) {
	if f.logs == "" {
		return nil, errors.New("--logs is missing")
	}
	opt, err := redisaddr.Address{URL: f.redisURL}.Options()
	if err != nil {
		return nil, fmt.Errorf("--redis-url %w", err)
	}
	keys, err := journal.NewKeys(f.prefix)
	if err != nil {
		return nil, fmt.Errorf("--key-prefix: %w", err)
	}
	sessions, err := gather(f.logs)
	if err != nil {
		return nil, err
	}
	log, err := journal.NewRedis(opt, journal.Config{Keys: keys})
	if err != nil {
		return nil, err
	}
	result := &Result{Lost: []Command{}, Twice: []Command{}, Refused: []Command{}}
	for _, id := range slices.Sorted(maps.Keys(sessions)) {
		k, err := read(ctx, log, id, sessions[id].positions())
		if err == nil {
			err = result.compare(sessions[id], k)
		}
		if err != nil {
			return nil, errors.Join(err, log.Close())
		}
	}
	return result, log.Close()
}

// shown bounds the lines printed of one kind.
const shown = 20

func show(out io.Writer, what string, list []Command) {
	for i, c := range list {
		if i == shown {
			fmt.Fprintf(out, "  … and %d more\n", len(list)-i)
			return
		}
		fmt.Fprintf(out, "  %s: session %s, %s, n %d: %s\n", what, c.Session, c.Player, c.N, c.What)
	}
}

func writeJSON(path string, r *Result) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the result: %w", err)
	}
	if err := os.WriteFile(path, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing --json: %w", err)
	}
	return nil
}
