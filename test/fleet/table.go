// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// skirmish is a fight that a game master alone keeps going: two creatures that
// stand side by side.
const skirmish = `{
  "map": {"width": 6, "height": 6},
  "combatants": [
    {"id": "ogre", "name": "Ogre", "side": "ogres", "controller": "gm", "position": [1, 1], "ac": 11, "maxHP": 400, "speed": 30, "dexterity": 8,
     "attacks": [{"id": "hit", "name": "Club", "kind": "melee", "attackBonus": 6, "reach": 5, "damage": [{"dice": "2d8+4", "type": "bludgeoning"}]}]},
    {"id": "troll", "name": "Troll", "side": "trolls", "controller": "gm", "position": [2, 1], "ac": 15, "maxHP": 400, "speed": 30, "dexterity": 13,
     "attacks": [{"id": "hit", "name": "Claw", "kind": "melee", "attackBonus": 7, "reach": 5, "damage": [{"dice": "1d6+4", "type": "slashing"}]}]}
  ]
}`

// Table is a session that is being played: a game master who acts as fast as
// answers come, or at a pace, and a player who watches.
type Table struct {
	fleet *Fleet
	id    string
	gm    *client.Client
	ann   *client.Client
	stop  context.CancelFunc
	done  sync.WaitGroup
	pace  atomic.Int64 // nanoseconds from one command to the next

	mu     sync.Mutex
	acks   []client.Answer
	signs  map[uint64]time.Time // when the game master first heard of an epoch
	faults []string
}

// Play begins to play a session, the two clients through the given shards.
func (f *Fleet) Play(id string, gm, ann *Shard, follow bool) *Table {
	f.t.Helper()
	return f.PlayAs(id, gm, ann, client.Options{FollowMoves: follow})
}

// PlayAs is Play with clients that behave as the options say.
func (f *Fleet) PlayAs(id string, gm, ann *Shard, opts client.Options) *Table {
	f.t.Helper()
	t := &Table{fleet: f, id: id, signs: map[uint64]time.Time{}}
	opts.Observe = func(e client.Event) { t.sign(e); t.observe(e) }
	t.gm = f.Dial(id, "gm", auth.GameMaster, gm, opts)
	opts.Observe = t.observe
	t.ann = f.Dial(id, "ann", auth.Player, ann, opts)
	ctx, cancel := context.WithCancel(f.t.Context())
	t.stop = cancel
	t.done.Go(func() { t.act(ctx) })
	return t
}

func (t *Table) observe(e client.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := e.(type) {
	case client.Answered: // the game master's: nobody else acts
		if e.Refusal == nil {
			t.acks = append(t.acks, e.Answer)
		}
	case client.Fault:
		t.faults = append(t.faults, e.Err.Error())
	case client.HistoryLost:
		t.faults = append(t.faults, "history lost: "+e.Reason)
	}
}

// act plays both sides until ctx ends, and then waits for the last answer: a
// command that is under way would change what Finish looks at.
func (t *Table) act(ctx context.Context) {
	next := time.Now()
	for t.await(ctx, &next) {
		answered, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		_, err := t.gm.Do(answered, t.choose())
		cancel()
		if err != nil {
			return
		}
	}
}

// choose picks what is next by the view: start a fight, hit, or end the turn.
func (t *Table) choose() map[string]any {
	leaf := func(path string) (text string) {
		t.gm.View(func(d *wire.Document) { _ = json.Unmarshal(d.Get(path), &text) })
		return text
	}
	turn := leaf("/combat/turn")
	if leaf("/combat/phase") != "fighting" || turn == "" {
		return map[string]any{"type": "start_combat"}
	}
	other := "ogre"
	if turn == "ogre" {
		other = "troll"
	}
	canAct := false
	t.gm.View(func(d *wire.Document) { canAct = string(d.Get("/combat/action")) == "true" })
	if canAct {
		return map[string]any{"type": "attack", "attacker": turn, "target": other, "attack": "hit"}
	}
	return map[string]any{"type": "end_turn", "creature": turn}
}

// Acked returns how many commands were acknowledged so far.
func (t *Table) Acked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.acks)
}

// AwaitProgress waits until n more commands are acknowledged.
func (t *Table) AwaitProgress(n int) {
	t.fleet.t.Helper()
	from := t.Acked()
	t.fleet.Await("session "+t.id+" to go on", func() bool { return t.Acked() >= from+n })
}

// Finish stops playing and judges: every acknowledged command once in the
// journal, at the position that was acknowledged; both clients have what the
// journal gives; nobody saw a hole, a repetition or a lost history.
func (t *Table) Finish() {
	tb := t.fleet.t
	tb.Helper()
	t.stop()
	t.done.Wait()
	t.mu.Lock()
	acks, faults := t.acks, t.faults
	t.mu.Unlock()
	for _, fault := range faults {
		tb.Errorf("session %s: %s", t.id, fault)
	}
	if len(acks) == 0 {
		tb.Fatalf("session %s: nothing was acknowledged", t.id)
	}
	loaded, err := t.fleet.Log.Load(tb.Context(), t.id)
	check(tb, err)
	r, err := session.NewReplay(t.id, loaded)
	check(tb, err)
	first := r.Position()
	held := map[string][]journal.Position{}
	for more := true; more; {
		var c *session.Command
		c, more, err = r.Next()
		check(tb, err)
		if c != nil {
			held[c.ActionID] = append(held[c.ActionID], c.Position)
		}
	}
	compared := 0
	for _, a := range acks {
		if a.Position.Version <= first.Version {
			continue // folded into the snapshot
		}
		compared++
		if at := held[a.ActionID]; len(at) != 1 || at[0] != journal.Position(a.Position) {
			tb.Errorf("session %s: command %s was acknowledged at %s, the journal has it at %v", t.id, a.ActionID, a.Position, at)
		}
	}
	if compared == 0 {
		tb.Errorf("session %s: no acknowledged command could be looked up", t.id)
	}
	t.compareViews(r)
	tb.Logf("session %s: %d acknowledged, %d looked up, journal ends at %s", t.id, len(acks), compared, r.Position())
}

func (t *Table) compareViews(r *session.Replay) {
	t.fleet.t.Helper()
	for view, c := range map[rules.View]*client.Client{rules.ViewGM: t.gm, rules.ViewTable: t.ann} {
		t.fleet.compareView(t.id, r, view, c)
	}
}

// compareView judges a client at the end of a replay: it has what the journal gives,
// and saw no hole, no repetition and no lost history.
func (f *Fleet) compareView(id string, r *session.Replay, view rules.View, c *client.Client) {
	f.t.Helper()
	want := r.ViewHash(view)
	// The last entries may still be on their way to the client, and the very
	// last may be one that clients do not see.
	deadline := time.Now().Add(patience)
	var hash string
	for hash != want && time.Now().Before(deadline) {
		c.View(func(d *wire.Document) { hash = d.Hash() })
		time.Sleep(5 * time.Millisecond)
	}
	if hash != want {
		f.t.Errorf("session %s: %s has a view with hash %s, the journal gives %s at %s", id, view, hash, want, r.Position())
	}
	if s := c.Stats(); s.Holes+s.Diverged+s.HistoryLost > 0 {
		f.t.Errorf("session %s: %s saw %d holes, %d divergences, %d lost histories", id, view, s.Holes, s.Diverged, s.HistoryLost)
	}
}
