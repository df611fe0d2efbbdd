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
	if err := client.Ping(ctx).Err(); err != nil {
		return Durability{}, fmt.Errorf("probing durability: %w", readError(ctx, err))
	}
	d := Durability{Level: LevelUnknown}
	settings := map[string]string{}
	for _, name := range []string{"appendonly", "appendfsync", "maxmemory", "maxmemory-policy"} {
		values, err := client.ConfigGet(ctx, name).Result()
		if err != nil && !isReply(err) {
			return Durability{}, fmt.Errorf("probing durability: %w", readError(ctx, err))
		}
		settings[name] = values[name]
	}
	d.Level = level(settings["appendonly"], settings["appendfsync"])
	policy := settings["maxmemory-policy"]
	d.Evicts = policy != "" && policy != "noeviction" && settings["maxmemory"] != "0"
	info, err := client.Info(ctx, "replication").Result()
	if err != nil && !isReply(err) {
		return Durability{}, fmt.Errorf("probing durability: %w", readError(ctx, err))
	}
	d.Role = InfoField(info, "role")
	d.Connected, _ = strconv.Atoi(InfoField(info, "connected_slaves"))
	return d, nil
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

// InfoField returns a field of the answer to INFO, empty when it is not there.
func InfoField(info, field string) string {
	for line := range strings.Lines(info) {
		if value, found := strings.CutPrefix(line, field+":"); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
