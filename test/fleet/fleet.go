// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/test/port"
	"gamesession.dev/operator/test/redistest"
)

// Pool is the pool that all shards belong to.
const Pool = "test.pool"

const (
	lease = 1500 * time.Millisecond
	// patience bounds every wait for something that must happen.
	patience = 30 * time.Second
)

// Build builds the shard into a directory, with or without the race detector, and
// returns its path.
func Build(dir string, race bool) (string, error) { return BuildCommand(dir, "shard", race) }

// BuildCommand is Build for any of the commands below cmd.
func BuildCommand(dir, name string, race bool) (string, error) {
	binary := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-race="+strconv.FormatBool(race), "-o", binary, "gamesession.dev/operator/cmd/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
	}
	return binary, nil
}

// Fleet is a set of shards around one Redis.
type Fleet struct {
	t        testing.TB
	binary   string
	keysDir  string
	Redis    *redistest.Server
	ca       string // that shards trust
	Registry *registry.Registry
	Log      *journal.Redis
	keys     *auth.Keys
	epochs   map[string]uint64
}

// New returns a fleet without shards.
func New(t testing.TB, binary string) *Fleet {
	t.Helper()
	server := redistest.Start(t)
	return newFleet(t, binary, server, server.Options())
}

// newFleet is New around a server that is reached by these options.
func newFleet(t testing.TB, binary string, server *redistest.Server, opt *redis.Options) *Fleet {
	t.Helper()
	names, err := journal.NewKeys("")
	check(t, err)
	log, err := journal.NewRedis(opt, journal.Config{Keys: names, CommitTimeout: patience})
	check(t, err)
	opt.MaxRetries = -1
	opt.DialTimeout, opt.ReadTimeout, opt.WriteTimeout = patience, patience, patience
	opt.ContextTimeoutEnabled = true
	rdb := redis.NewClient(opt)
	t.Cleanup(func() { _ = rdb.Close(); _ = log.Close() })
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "key-1"), []byte(strings.Repeat("k", auth.MinKeyBytes)), 0o600))
	keys, err := auth.LoadKeys(dir)
	check(t, err)
	return &Fleet{
		t: t, binary: binary, keysDir: dir, Redis: server, ca: server.CA(), Registry: registry.New(rdb, names), Log: log,
		keys: keys, epochs: map[string]uint64{},
	}
}

// Shard is one shard process.
type Shard struct {
	Name    string
	Address string // of clients
	Ops     string
	Cmd     *exec.Cmd
	exited  chan struct{}
}

// Start starts a shard and waits until it is ready. Further flags override its
// usual ones.
func (f *Fleet) Start(name string, flags ...string) *Shard {
	f.t.Helper()
	s := f.launch(name, flags...)
	f.Await("shard "+name+" to be ready", s.ready)
	return s
}

// launch is Start without the wait.
func (f *Fleet) launch(name string, flags ...string) *Shard {
	f.t.Helper()
	s := &Shard{Name: name, Address: port.Need(f.t), Ops: port.Need(f.t), exited: make(chan struct{})}
	usual := []string{"--name", name, "--pool", Pool, "--advertise", s.Address, "--listen", s.Address,
		"--ops-listen", s.Ops, "--signing-keys", f.keysDir, "--lease", lease.String(), "--drain-deadline", "20s",
		"--relay-grace", "2s", "--log-format", "text"}
	s.Cmd = exec.Command(f.binary, append(usual, flags...)...)
	s.Cmd.Env = append(os.Environ(), "REDIS_URL="+f.Redis.URL(), "REDIS_CA="+f.ca)
	logFile, err := os.Create(filepath.Join(f.t.TempDir(), name+".log"))
	check(f.t, err)
	s.Cmd.Stderr = logFile
	check(f.t, s.Cmd.Start())
	go func() {
		defer close(s.exited)
		_ = s.Cmd.Wait() // how it ended is the test's to judge
	}()
	f.t.Cleanup(func() {
		_ = s.Cmd.Process.Signal(syscall.SIGCONT)
		_ = s.Cmd.Process.Kill()
		<-s.exited
		_ = logFile.Close()
		if f.t.Failed() {
			text, _ := os.ReadFile(logFile.Name())
			f.t.Logf("log of shard %s:\n%s", name, tail(string(text), 60))
		}
	})
	return s
}

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Signal sends a signal to the shard's process.
func (s *Shard) Signal(t testing.TB, sig syscall.Signal) {
	t.Helper()
	check(t, s.Cmd.Process.Signal(sig))
}

// Exited is closed when the process has ended.
func (s *Shard) Exited() <-chan struct{} { return s.exited }

// Await polls until done holds.
func (f *Fleet) Await(what string, done func() bool) {
	f.t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		if time.Now().After(deadline) {
			f.t.Fatalf("waited %s in vain for %s", patience, what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Create starts a session on a shard: a fight that the game master gm can keep
// going for ever, while ann watches.
func (f *Fleet) Create(id string, on *Shard) {
	f.t.Helper()
	f.CreateWith(id, on, json.RawMessage(skirmish), "ann")
}

// CreateWith starts a session of a scenario on a shard, with the game master gm
// and players.
func (f *Fleet) CreateWith(id string, on *Shard, scenario json.RawMessage, players ...string) {
	f.t.Helper()
	spec := registry.SessionSpec{
		ID: id, Namespace: "test", Name: id, Pool: Pool, Ruleset: "srd-5.2.1", MaxPlayers: 10, GameMasters: []string{"gm"},
		Players: players, Lifecycle: registry.LifecycleRunning, Generation: 1, Scenario: scenario,
	}
	f.assign(id, on.Name, "", journal.ModeCreate, spec)
	f.AwaitOwner(id, on.Name)
}

// Assign asks a shard to own a session from the next epoch on.
func (f *Fleet) Assign(id string, to *Shard, mode journal.Mode) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	spec, err := f.Registry.Spec(ctx, id)
	check(f.t, err)
	from, err := f.Log.Owner(ctx, id)
	check(f.t, err)
	f.assign(id, to.Name, from.Shard, mode, spec)
}

func (f *Fleet) assign(id, to, from string, mode journal.Mode, spec registry.SessionSpec) {
	f.t.Helper()
	f.epochs[id]++
	check(f.t, f.Registry.Assign(f.t.Context(), registry.Assignment{
		Session: id, Epoch: f.epochs[id], Shard: to, Pool: Pool, From: from, Mode: mode,
	}, spec))
}

// AwaitOwner waits until a shard owns the session at the last assigned epoch.
func (f *Fleet) AwaitOwner(id, shard string) {
	f.t.Helper()
	f.Await("shard "+shard+" to own "+id, func() bool {
		o, err := f.Log.Owner(f.t.Context(), id)
		return err == nil && o.Shard == shard && o.Epoch == f.epochs[id]
	})
}

// Move hands a session over and waits until that is done.
func (f *Fleet) Move(id string, to *Shard) {
	f.t.Helper()
	f.Assign(id, to, journal.ModeHandoff)
	f.AwaitOwner(id, to.Name)
}

// Token signs a session token that is good for an hour.
func (f *Fleet) Token(id, player string, role auth.Role) string {
	f.t.Helper()
	now := time.Now()
	token, err := f.keys.Sign(auth.Claims{
		Session: id, Player: player, Role: role, IssuedAt: now.Unix(), Expires: now.Add(time.Hour).Unix(),
	})
	check(f.t, err)
	return token
}

// Dial connects a player to a session through any shard.
func (f *Fleet) Dial(id, player string, role auth.Role, through *Shard, opts client.Options) *client.Client {
	f.t.Helper()
	opts.URL, opts.Session, opts.Token = "http://"+through.Address, id, f.Token(id, player, role)
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, opts)
	check(f.t, err)
	f.t.Cleanup(c.Close)
	return c
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
