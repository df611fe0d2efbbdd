// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/node"
	"gamesession.dev/operator/shard/secret"
)

// options are what the flags say.
type options struct {
	node.Config
	dev, version bool
}

const usage = `A session shard: the WebSocket and the combat engine of many game sessions.

  shard --dev          serves this machine alone, with all that it needs and a sample session
  shard --name … --pool … --advertise … --redis-url … --signing-keys …
                       as the operator starts it; a flag with [NAME] takes its default from there

`

// errUsage ends what is wrong about a command line.
const errUsage = "see 'shard --help'; 'shard --dev' needs nothing else"

// parse reads flags; some have an environment variable as their default. Help goes
// to out, the log to errOut.
func parse(args []string, out, errOut io.Writer) (options, *slog.Logger, error) {
	opts := options{Config: node.Config{Version: version, Origins: list(os.Getenv("ALLOWED_ORIGINS"))}}
	cfg := &opts.Config
	var level slog.Level
	var format string
	f := flag.NewFlagSet("shard", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&opts.version, "version", false, "print the version and exit")
	f.BoolVar(&opts.dev, "dev", false, "serve this machine alone, with a store in memory and a sample session, for developers of game clients")
	f.StringVar(&cfg.Shard, "name", os.Getenv("POD_NAME"), "name of this shard: its pod's [POD_NAME]")
	f.StringVar(&cfg.Pool, "pool", os.Getenv("POOL"), "pool of this shard, <namespace>.<name> [POOL]")
	f.StringVar(&cfg.Advertise, "advertise", advertised(), "host:port at which other shards reach --listen [POD_IP with port 8080]")
	f.StringVar(&cfg.Listen, "listen", ":8080", "address for clients and other shards")
	f.StringVar(&cfg.OpsListen, "ops-listen", ":9090", "address for probes and metrics")
	cfg.RedisURL = secret.New(os.Getenv("REDIS_URL"))
	f.Var(&cfg.RedisURL, "redis-url", "redis://… or rediss://…; better by environment than on the command line [REDIS_URL]")
	f.StringVar(&cfg.KeyPrefix, "key-prefix", "gs", "prefix of every key in Redis")
	f.IntVar(&cfg.Replicas, "redis-replicas", 0, "replicas that must confirm a write before it is acknowledged: all that may be elected")
	f.StringVar(&cfg.KeysDir, "signing-keys", "", "directory of signing keys: file name is key id, content is the key (32 bytes or more)")
	f.StringVar(&cfg.TLSDir, "tls", "", "directory of a certificate for clients and other shards: tls.crt, tls.key and perhaps ca.crt; none: no TLS")
	f.IntVar(&cfg.Capacity, "capacity", 100, "sessions this shard takes")
	f.IntVar(&cfg.MaxSockets, "max-connections", 10_000, "connections this shard takes")
	f.Func("issuers", "file that names the issuers whose JSON Web Tokens are trusted; none: no caller is identified by one [ISSUERS holds the text itself]", func(path string) (err error) {
		cfg.Issuers, err = identity.Load(path)
		return err
	})
	f.Func("allowed-origins", "origins from which browsers may connect, with commas between them; none: the host that they ask for [ALLOWED_ORIGINS]", func(text string) error {
		cfg.Origins = list(text)
		return nil
	})
	rule := func(into *limit.Rules, name, usage string) {
		f.Func(name, usage+", such as 100/1m, or with others for classes of callers: 100/1m,bot=1000/1m,service=1000/1m; none: no limit", func(text string) (err error) {
			*into, err = limit.ParseRules(text)
			return err
		})
	}
	rule(&cfg.ConnectLimit, "limit-connects", "attempts to connect from one address, over all shards")
	rule(&cfg.MessageLimit, "limit-messages", "messages of one connection")
	rule(&cfg.ActionLimit, "limit-actions", "actions of one player in a session")
	sole := func(into *limit.Rule, name, usage string) {
		f.Func(name, usage+", such as 60/1m; none: no limit", func(text string) (err error) {
			*into, err = limit.ParseRule(text)
			return err
		})
	}
	sole(&cfg.UpdateLimit, "limit-state-updates", "changes of one session over REST, over all shards")
	sole(&cfg.JoinLimit, "limit-joins", "joins of one session over REST, over all shards")
	f.Func("trusted-proxies", "networks whose X-Forwarded-For is believed, with commas between them", func(text string) error {
		for _, network := range list(text) {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return err
			}
			cfg.TrustedProxies = append(cfg.TrustedProxies, prefix)
		}
		return nil
	})
	f.DurationVar(&cfg.Lease, "lease", 3*time.Second, "silence after which the operator counts a shard as dead")
	f.DurationVar(&cfg.DrainDeadline, "drain-deadline", 60*time.Second, "how long a leaving shard waits for its sessions to be moved")
	f.DurationVar(&cfg.RelayGrace, "relay-grace", 10*time.Second, "how long a leaving shard then relays the clients that stay")
	f.DurationVar(&cfg.ThawAfter, "thaw-after", 250*time.Millisecond, "how long a frozen session waits for its takeover")
	f.Uint64Var(&cfg.SnapshotEvery, "snapshot-every", 256, "entries of a session between two snapshots")
	f.DurationVar(&cfg.CheckEvery, "check-every", 2*time.Second, "least time between two comparisons of a live session with its journal; 0: none")
	f.TextVar(&level, "log-level", slog.LevelInfo, "debug, info, warn or error")
	f.StringVar(&format, "log-format", "json", "json or text")
	if text := os.Getenv("ISSUERS"); text != "" {
		var err error
		if cfg.Issuers, err = identity.Parse([]byte(text)); err != nil {
			return opts, nil, fmt.Errorf("ISSUERS: %w", err)
		}
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return opts, nil, err
	case err != nil:
		return opts, nil, fmt.Errorf("%w; %s", err, errUsage)
	case opts.version:
		return opts, nil, nil
	}
	if f.NArg() > 0 {
		return opts, nil, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	var err error
	if opts.dev {
		defaults(f, devDefaults())
	} else if err = cfg.Validate(); err != nil {
		err = fmt.Errorf("%w\n%s", err, errUsage)
	}
	handler := &slog.HandlerOptions{Level: level}
	switch format {
	case "json":
		return opts, slog.New(slog.NewJSONHandler(errOut, handler)), err
	case "text":
		return opts, slog.New(slog.NewTextHandler(errOut, handler)), err
	}
	return opts, nil, fmt.Errorf("--log-format: %q is not json or text", format)
}

// defaults gives flags that are not on the command line another default.
func defaults(f *flag.FlagSet, values map[string]string) {
	f.Visit(func(given *flag.Flag) { delete(values, given.Name) })
	for name, value := range values {
		if err := f.Set(name, value); err != nil {
			panic("shard: default of --" + name + ": " + err.Error())
		}
	}
}

// list splits at commas.
func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

// advertised is the default of --advertise: the pod's address.
func advertised() string {
	ip := os.Getenv("POD_IP")
	if strings.Contains(ip, ":") { // IPv6
		ip = "[" + ip + "]"
	}
	if ip == "" {
		return ""
	}
	return ip + ":8080"
}
