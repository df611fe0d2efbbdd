// SPDX-License-Identifier: Apache-2.0

// Command bots plays real fights as real clients: one WebSocket for every
// player and game master of every session. While it plays it checks what it is
// told; it exits with 1 when a promise was broken, and with 2 when it could not
// play.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gamesession.dev/operator/cmd/bots/internal/fleet"
	"gamesession.dev/operator/shard/auth"
)

const (
	exitBroken = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flags are what the command line says.
type flags struct {
	fleet.Options
	keys, keyFile, tokens, sessions string
	session, players, gameMasters   string
	follow, metrics                 string
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	opts, metrics, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintf(errOut, "bots: %v; see 'bots --help'\n", err)
		return exitUsage
	}
	opts.Progress = out
	report, err := fleet.Run(ctx, opts)
	if err == nil && metrics != "" {
		err = writeMetrics(metrics, report)
	}
	if err != nil {
		fmt.Fprintln(errOut, "bots:", err)
		return exitUsage
	}
	report.Print(out)
	if report.ViolationCount > 0 {
		return exitBroken
	}
	return 0
}

const usage = `Bots play sessions as real clients do, check what they are told, and report.

  bots --url http://front-door --tokens FILE [--once]
  bots --url http://front-door --keys DIR --session ID --players ann,ben [--duration 1m]

Exit code 1: a promise was broken; 2: nothing could be played.

`

// parse reads a command line. Help goes to out.
func parse(args []string, out io.Writer) (fleet.Options, string, error) {
	var f flags
	set := flag.NewFlagSet("bots", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.URL, "url", "", "front door: http(s)://host[:port][/prefix]")
	set.StringVar(&f.keys, "keys", "", "directory with the pool's signing keys, to sign the bots' tokens with")
	set.StringVar(&f.keyFile, "key-file", "", "one signing key; its name is the key's id")
	set.StringVar(&f.tokens, "tokens", "", "file with ready tokens instead of keys: JSON lines {session, player, role, token}")
	set.StringVar(&f.sessions, "sessions", "", "file with the sessions: JSON lines {id, players, gameMasters}")
	set.StringVar(&f.session, "session", "", "one session's id, instead of --sessions")
	set.StringVar(&f.players, "players", "", "its players, separated by commas")
	set.StringVar(&f.gameMasters, "game-masters", "gm", "its game masters, separated by commas")
	set.DurationVar(&f.Duration, "duration", 0, "how long to play; 0 until interrupted")
	set.BoolVar(&f.Once, "once", false, "leave each session when its fight is over, and end when all have")
	set.Float64Var(&f.Rate, "rate", 12, "commands a second and session; 0 as fast as it goes")
	set.StringVar(&f.follow, "follow", string(fleet.FollowThirds), "what bots do when their session moves: none, half or all follow; ahead: all connect ahead; thirds: a third ignores it, a third follows, a third connects ahead")
	set.StringVar(&f.LogDir, "log", "", "directory for one log a bot")
	set.StringVar(&f.metrics, "metrics-json", "", "file for the report as JSON")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, usage)
			set.SetOutput(out)
			set.PrintDefaults()
		}
		return f.Options, "", err
	}
	if set.NArg() > 0 {
		return f.Options, "", fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if f.URL == "" {
		return f.Options, "", errors.New("--url is missing")
	}
	if f.Rate < 0 || f.Duration < 0 {
		return f.Options, "", errors.New("--rate and --duration must not be negative")
	}
	switch f.Follow = fleet.Follow(f.follow); f.Follow {
	case fleet.FollowNone, fleet.FollowHalf, fleet.FollowAll, fleet.FollowAhead, fleet.FollowThirds:
	default:
		return f.Options, "", fmt.Errorf("--follow %q is not one of none, half, all, ahead, thirds", f.follow)
	}
	seats, err := f.seats()
	f.Seats = seats
	return f.Options, f.metrics, err
}

// seats finds out who plays where.
func (f *flags) seats() ([]fleet.Seat, error) {
	if f.tokens != "" {
		data, err := os.ReadFile(f.tokens)
		if err != nil {
			return nil, fmt.Errorf("reading --tokens: %w", err)
		}
		return fleet.ReadSeats(data)
	}
	keys, err := f.loadKeys()
	if err != nil {
		return nil, err
	}
	sessions := []fleet.Session{{ID: f.session, Players: list(f.players), GameMasters: list(f.gameMasters)}}
	switch {
	case f.sessions != "":
		data, err := os.ReadFile(f.sessions)
		if err != nil {
			return nil, fmt.Errorf("reading --sessions: %w", err)
		}
		if sessions, err = fleet.ReadSessions(data); err != nil {
			return nil, err
		}
	case f.session == "":
		return nil, errors.New("one of --sessions, --session and --tokens is needed")
	}
	return fleet.Sign(keys, sessions, time.Now())
}

func (f *flags) loadKeys() (*auth.Keys, error) {
	switch {
	case f.keys != "":
		return auth.LoadKeys(f.keys)
	case f.keyFile != "":
		data, err := os.ReadFile(f.keyFile)
		if err != nil {
			return nil, fmt.Errorf("reading --key-file: %w", err)
		}
		return auth.NewKeys(map[string][]byte{filepath.Base(f.keyFile): data})
	}
	return nil, errors.New("one of --keys, --key-file and --tokens is needed")
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

func writeMetrics(path string, r *fleet.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing --metrics-json: %w", err)
	}
	err = r.WriteJSON(file)
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}
