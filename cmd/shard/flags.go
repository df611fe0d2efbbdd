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
	"slices"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/node"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/secret"
)

// options are what the flags say.
type options struct {
	node.Config
	dev, version bool
	logLevel     slog.Level
	logFormat    string
}

const usage = `A session shard: the WebSocket and the combat engine of many game sessions.

  shard --dev          serves this machine alone, with all that it needs and a sample session
  shard --name … --pool … --advertise … --redis-url … --signing-keys …
                       as the operator starts it; a flag with [NAME] takes its default from there

`

// seeHelp ends what is wrong about a command line.
const seeHelp = "see 'shard --help'; 'shard --dev' needs nothing else"

// parse reads flags; some have an environment variable as their default. Help goes
// to out, the log to errOut.
func parse(args []string, out, errOut io.Writer) (options, *slog.Logger, error) {
	o := options{Config: node.Config{Version: version}}
	f := flag.NewFlagSet("shard", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&o.version, "version", false, "print the version and exit")
	f.BoolVar(&o.dev, "dev", false, "serve this machine alone, with a store in memory and a sample session, for developers of game clients")
	o.placeFlags(f)
	o.callerFlags(f)
	o.limitFlags(f)
	o.timeFlags(f)
	o.traceFlags(f)
	f.Func("log-level", "debug, info, warn or error (default info; with --dev error)", o.setLogLevel)
	f.StringVar(&o.logFormat, "log-format", "json", "json or text")
	if err := o.readEnvironment(); err != nil {
		return o, nil, err
	}
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		f.SetOutput(out)
		f.PrintDefaults()
		return o, nil, err
	case err != nil:
		return o, nil, fmt.Errorf("%w; %s", err, seeHelp)
	case o.version:
		return o, nil, nil
	case f.NArg() > 0:
		return o, nil, fmt.Errorf("unexpected argument %q; %s", f.Arg(0), seeHelp)
	}
	var wrong error
	if o.dev {
		wrong = errors.Join(devBrings(f), defaults(f, devDefaults()), checkDev(o.Config))
	} else {
		wrong = o.Validate()
	}
	logger, err := o.logger(errOut)
	if err = errors.Join(wrong, err); err != nil {
		return o, nil, fmt.Errorf("%w\n%s", err, seeHelp)
	}
	return o, logger, nil
}

// placeFlags say what the shard is called, where it serves and what it keeps.
func (o *options) placeFlags(f *flag.FlagSet) {
	f.StringVar(&o.Shard, "name", os.Getenv("POD_NAME"), "name of this shard: its pod's [POD_NAME]")
	f.StringVar(&o.Pool, "pool", os.Getenv("POOL"), "pool of this shard, <namespace>.<name> [POOL]")
	f.StringVar(&o.Advertise, "advertise", advertised(), "host:port at which other shards reach --listen [POD_IP with port 8080]")
	f.StringVar(&o.Listen, "listen", ":8080", "address for clients and other shards")
	f.StringVar(&o.OpsListen, "ops-listen", ":9090", "address for probes and metrics")
	f.StringVar(&o.KeysDir, "signing-keys", "", "directory of signing keys: file name is key id, content is the key (32 bytes or more)")
	f.StringVar(&o.TLSDir, "tls", "", "directory of a certificate for clients and other shards: tls.crt, tls.key and perhaps ca.crt; none: no TLS")
	f.IntVar(&o.Capacity, "capacity", 100, "sessions this shard takes")
	f.IntVar(&o.MaxSockets, "max-connections", 10_000, "connections this shard takes")
	o.RedisURL = secret.New(os.Getenv("REDIS_URL"))
	f.Var(&o.RedisURL, "redis-url", "redis://… or rediss://…; better by environment than on the command line [REDIS_URL]")
	f.Func("redis-ca", "file with the certificates (PEM) of those that may sign that of Redis, in place of the system's; for rediss:// [REDIS_CA holds the text itself]", func(path string) (err error) {
		o.RedisCA, err = redisaddr.ReadCA(path)
		return err
	})
	f.StringVar(&o.KeyPrefix, "key-prefix", journal.DefaultPrefix, "prefix of every key in Redis")
	f.IntVar(&o.Replicas, "redis-replicas", 0, "replicas that must confirm a write before it is acknowledged: all that may be elected")
}

// callerFlags say who may call, and from where.
func (o *options) callerFlags(f *flag.FlagSet) {
	f.Func("issuers", "file that names the issuers whose JSON Web Tokens are trusted; none: no caller is identified by one [ISSUERS holds the text itself]", func(path string) (err error) {
		o.Issuers, err = identity.Load(path)
		return err
	})
	f.Func("allowed-origins", "origins from which browsers may connect, with commas between them; none: the host that they ask for [ALLOWED_ORIGINS]", func(text string) error {
		o.Origins = list(text)
		return nil
	})
	f.Func("trusted-proxies", "networks whose X-Forwarded-For is believed, with commas between them", func(text string) error {
		for _, network := range list(text) {
			prefix, err := netip.ParsePrefix(network)
			if err != nil {
				return fmt.Errorf("%q is not a network such as 10.0.0.0/8", network)
			}
			o.TrustedProxies = append(o.TrustedProxies, prefix)
		}
		return nil
	})
}

// limitFlags say how often clients may do what.
func (o *options) limitFlags(f *flag.FlagSet) {
	byClass := func(into *limit.Rules, name, usage string) {
		f.Func(name, usage+", such as 100/1m, or with others for classes of callers: 100/1m,bot=1000/1m,service=1000/1m; none: no limit", func(text string) (err error) {
			*into, err = limit.ParseRules(text)
			return err
		})
	}
	byClass(&o.ConnectLimit, "limit-connects", "attempts to connect from one address, over all shards")
	byClass(&o.MessageLimit, "limit-messages", "messages of one connection")
	byClass(&o.ActionLimit, "limit-actions", "actions of one player in a session")
	forAll := func(into *limit.Rule, name, usage string) {
		f.Func(name, usage+", such as 60/1m; none: no limit", func(text string) (err error) {
			*into, err = limit.ParseRule(text)
			return err
		})
	}
	forAll(&o.UpdateLimit, "limit-state-updates", "changes of one session over REST, over all shards")
	forAll(&o.JoinLimit, "limit-joins", "joins of one session over REST, over all shards")
}

// timeFlags say how long things take, and how often they are done.
func (o *options) timeFlags(f *flag.FlagSet) {
	f.DurationVar(&o.Lease, "lease", 3*time.Second, "silence after which the operator counts a shard as dead")
	f.DurationVar(&o.DrainDeadline, "drain-deadline", 60*time.Second, "how long a leaving shard waits for its sessions to be moved")
	f.DurationVar(&o.RelayGrace, "relay-grace", 10*time.Second, "how long a leaving shard then relays the clients that stay")
	f.DurationVar(&o.ThawAfter, "thaw-after", 250*time.Millisecond, "how long a frozen session waits for its takeover")
	f.Uint64Var(&o.SnapshotEvery, "snapshot-every", 256, "entries of a session between two snapshots")
	f.DurationVar(&o.CheckEvery, "check-every", 2*time.Second, "least time between two comparisons of a live session with its journal; 0: none")
}

// traceFlags say where traces go.
func (o *options) traceFlags(f *flag.FlagSet) {
	f.StringVar(&o.TraceEndpoint, "trace-endpoint", "", "URL of a collector of traces that takes OTLP over HTTP, such as http://collector:4318; none: nothing is traced")
	f.IntVar(&o.TracePerMillion, "trace-per-million", 1000, "how many of a million commands are traced")
}

// readEnvironment takes in the variables whose flags have no text as their default.
func (o *options) readEnvironment() (err error) {
	o.RedisCA = os.Getenv("REDIS_CA")
	o.Origins = list(os.Getenv("ALLOWED_ORIGINS"))
	if text := os.Getenv("ISSUERS"); text != "" {
		if o.Issuers, err = identity.Parse([]byte(text)); err != nil {
			return fmt.Errorf("ISSUERS: %w", err)
		}
	}
	return nil
}

func (o *options) logger(w io.Writer) (*slog.Logger, error) {
	handler := &slog.HandlerOptions{Level: o.logLevel}
	switch o.logFormat {
	case "json":
		return slog.New(slog.NewJSONHandler(w, handler)), nil
	case "text":
		return slog.New(slog.NewTextHandler(w, handler)), nil
	}
	return nil, fmt.Errorf("--log-format: %q is not json or text", o.logFormat)
}

// setLogLevel reads --log-level.
func (o *options) setLogLevel(text string) error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, text) {
		return errors.New("it must be debug, info, warn or error")
	}
	return o.logLevel.UnmarshalText([]byte(text))
}

// defaults gives flags that are not on the command line another default.
func defaults(f *flag.FlagSet, values map[string]string) error {
	f.Visit(func(given *flag.Flag) { delete(values, given.Name) })
	for name, value := range values {
		if err := f.Set(name, value); err != nil {
			return fmt.Errorf("--%s: %w", name, err)
		}
	}
	return nil
}

// devBrings refuses flags of what a dev shard has of its own: they would be passed
// over.
func devBrings(f *flag.FlagSet) error {
	var wrong []error
	f.Visit(func(given *flag.Flag) {
		switch given.Name {
		case "name", "pool", "advertise", "redis-url", "redis-ca", "redis-replicas", "signing-keys", "drain-deadline", "relay-grace":
			wrong = append(wrong, fmt.Errorf("--%s: not with --dev, which brings its own", given.Name))
		}
	})
	return errors.Join(wrong...)
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
