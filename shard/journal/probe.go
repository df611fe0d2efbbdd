// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Probe reads what Redis promises. A server that answers but refuses to say
// (managed ones do) gives LevelUnknown; one that does not answer is
// ErrUnavailable.
func (r *Redis) Probe(ctx context.Context) (Durability, error) {
	d, err := ProbeServer(ctx, r.reads)
	if err != nil {
		return Durability{}, err
	}
	d.Replicas = r.cfg.Replicas
	return d, nil
}

// ProbeServer reads what the server behind client promises on its own, that is
// with Replicas 0.
func ProbeServer(ctx context.Context, client redis.UniversalClient) (Durability, error) {
	pipe := client.Pipeline()
	ping := pipe.Ping(ctx)
	info := pipe.Info(ctx, "replication")
	settings := map[string]*redis.MapStringStringCmd{}
	for _, name := range []string{"appendonly", "appendfsync", "maxmemory", "maxmemory-policy"} {
		settings[name] = pipe.ConfigGet(ctx, name)
	}
	if _, err := pipe.Exec(ctx); err != nil && (!isReply(err) || ping.Err() != nil) {
		return Durability{}, fmt.Errorf("probing durability: %w", ReadError(ctx, err))
	}
	setting := func(name string) string { return settings[name].Val()[name] }
	policy := setting("maxmemory-policy")
	connected, err := strconv.Atoi(infoField(info.Val(), "connected_slaves"))
	if err != nil {
		connected = 0 // the server does not say
	}
	return Durability{
		Level:     level(setting("appendonly"), setting("appendfsync")),
		Connected: connected,
		Role:      infoField(info.Val(), "role"),
		Evicts:    policy != "" && policy != "noeviction" && setting("maxmemory") != "0",
	}, nil
}

// isReply says that the server answered, if only with an error.
func isReply(err error) bool {
	_, ok := errors.AsType[redis.Error](err)
	return ok
}

func level(appendOnly, appendFsync string) string {
	switch {
	case appendOnly == "no":
		return LevelNone
	case appendOnly != "yes":
		return LevelUnknown
	case appendFsync == "always":
		return LevelFsync
	case appendFsync == "everysec":
		return LevelEverySec
	case appendFsync == "no":
		return LevelNone
	}
	return LevelUnknown
}

// infoField returns a field of the answer to INFO, empty when it is not there.
func infoField(info, field string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
