// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/secret"
	"gamesession.dev/operator/shard/server"
	"gamesession.dev/operator/shard/trace"
)

// Config is what a shard process is told by its flags.
type Config struct {
	Shard     string // pod name
	Pool      string // <namespace>.<name> of the ShardPool
	Advertise string // host:port at which other shards and clients reach Listen
	Listen    string
	OpsListen string
	Version   string // of the build

	RedisURL  secret.String
	RedisCA   string // see redisaddr.Address
	KeyPrefix string
	Replicas  int    // that confirm a write before it is acknowledged
	KeysDir   string // signing keys, see auth.LoadKeys
	TLSDir    string // certificate, see certs.Load; empty: clients connect without TLS

	Capacity   int // sessions
	MaxSockets int
	// Origins are the origins from which browsers may connect, see server.Config.
	Origins []string
	// AnyOrigin lets browsers connect from everywhere, see server.Config. No flag
	// sets it.
	AnyOrigin bool
	// Issuers are those whose tokens are trusted.
	Issuers identity.Config
	// What one client may do, see server.Limits and session.Config.
	ConnectLimit, MessageLimit, ActionLimit limit.Rules
	// What may be changed in one session, and how often it may be joined, over REST.
	UpdateLimit, JoinLimit limit.Rule
	TrustedProxies         []netip.Prefix

	// TraceEndpoint is the collector of traces, see trace.Config; empty: nothing is
	// traced. TracePerMillion are the commands that are.
	TraceEndpoint   string
	TracePerMillion int

	// Lease is how long the operator waits before a silent shard counts as dead.
	Lease time.Duration
	// DrainDeadline bounds how long a leaving shard waits for its sessions to be
	// moved.
	DrainDeadline time.Duration
	// RelayGrace is how long a leaving shard then relays the clients that stay.
	RelayGrace time.Duration
	// ThawAfter is how long a frozen session waits for its takeover.
	ThawAfter time.Duration
	// SnapshotEvery is how many entries of a session lie between snapshots.
	SnapshotEvery uint64
	// CheckEvery is the least time between two comparisons of a session with its
	// journal; zero: none are made.
	CheckEvery time.Duration
}

// minLease leaves room for a few heartbeats, each of which may be late.
const minLease = 100 * time.Millisecond

// maxSnapshotEvery leaves the ring of recent entries room for what a takeover
// has to fold.
const maxSnapshotEvery = 512

// faults gathers what is wrong with a Config.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) within(flag string, n, low, high int) {
	if n < low || n > high {
		f.add("%s: %d is not between %d and %d", flag, n, low, high)
	}
}

// Validate says what is wrong, naming the flag.
func (c *Config) Validate() error {
	var f faults
	c.checkPlace(&f)
	c.checkStore(&f)
	c.checkCallers(&f)
	c.checkTimes(&f)
	c.checkTraces(&f)
	return errors.Join(f...)
}

// checkPlace looks at what the shard is called and where it serves.
func (c *Config) checkPlace(f *faults) {
	for _, name := range []struct{ flag, value string }{{"--name", c.Shard}, {"--pool", c.Pool}} {
		if name.value == "" {
			f.add("%s is missing", name.flag)
		} else if err := journal.CheckName(name.value); err != nil {
			f.add("%s: %w", name.flag, err)
		}
	}
	for _, address := range []struct{ flag, value string }{{"--advertise", c.Advertise}, {"--listen", c.Listen}, {"--ops-listen", c.OpsListen}} {
		if address.value == "" {
			f.add("%s is missing", address.flag)
		} else if _, _, err := net.SplitHostPort(address.value); err != nil {
			f.add("%s: %q is not host:port", address.flag, address.value)
		}
	}
	if c.KeysDir == "" {
		f.add("--signing-keys: a directory of signing keys is needed")
	}
	f.within("--capacity", c.Capacity, 1, 10_000)
	f.within("--max-connections", c.MaxSockets, 1, 100_000)
}

// redis is where the journals are.
func (c *Config) redis() redisaddr.Address {
	return redisaddr.Address{URL: c.RedisURL.Reveal(), CA: c.RedisCA}
}

// checkStore looks at what is said of Redis and the journals there.
func (c *Config) checkStore(f *faults) {
	switch _, err := c.redis().Options(); {
	case c.RedisURL.Reveal() == "":
		f.add("--redis-url is missing")
	case errors.Is(err, redisaddr.ErrURL):
		f.add("--redis-url: %w", err)
	case err != nil:
		f.add("--redis-ca: %w", err)
	}
	if _, err := journal.NewKeys(c.KeyPrefix); err != nil {
		f.add("--key-prefix: %w", err)
	}
	f.within("--redis-replicas", c.Replicas, 0, 16)
	if c.SnapshotEvery < 1 || c.SnapshotEvery > maxSnapshotEvery {
		f.add("--snapshot-every: %d is not between 1 and %d", c.SnapshotEvery, maxSnapshotEvery)
	}
}

// checkCallers looks at who may call, from where and how often.
func (c *Config) checkCallers(f *faults) {
	for _, origin := range c.Origins {
		if err := server.CheckOrigin(origin); err != nil {
			f.add("--allowed-origins: %w", err)
		}
	}
	if len(c.Issuers.Issuers) > 0 {
		if err := c.Issuers.Validate(); err != nil {
			f.add("--issuers: %w", err)
		}
	}
	for _, limits := range []struct {
		flag  string
		rules limit.Rules
	}{{"--limit-connects", c.ConnectLimit}, {"--limit-messages", c.MessageLimit}, {"--limit-actions", c.ActionLimit}} {
		for _, class := range slices.Sorted(maps.Keys(limits.rules.Classes)) {
			if auth.Class(class) == auth.ClassPlayer || !auth.Class(class).Valid() {
				f.add("%s: %.20q is not a class: bot or service", limits.flag, class)
			}
		}
	}
}

// checkTraces looks at where traces go, and how many.
func (c *Config) checkTraces(f *faults) {
	if c.TraceEndpoint != "" {
		if err := trace.CheckEndpoint(c.TraceEndpoint); err != nil {
			f.add("--trace-endpoint: %w", err)
		}
	}
	f.within("--trace-per-million", c.TracePerMillion, 0, 1_000_000)
}

// checkTimes looks at how long things may take.
func (c *Config) checkTimes(f *faults) {
	for _, d := range []struct {
		flag  string
		value time.Duration
		least time.Duration
	}{
		{"--lease", c.Lease, minLease}, {"--drain-deadline", c.DrainDeadline, 1}, {"--thaw-after", c.ThawAfter, 1},
		{"--check-every", c.CheckEvery, 0}, {"--relay-grace", c.RelayGrace, 0},
	} {
		switch {
		case d.value >= d.least:
		case d.least == 0:
			f.add("%s: %s is below zero", d.flag, d.value)
		case d.value <= 0:
			f.add("%s: %s is not above zero", d.flag, d.value)
		default:
			f.add("%s: %s is below %s", d.flag, d.value, d.least)
		}
	}
}
