// SPDX-License-Identifier: Apache-2.0

package dev

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/registry"
)

// The sample session.
const (
	sessionID = "demo"
	title     = "Goblins at the bridge"
)

// scenario is a fight that a beginner can win: one hero, two goblins.
//
//go:embed scenario.json
var scenario []byte

// seats are those of the sample session.
var seats = []struct {
	player string
	role   auth.Role
	who    string
}{
	{"aria", auth.Player, "plays Aria, the hero"},
	{"gm", auth.GameMaster, "plays the goblins, sees everything"},
	{"eve", auth.Spectator, "watches"},
}

// tokensFor is how long the tokens of a run are good.
const tokensFor = 12 * time.Hour

// makeSession assigns the sample session to the shard and waits until it plays.
func (s *Stage) makeSession(ctx context.Context) error {
	opt, err := redisaddr.Address{URL: s.cfg.RedisURL.Reveal()}.Options()
	if err != nil {
		return fmt.Errorf("reaching the store in memory: %w", err)
	}
	keys, err := journal.NewKeys(s.cfg.KeyPrefix)
	if err != nil {
		return err
	}
	rdb := redis.NewClient(opt)
	defer func() { _ = rdb.Close() }()
	spec := registry.SessionSpec{
		ID: sessionID, Namespace: "dev", Name: sessionID, Pool: poolName, Title: title,
		Ruleset: "srd-5.2.1", MaxPlayers: 4, GameMasters: []string{"gm"}, Players: []string{"aria"},
		Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: json.RawMessage(scenario),
	}
	err = registry.New(rdb, keys).Assign(ctx, registry.Assignment{
		Session: sessionID, Epoch: 1, Shard: shardName, Pool: poolName, Mode: journal.ModeCreate,
	}, spec)
	if err != nil {
		return fmt.Errorf("making the sample session: %w", err)
	}
	return s.awaitOwner(ctx, rdb, keys)
}

// awaitOwner waits until the shard owns the sample session, or ctx ends.
func (s *Stage) awaitOwner(ctx context.Context, rdb *redis.Client, keys journal.Keys) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := rdb.Exists(ctx, keys.Owner(sessionID)).Result()
		if err == nil && n > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the sample session: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// token signs a session token for a seat.
func (s *Stage) token(player string, role auth.Role, now time.Time) (string, error) {
	return s.keys.Sign(auth.Claims{
		Session: sessionID, Player: player, Role: role, IssuedAt: now.Unix(), Expires: now.Add(tokensFor).Unix(),
	})
}
