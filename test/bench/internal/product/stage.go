// SPDX-License-Identifier: Apache-2.0

// Package product puts TT-1 on the product: one shard process, one redis-server
// that syncs to disk before each answer, and sessions as an operator makes them.
package product

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/test/bench/internal/process"
	"gamesession.dev/operator/test/bench/internal/tt1"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

const (
	pool      = "bench.pool"
	shardName = "shard-0"
	patience  = 20 * time.Second
)

// Stage is a shard around one Redis.
type Stage struct {
	Redis    *redistest.Server
	Shard    *process.Process
	Address  netip.AddrPort
	Ops      string
	keys     *auth.Keys
	client   *redis.Client
	registry *registry.Registry
	log      *journal.Redis
	sessions []string
	// identities are the players' tokens of an issuer; none when the shard trusts
	// no issuer.
	identities []string
}

// Build builds the shard and returns its path.
func Build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "shard")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, "gamesession.dev/operator/cmd/shard")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the shard: %w\n%s", err, out)
	}
	return binary, nil
}

// Start starts Redis and the shard, in a directory of their own; with identity,
// players also show tokens of an issuer, and every limit is counted.
func Start(ctx context.Context, binary, dir string, identity bool) (*Stage, error) {
	s := &Stage{}
	if err := s.start(ctx, binary, dir, identity); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Stage) start(ctx context.Context, binary, dir string, identity bool) error {
	keysDir := filepath.Join(dir, "keys")
	if err := os.MkdirAll(keysDir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(keysDir, "key-1"), []byte(strings.Repeat("k", auth.MinKeyBytes)), 0o600); err != nil {
		return err
	}
	var err error
	if s.keys, err = auth.LoadKeys(keysDir); err != nil {
		return err
	}
	if s.Redis, err = redistest.New(redistest.Options{Dir: dir}); err != nil {
		return err
	}
	names, err := journal.NewKeys("gs")
	if err != nil {
		return err
	}
	s.client = redis.NewClient(s.Redis.Options())
	s.registry = registry.New(s.client, names)
	if s.log, err = journal.NewRedis(s.Redis.Options(), journal.Config{Keys: names}); err != nil {
		return err
	}
	ops, err := port.Address()
	if err != nil {
		return err
	}
	s.Ops = ops.String()
	if s.Address, err = port.Address(); err != nil {
		return err
	}
	var flags []string
	if identity {
		if flags, err = s.identify(dir); err != nil {
			return err
		}
	}
	cmd := exec.Command(binary, append(flags, "--name", shardName, "--pool", pool, "--advertise", s.Address.String(), "--listen", s.Address.String(),
		"--ops-listen", s.Ops, "--signing-keys", keysDir, "--capacity", "1000")...)
	cmd.Env = append(os.Environ(), "REDIS_URL="+s.Redis.URL())
	if s.Shard, err = process.Start(filepath.Join(dir, "shard.log"), cmd); err != nil {
		return err
	}
	return s.await(ctx, "the shard to be ready", func() bool {
		resp, err := http.Get("http://" + s.Ops + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
}

func (s *Stage) await(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-s.Shard.Exited():
			return fmt.Errorf("awaiting %s: the shard has ended: %s", what, s.Shard.Log())
		case <-ctx.Done():
			return fmt.Errorf("awaiting %s: %w: %s", what, ctx.Err(), s.Shard.Log())
		}
	}
	return nil
}

// Create makes n more sessions and starts their fights.
func (s *Stage) Create(ctx context.Context, n int) error {
	var fresh []string
	for range n {
		id := "tt1-" + strconv.Itoa(len(s.sessions))
		s.sessions, fresh = append(s.sessions, id), append(fresh, id)
		if err := s.registry.Assign(ctx, registry.Assignment{
			Session: id, Epoch: 1, Shard: shardName, Pool: pool, Mode: journal.ModeCreate,
		}, spec(id)); err != nil {
			return err
		}
	}
	for _, id := range fresh {
		if err := s.await(ctx, "session "+id+" to live", func() bool {
			o, err := s.log.Owner(ctx, id)
			return err == nil && o.Shard == shardName
		}); err != nil {
			return err
		}
		if err := s.startFight(ctx, id); err != nil {
			return fmt.Errorf("starting the fight of %s: %w", id, err)
		}
	}
	return nil
}

func (s *Stage) startFight(ctx context.Context, id string) error {
	token, err := s.token(id, "gm", auth.GameMaster)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	gm, err := client.Dial(ctx, client.Options{URL: "http://" + s.Address.String(), Session: id, Token: token})
	if err != nil {
		return err
	}
	defer gm.Close()
	_, err = gm.Do(ctx, json.RawMessage(`{"type":"start_combat"}`))
	return err
}

func (s *Stage) token(id, player string, role auth.Role) (string, error) {
	now := time.Now()
	return s.keys.Sign(auth.Claims{Session: id, Player: player, Role: role, IssuedAt: now.Unix(), Expires: now.Add(time.Hour).Unix()})
}

// Stop ends everything.
func (s *Stage) Stop() {
	if s.Shard != nil {
		s.Shard.Kill()
	}
	if s.log != nil {
		_ = s.log.Close()
	}
	if s.client != nil {
		_ = s.client.Close()
	}
	if s.Redis != nil {
		s.Redis.Close()
	}
}

// spec is a session whose ten players stand in two rows of five, each beside the
// one it attacks, with hit points for about eighteen thousand actions.
func spec(id string) registry.SessionSpec {
	type object = map[string]any
	players := make([]string, tt1.Seats)
	fighters := make([]object, tt1.Seats)
	for i := range players {
		players[i] = playerID(i)
		fighters[i] = object{
			"id": players[i], "name": "Player " + strconv.Itoa(i), "controller": players[i],
			"side": []string{"reds", "blues"}[i/5], "position": []int{i % 5, i / 5},
			"ac": 14, "maxHP": 10_000, "speed": 30, "dexterity": 14,
			"attacks": []object{{
				"id": "sword", "name": "Sword", "kind": "melee", "attackBonus": 6, "reach": 5,
				"damage": []object{{"dice": "1d8+4", "type": "slashing"}},
			}},
		}
	}
	scenario, err := json.Marshal(object{"map": object{"width": 6, "height": 6}, "combatants": fighters})
	if err != nil {
		panic(err) // plain values
	}
	return registry.SessionSpec{
		ID: id, Namespace: "bench", Name: id, Pool: pool, Ruleset: "srd-5.2.1", MaxPlayers: tt1.Seats,
		GameMasters: []string{"gm"}, Players: players, Lifecycle: registry.LifecycleRunning, Generation: 1,
		Scenario: scenario,
	}
}

func playerID(seat int) string { return "p" + strconv.Itoa(seat) }
