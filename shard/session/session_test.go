// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/wire"
)

const testSession = "s1"

// duel is the smallest fight: ann against a goblin of the game master.
const duel = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "aria", "name": "Aria", "side": "heroes", "controller": "ann", "position": [1, 1], "ac": 15, "maxHP": 60, "speed": 30, "dexterity": 14,
     "attacks": [{"id": "sword", "name": "Sword", "kind": "melee", "attackBonus": 5, "reach": 5, "damage": [{"dice": "1d8+3", "type": "slashing"}]}]},
    {"id": "goblin", "name": "Goblin", "side": "goblins", "controller": "gm", "position": [2, 1], "ac": 13, "maxHP": 200, "speed": 30, "dexterity": 14,
     "attacks": [{"id": "blade", "name": "Blade", "kind": "melee", "attackBonus": 4, "reach": 5, "damage": [{"dice": "1d6+2", "type": "slashing"}]}]}
  ]
}`

func duelSpec() registry.SessionSpec {
	return registry.SessionSpec{
		ID: testSession, Namespace: "ns", Name: "duel", Pool: "ns.pool", Ruleset: "srd-5.2.1", MaxPlayers: 4,
		GameMasters: []string{"gm"}, Players: []string{"ann"}, Lifecycle: registry.LifecycleRunning, Generation: 1,
		Scenario: json.RawMessage(duel),
	}
}

// quiet is an observer of nothing but what tests ask for.
type quiet struct {
	mu      sync.Mutex
	thaws   int
	trouble int
	limited []string
}

func (q *quiet) Limited(by string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limited = append(q.limited, by)
}

func (*quiet) Applied(time.Duration)          {}
func (*quiet) Refused(string)                 {}
func (*quiet) Broadcast(int)                  {}
func (*quiet) Told(time.Duration)             {}
func (*quiet) Froze()                         {}
func (*quiet) Fenced()                        {}
func (*quiet) TookOver(string, time.Duration) {}
func (*quiet) Mismatch()                      {}

func (q *quiet) StoreTrouble() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.trouble++
}

func (q *quiet) Thawed() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.thaws++
}

// soon bounds every wait of these tests for something that must happen.
const soon = 30 * time.Second

// testConfig is that of a session that waits for its takeover as long as a test does.
func testConfig(log Log) Config {
	return Config{
		Log: log, Shard: "a", Logger: slog.New(slog.DiscardHandler), Observer: &quiet{}, Now: time.Now,
		ThawAfter: soon,
	}
}

// impatient is testConfig of a session that thaws before anybody takes it over.
func impatient(log Log) Config {
	cfg := testConfig(log)
	cfg.ThawAfter = 50 * time.Millisecond
	return cfg
}

func owner(shard string, epoch uint64) journal.Owner {
	return journal.Owner{Shard: shard, Incarnation: shard + "-1", Epoch: epoch}
}

func assign(t *testing.T, m *journal.Memory, shard string, epoch uint64, mode journal.Mode) {
	t.Helper()
	if err := m.Assign(t.Context(), journal.Assignment{Session: testSession, Epoch: epoch, Shard: shard, Pool: "ns.pool", Mode: mode}); err != nil {
		t.Fatal(err)
	}
}

// started returns a duel that shard a owns at epoch 1.
func started(t *testing.T, m *journal.Memory, log Log) *Session {
	t.Helper()
	return startedWith(t, m, testConfig(log))
}

// startedWith is started with another configuration.
func startedWith(t *testing.T, m *journal.Memory, cfg Config) *Session {
	t.Helper()
	assign(t, m, "a", 1, journal.ModeCreate)
	s, err := Create(t.Context(), cfg, owner("a", 1), duelSpec())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Stop(); <-s.Done() })
	return s
}

// client is a subscriber that keeps its document as a real one does.
type client struct {
	t      *testing.T
	claims auth.Claims
	frames chan Message
	gone   chan error

	doc     *wire.Document
	n       uint64
	member  *Member
	ahead   chan struct{}
	updates []wire.Update
}

func newClient(t *testing.T, player string, role auth.Role) *client {
	ahead := make(chan struct{})
	close(ahead)
	return &client{
		t: t, claims: auth.Claims{Session: testSession, Player: player, Role: role},
		frames: make(chan Message, 4096), gone: make(chan error, 1), ahead: ahead,
	}
}

func (c *client) Deliver(m Message) bool                      { c.frames <- m; return true }
func (c *client) Flush()                                      {}
func (c *client) Detached(cause error)                        { c.gone <- cause }
func (c *client) HandoffAhead(string, uint64) <-chan struct{} { return c.ahead }

func (c *client) attach(s *Session) {
	c.t.Helper()
	var resume *wire.Resume
	if c.doc != nil {
		resume = &wire.Resume{Position: c.doc.Position(), Hash: c.doc.Hash()}
	}
	m, err := s.Attach(c.t.Context(), c.claims, c, resume)
	if err != nil {
		c.t.Fatal(err)
	}
	c.member = m
	if resume == nil {
		c.until(wire.TypeSyncResponse)
	} else {
		c.until(wire.TypeResumed)
	}
}

// detached waits until the session lets the client go, and returns why.
func (c *client) detached() error {
	c.t.Helper()
	select {
	case cause := <-c.gone:
		return cause
	case <-time.After(soon):
		c.t.Fatal("the client was not let go")
		return nil
	}
}

// next takes one message in, as a client does.
func (c *client) next() wire.Frame {
	c.t.Helper()
	var m Message
	select {
	case m = <-c.frames:
	case <-time.After(soon):
		c.t.Fatal("no frame came")
	}
	f, err := wire.DecodeFrame(m.Bytes)
	if err != nil {
		c.t.Fatal(err)
	}
	switch {
	case f.Type == wire.TypeSyncResponse:
		var r wire.SyncResponse
		c.decode(f, &r)
		c.doc = wire.NewDocument(r.Position, r.State)
		if !r.Partial && c.doc.Hash() != r.Hash {
			c.t.Fatalf("sync_response at %s: hash %s, want %s", r.Position, c.doc.Hash(), r.Hash)
		}
	case f.Type.CarriesUpdate():
		var u wire.Update
		c.decode(f, &u)
		taken, err := c.doc.Apply(u)
		if err != nil {
			c.t.Fatal(err)
		}
		if !taken {
			c.t.Fatalf("update %s came twice", u.UpdateID)
		}
		c.updates = append(c.updates, u)
	}
	return f
}

func (c *client) decode(f wire.Frame, v any) {
	c.t.Helper()
	if err := wire.DecodeData(f, v); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) until(types ...wire.Type) wire.Frame {
	c.t.Helper()
	for {
		f := c.next()
		for _, want := range types {
			if f.Type == want {
				return f
			}
		}
	}
}

func (c *client) command(n uint64, id, action string) {
	if !c.member.Command(wire.ActionDeclare{N: n, ActionID: id, Action: json.RawMessage(action)}) {
		c.t.Fatal("the inbox is full")
	}
}

// do sends a new command and returns its answer.
func (c *client) do(action string) wire.Frame {
	c.t.Helper()
	c.n++
	c.command(c.n, fmt.Sprintf("%s-%d", c.claims.Player, c.n), action)
	return c.until(wire.TypeAck, wire.TypeRefusal)
}

func (c *client) acked(action string) wire.Ack {
	c.t.Helper()
	f := c.do(action)
	var a wire.Ack
	if f.Type != wire.TypeAck {
		c.t.Fatalf("%s: %s", action, f.Data)
	}
	c.decode(f, &a)
	return a
}

func (c *client) leaf(path string) string { return string(c.doc.Get(path)) }

// fight starts the fight.
func fight(t *testing.T, gm, ann *client) {
	t.Helper()
	gm.acked(`{"type":"start_combat"}`)
	for _, c := range []*client{gm, ann} {
		c.until(wire.TypeInitiativeRoll)
	}
}

// swing lets the creature on turn attack and, unless that ended the fight, end
// its turn. It returns the first and the last acknowledgement.
func swing(t *testing.T, gm, ann *client) (first, last wire.Ack) {
	t.Helper()
	c, attack, end := ann, `{"type":"attack","attacker":"aria","target":"goblin","attack":"sword"}`, `{"type":"end_turn","creature":"aria"}`
	if gm.leaf("/combat/turn") == `"goblin"` {
		c, attack, end = gm, `{"type":"attack","attacker":"goblin","target":"aria","attack":"blade"}`, `{"type":"end_turn","creature":"goblin"}`
	}
	first = c.acked(attack)
	last = first
	catchUp(last.Version, gm, ann)
	if gm.leaf("/combat/phase") != `"over"` {
		last = c.acked(end)
		catchUp(last.Version, gm, ann)
	}
	return first, last
}

// catchUp lets clients read until they have reached a version.
func catchUp(version uint64, clients ...*client) {
	for _, c := range clients {
		for c.doc.Position().Version < version {
			c.next()
		}
	}
}

func TestPlayKeepsEveryViewInStep(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	fight(t, gm, ann)
	for range 6 {
		swing(t, gm, ann)
	}
	if hp := gm.leaf("/creatures/goblin/hp"); hp == "" {
		t.Error("the game master does not see the goblin's hit points")
	}
	if hp := ann.leaf("/creatures/goblin/hp"); hp != "" {
		t.Errorf("a player sees the goblin's hit points: %s", hp)
	}
	if ann.leaf("/creatures/goblin/health") == "" || ann.leaf("/creatures/aria/hp") == "" {
		t.Error("a player does not see the goblin's health or the own hit points")
	}
	late := newClient(t, "ann", auth.Player)
	late.attach(s)
	if late.doc.Hash() != ann.doc.Hash() {
		t.Errorf("a late client's document has hash %s, an early one's %s", late.doc.Hash(), ann.doc.Hash())
	}
}

func TestRepeatedCommandGetsItsFirstAnswer(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	first := gm.acked(`{"type":"start_combat"}`)
	gm.command(1, "gm-1", `{"type":"start_combat"}`)
	var again wire.Ack
	gm.decode(gm.until(wire.TypeAck), &again)
	if !again.Repeated || again.Position != first.Position {
		t.Errorf("answer to the repeated command: %+v, want the one at %s", again, first.Position)
	}
	tests := []struct {
		name, id, action, want string
		n                      uint64
	}{
		{"other command", "gm-x", `{"type":"start_combat"}`, wire.RefusalIDReuse, 1},
		{"other body", "gm-1", `{"type":"end_turn","creature":"goblin"}`, wire.RefusalIDReuse, 1},
		{"no counter", "gm-0", `{"type":"start_combat"}`, wire.RefusalBadCommandID, 0},
		{"no id", "", `{"type":"start_combat"}`, wire.RefusalBadCommandID, 2},
		{"not a command", "gm-2", `{"type":"fly"}`, "unknown_command", 2},
		{"not allowed now", "gm-2", `{"type":"start_combat"}`, "combat_running", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			gm.command(tt.n, tt.id, tt.action)
			var r wire.Refusal
			gm.decode(gm.until(wire.TypeRefusal), &r)
			if r.Code != tt.want {
				t.Errorf("refused with %s (%s), want %s", r.Code, r.Message, tt.want)
			}
		})
	}
	if got := last(t, m); got.Version != first.Version {
		t.Errorf("the journal ends at %s, want %s: refusals must not write", got, first.Position)
	}
}

// TestRefusedCommandStaysRefused: a second copy of a command may arrive when it
// would be allowed. Its player was told that it is not.
func TestRefusedCommandStaysRefused(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm, ann := newClient(t, "gm", auth.GameMaster), newClient(t, "ann", auth.Player)
	gm.attach(s)
	ann.attach(s)
	early := `{"type":"end_turn","creature":"goblin"}`
	refused := func() {
		t.Helper()
		var r wire.Refusal
		gm.decode(gm.until(wire.TypeRefusal), &r)
		if r.ActionID != "gm-early" || r.Code != "no_combat" {
			t.Errorf("refusal of %s with %s, want no_combat", r.ActionID, r.Code)
		}
	}
	gm.command(5, "gm-early", early)
	refused()
	for fight(t, gm, ann); gm.leaf("/combat/turn") != `"goblin"`; {
		swing(t, gm, ann)
	}
	before := last(t, m)
	gm.command(5, "gm-early", early)
	refused()
	if after := last(t, m); after != before {
		t.Errorf("the journal went on from %s to %s", before, after)
	}
	gm.command(5, "gm-new", early) // another command may have the counter
	gm.until(wire.TypeAck)
}

func last(t *testing.T, m *journal.Memory) journal.Position {
	t.Helper()
	loaded, err := m.Load(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Last()
}

func TestSupersededCommand(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	gm.n = 6
	gm.acked(`{"type":"start_combat"}`)
	gm.command(3, "gm-3", `{"type":"start_combat"}`)
	var r wire.Refusal
	gm.decode(gm.until(wire.TypeRefusal), &r)
	if r.Code != wire.RefusalSuperseded {
		t.Errorf("refused with %s, want %s", r.Code, wire.RefusalSuperseded)
	}
}

func TestRosterIsChecked(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	for want, c := range map[error]*client{ErrNotMember: newClient(t, "eve", auth.Player), ErrOtherRole: newClient(t, "ann", auth.GameMaster)} {
		if _, err := s.Attach(t.Context(), c.claims, c, nil); !errors.Is(err, want) {
			t.Errorf("%s as %s: %v, want %v", c.claims.Player, c.claims.Role, err, want)
		}
	}
	watcher := newClient(t, "eve", auth.Spectator)
	watcher.attach(s)
	watcher.n++
	watcher.command(1, "x", `{"type":"start_combat"}`)
	var r wire.Refusal
	watcher.decode(watcher.until(wire.TypeRefusal), &r)
	if r.Code != wire.RefusalForbidden {
		t.Errorf("a spectator's command is refused with %s, want %s", r.Code, wire.RefusalForbidden)
	}
}

func TestPausedSessionRefusesAndResumes(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	gm := newClient(t, "gm", auth.GameMaster)
	gm.attach(s)
	spec := duelSpec()
	for _, step := range []struct{ lifecycle, refused string }{
		{registry.LifecyclePaused, wire.RefusalPaused},
		{registry.LifecycleRunning, ""},
		{registry.LifecycleEnded, wire.RefusalEnded},
		{registry.LifecycleRunning, wire.RefusalEnded}, // Ended is final
	} {
		before := gm.doc.Position()
		spec.Lifecycle = step.lifecycle
		s.SetSpec(spec)
		if step.lifecycle != registry.LifecycleRunning || step.refused == "" {
			gm.until(wire.TypeStateUpdate)
			if got := gm.leaf(sessionPrefix + lifecycleLeaf); got != fmt.Sprintf("%q", step.lifecycle) {
				t.Errorf("lifecycle leaf after %s: %s", before, got)
			}
		}
		f := gm.do(`{"type":"start_combat"}`)
		if step.refused == "" {
			continue
		}
		var r wire.Refusal
		gm.decode(f, &r)
		if r.Code != step.refused {
			t.Errorf("%s: refused with %q, want %q", step.lifecycle, r.Code, step.refused)
		}
	}
}

func cancelled(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func TestAttachHearsItsContext(t *testing.T) {
	m := journal.NewMemory()
	s := started(t, m, m)
	s.Stop()
	<-s.Done()
	c := newClient(t, "gm", auth.GameMaster)
	if _, err := s.Attach(cancelled(t.Context()), c.claims, c, nil); !errors.Is(err, ErrStopped) {
		t.Errorf("attaching to a stopped session: %v, want %v", err, ErrStopped)
	}
}
