// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strconv"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// shardTTL cleans up after shards that are gone for good, should the operator
// have ended before it did: each of a shard's keys is written again, or not
// needed any more, long before. No reader decides by it who is dead.
const shardTTL = 24 * time.Hour

var wordPattern = regexp.MustCompile(`^[a-zA-Z0-9._:/@+-]{0,128}$`)

// maxCount bounds the numbers of a heartbeat; more is a mistake.
const maxCount = 1_000_000

// Validate refuses a heartbeat that no shard should send.
func (h Heartbeat) Validate() error {
	for what, err := range map[string]error{
		"pool":        journal.CheckName(h.Pool),
		"shard":       journal.CheckName(h.Shard),
		"incarnation": journal.CheckIncarnation(h.Incarnation),
	} {
		if err != nil {
			return fmt.Errorf("heartbeat: %s: %w", what, err)
		}
	}
	if _, port, err := net.SplitHostPort(h.Address); err != nil || port == "" || len(h.Address) > 261 {
		return fmt.Errorf("heartbeat: address %.80q: must be host:port: %w", h.Address, journal.ErrInvalid)
	}
	for what, word := range map[string]string{"version": h.Version, "schema": h.Schema, "durability": h.Durability} {
		if !wordPattern.MatchString(word) {
			return fmt.Errorf("heartbeat: %s %.80q: must match %s: %w", what, word, wordPattern, journal.ErrInvalid)
		}
	}
	if h.State != StateServing && h.State != StateDraining {
		return fmt.Errorf("heartbeat: state %.20q: must be %s or %s: %w", h.State, StateServing, StateDraining, journal.ErrInvalid)
	}
	for what, n := range map[string]int{"capacity": h.Capacity, "sessions": h.Sessions, "sockets": h.Sockets} {
		if n < 0 || n > maxCount {
			return fmt.Errorf("heartbeat: %s %d: must be 0 to %d: %w", what, n, maxCount, journal.ErrInvalid)
		}
	}
	return nil
}

func (h Heartbeat) fields() []any {
	return []any{
		"incarnation", h.Incarnation, "counter", h.Counter, "address", h.Address,
		"version", h.Version, "schema", h.Schema, "state", h.State,
		"capacity", h.Capacity, "sessions", h.Sessions, "sockets", h.Sockets, "durability", h.Durability,
		"tls", h.TLS,
	}
}

func parseHeartbeat(pool, shard string, fields map[string]string) (Heartbeat, error) {
	h := Heartbeat{
		Pool: pool, Shard: shard,
		Incarnation: fields["incarnation"], Address: fields["address"],
		Version: fields["version"], Schema: fields["schema"],
		State: fields["state"], Durability: fields["durability"], TLS: fields["tls"] == "1",
	}
	var err error
	if h.Counter, err = strconv.ParseUint(fields["counter"], 10, 64); err != nil {
		return Heartbeat{}, fmt.Errorf("heartbeat: counter %.40q: %w", fields["counter"], journal.ErrInvalid)
	}
	for field, n := range map[string]*int{"capacity": &h.Capacity, "sessions": &h.Sessions, "sockets": &h.Sockets} {
		if *n, err = strconv.Atoi(fields[field]); err != nil {
			return Heartbeat{}, fmt.Errorf("heartbeat: %s %.40q: %w", field, fields[field], journal.ErrInvalid)
		}
	}
	return h, h.Validate()
}

// Beat publishes a heartbeat. Errors: ErrInvalid, ErrUnavailable.
func (r *Registry) Beat(ctx context.Context, h Heartbeat) error {
	if err := h.Validate(); err != nil {
		return err
	}
	key := r.keys.Shard(h.Pool, h.Shard)
	pipe := r.client.Pipeline()
	pipe.HSet(ctx, key, h.fields()...)
	pipe.PExpire(ctx, key, shardTTL)
	if _, err := pipe.Exec(ctx); err != nil {
		return fail(ctx, "publishing a heartbeat", err)
	}
	return nil
}

// Shards reads the heartbeats of the named shards of a pool, in that order,
// without those that have none. One that cannot be read is logged and left out:
// it is worth as much as none.
func (r *Registry) Shards(ctx context.Context, pool string, names []string) ([]Heartbeat, error) {
	if err := journal.CheckName(pool); err != nil {
		return nil, fmt.Errorf("reading heartbeats: pool: %w", err)
	}
	pipe := r.client.Pipeline()
	read := make([]func() (map[string]string, error), len(names))
	for i, name := range names {
		read[i] = pipe.HGetAll(ctx, r.keys.Shard(pool, name)).Result
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fail(ctx, "reading heartbeats", err)
	}
	var beats []Heartbeat
	for i, name := range names {
		fields, err := read[i]()
		if err != nil {
			return nil, fail(ctx, "reading heartbeats", err)
		}
		if len(fields) == 0 {
			continue
		}
		h, err := parseHeartbeat(pool, name, fields)
		if err != nil {
			slog.WarnContext(ctx, "leaving out a heartbeat", "pool", pool, "shard", name, "error", err)
			continue
		}
		beats = append(beats, h)
	}
	return beats, nil
}

// ForgetShard deletes the heartbeat, the hints and the drain mark of a shard that
// is gone.
func (r *Registry) ForgetShard(ctx context.Context, pool, shard string) error {
	pipe := r.client.Pipeline()
	pipe.Del(ctx, r.keys.Shard(pool, shard))
	pipe.Del(ctx, r.keys.Hints(shard))
	pipe.Del(ctx, r.keys.Drain(shard))
	if _, err := pipe.Exec(ctx); err != nil {
		return fail(ctx, "forgetting a shard", err)
	}
	return nil
}

// SetDrain tells a shard to hand everything off and take nothing, or takes that
// back.
func (r *Registry) SetDrain(ctx context.Context, shard string, on bool) error {
	if err := journal.CheckName(shard); err != nil {
		return fmt.Errorf("marking a shard to drain: %w", err)
	}
	key := r.keys.Drain(shard)
	var err error
	if on {
		err = r.client.Set(ctx, key, "1", shardTTL).Err()
	} else {
		err = r.client.Del(ctx, key).Err()
	}
	if err != nil {
		return fail(ctx, "marking a shard to drain", err)
	}
	return nil
}

// Draining reads the mark that SetDrain made.
func (r *Registry) Draining(ctx context.Context, shard string) (bool, error) {
	n, err := r.client.Exists(ctx, r.keys.Drain(shard)).Result()
	if err != nil {
		return false, fail(ctx, "reading the drain mark", err)
	}
	return n == 1, nil
}
