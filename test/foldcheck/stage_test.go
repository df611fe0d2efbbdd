// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/node"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/secret"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

// patience bounds every wait of these tests for something that must happen.
const patience = 30 * time.Second

// stage is two shards in this process around a real Redis, and the bots.
type stage struct {
	t         *testing.T
	dir       string
	redis     *redistest.Server
	registry  *registry.Registry
	log       *journal.Redis
	addresses map[string]string
	epoch     uint64
	spec      registry.SessionSpec
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), redis: redistest.Start(t), addresses: map[string]string{}}
	keys, err := journal.NewKeys("")
	check(t, err)
	s.log, err = journal.NewRedis(s.redis.Options(), journal.Config{Keys: keys, CommitTimeout: patience})
	check(t, err)
	t.Cleanup(func() { _ = s.log.Close() })
	s.registry = registry.New(s.redis.Client(t), keys)
	check(t, os.Mkdir(s.path("keys"), 0o700))
	check(t, os.WriteFile(s.path("keys", "key-1"), []byte(strings.Repeat("k", 32)), 0o600))
	s.start("a")
	s.start("b")
	return s
}

func (s *stage) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

// start runs a shard until the test ends.
func (s *stage) start(name string) {
	s.t.Helper()
	address := port.Need(s.t)
	n, err := node.New(node.Config{
		Shard: name, Pool: "test.pool", Advertise: address, Listen: address, OpsListen: port.Need(s.t),
		RedisURL: secret.New(s.redis.URL()), KeyPrefix: journal.DefaultPrefix, KeysDir: s.path("keys"), Capacity: 10, MaxSockets: 100,
		Lease: 3 * time.Second, DrainDeadline: time.Second, ThawAfter: 250 * time.Millisecond,
	}, slog.New(slog.DiscardHandler))
	check(s.t, err)
	force, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(force, force) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Errorf("shard %s: %v", name, err)
		}
	})
	s.addresses[name] = address
}

// own makes a shard the session's owner and waits until it is.
func (s *stage) own(shard string) {
	s.t.Helper()
	a := registry.Assignment{Session: s.spec.ID, Epoch: s.epoch + 1, Shard: shard, Pool: s.spec.Pool, Mode: journal.ModeCreate}
	if s.epoch > 0 {
		owner, err := s.log.Owner(s.t.Context(), s.spec.ID)
		check(s.t, err)
		a.From, a.Mode = owner.Shard, journal.ModeHandoff
	}
	s.epoch++
	check(s.t, s.registry.Assign(s.t.Context(), a, s.spec))
	s.await("shard "+shard+" to own the session", func() bool {
		o, err := s.log.Owner(s.t.Context(), s.spec.ID)
		return err == nil && o.Epoch == s.epoch
	})
}

func (s *stage) await(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

// create starts a session with a small fight and writes the bots' roster.
func (s *stage) create(id string) {
	s.t.Helper()
	s.spec = registry.SessionSpec{
		ID: id, Namespace: "test", Name: id, Pool: "test.pool", Ruleset: rules.RulesetSRD521, MaxPlayers: 3,
		GameMasters: []string{"gm"}, Players: []string{"p0", "p1", "p2"},
		Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: skirmish(s.t),
	}
	line, err := json.Marshal(map[string]any{"id": id, "players": s.spec.Players, "gameMasters": s.spec.GameMasters})
	check(s.t, err)
	check(s.t, os.WriteFile(s.path("sessions"), line, 0o600))
	s.own("a")
}

func skirmish(t *testing.T) json.RawMessage {
	t.Helper()
	sc := rules.Scenario{Map: rules.Map{Width: 12, Height: 6}}
	sword := rules.Attack{ID: "sword", Name: "Sword", Kind: rules.Melee, AttackBonus: 5, Reach: 5, Damage: []rules.DamageDice{{Dice: "1d8+3", Type: rules.Slashing}}}
	for i := range 3 {
		hero := rules.Combatant{
			ID: fmt.Sprintf("hero-%d", i), Name: "Hero", Side: "heroes", Controller: fmt.Sprintf("p%d", i),
			Position: rules.Point{1, i}, AC: 15, MaxHP: 30, Speed: 30, Dexterity: 12, Attacks: []rules.Attack{sword},
		}
		goblin := hero
		goblin.ID, goblin.Name, goblin.Side, goblin.Controller = fmt.Sprintf("goblin-%d", i), "Goblin", "goblins", rules.GameMaster
		goblin.Position = rules.Point{9, i}
		sc.Combatants = append(sc.Combatants, hero, goblin)
	}
	data, err := json.Marshal(sc)
	check(t, err)
	return data
}

// play runs the bots as a process of their own, while during happens.
func (s *stage) play(during func()) {
	s.t.Helper()
	binary := s.path("bots")
	out, err := exec.Command("go", "build", "-o", binary, "gamesession.dev/operator/cmd/bots").CombinedOutput()
	if err != nil {
		s.t.Fatalf("building the bots: %v\n%s", err, out)
	}
	cmd := exec.Command(binary, "--url", "http://"+s.addresses["b"], "--keys", s.path("keys"), "--sessions", s.path("sessions"),
		"--rate", "0", "--log", s.path("logs"), "--metrics-json", s.path("bots.json"))
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	check(s.t, cmd.Start())
	during()
	check(s.t, cmd.Process.Signal(os.Interrupt))
	if err := cmd.Wait(); err != nil {
		s.t.Fatalf("the bots: %v\n%s", err, text.String())
	}
}

// version returns the version that the session has reached.
func (s *stage) version() uint64 {
	s.t.Helper()
	loaded, err := s.log.Load(s.t.Context(), s.spec.ID)
	check(s.t, err)
	return loaded.Last().Version
}

// awaitProgress waits until the session has n more entries.
func (s *stage) awaitProgress(n uint64) {
	s.t.Helper()
	from := s.version()
	s.await("progress", func() bool { return s.version() >= from+n })
}
