// SPDX-License-Identifier: Apache-2.0

package node

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/secret"
	"gamesession.dev/operator/shard/server"
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

// Validate says what is wrong, naming the flag.
func (c *Config) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, name := range []struct{ flag, value string }{{"--name", c.Shard}, {"--pool", c.Pool}} {
		if name.value == "" {
			wrong("%s is missing", name.flag)
		} else if err := journal.CheckName(name.value); err != nil {
			wrong("%s: %w", name.flag, err)
		}
	}
	for _, address := range []struct{ flag, value string }{{"--advertise", c.Advertise}, {"--listen", c.Listen}, {"--ops-listen", c.OpsListen}} {
		if address.value == "" {
			wrong("%s is missing", address.flag)
		} else if _, _, err := net.SplitHostPort(address.value); err != nil {
			wrong("%s: %q is not host:port", address.flag, address.value)
		}
	}
	if c.RedisURL.Reveal() == "" {
		wrong("--redis-url is missing")
	} else if _, err := redis.ParseURL(c.RedisURL.Reveal()); err != nil {
		// The URL may hold a password: it is not repeated.
		wrong("--redis-url: must be redis://[user:password@]host:port[/db] or rediss://…")
	}
	if _, err := journal.NewKeys(c.KeyPrefix); err != nil {
		wrong("--key-prefix: %w", err)
	}
	if c.KeysDir == "" {
		wrong("--signing-keys: a directory of signing keys is needed")
	}
	if c.Capacity < 1 || c.Capacity > 10_000 {
		wrong("--capacity: %d is not between 1 and 10000", c.Capacity)
	}
	if c.MaxSockets < 1 || c.MaxSockets > 100_000 {
		wrong("--max-connections: %d is not between 1 and 100000", c.MaxSockets)
	}
	for _, origin := range c.Origins {
		if err := server.CheckOrigin(origin); err != nil {
			wrong("--allowed-origins: %w", err)
		}
	}
	if len(c.Issuers.Issuers) > 0 {
		if err := c.Issuers.Validate(); err != nil {
			wrong("--issuers: %w", err)
		}
	}
	for flag, rules := range map[string]limit.Rules{"--limit-connects": c.ConnectLimit, "--limit-messages": c.MessageLimit, "--limit-actions": c.ActionLimit} {
		for class := range rules.Classes {
			if auth.Class(class) == auth.ClassPlayer || !auth.Class(class).Valid() {
				wrong("%s: %.20q is not a class: bot or service", flag, class)
			}
		}
	}
	if c.Replicas < 0 || c.Replicas > 16 {
		wrong("--redis-replicas: %d is not between 0 and 16", c.Replicas)
	}
	for flag, d := range map[string]time.Duration{"--lease": c.Lease, "--drain-deadline": c.DrainDeadline, "--thaw-after": c.ThawAfter} {
		if d <= 0 {
			wrong("%s: %s is not above zero", flag, d)
		}
	}
	if c.Lease > 0 && c.Lease < minLease {
		wrong("--lease: %s is below %s", c.Lease, minLease)
	}
	if c.SnapshotEvery < 1 || c.SnapshotEvery > maxSnapshotEvery {
		wrong("--snapshot-every: %d is not between 1 and %d", c.SnapshotEvery, maxSnapshotEvery)
	}
	if c.CheckEvery < 0 {
		wrong("--check-every: %s is below zero", c.CheckEvery)
	}
	if c.RelayGrace < 0 {
		wrong("--relay-grace: %s is below zero", c.RelayGrace)
	}
	return errors.Join(errs...)
}
