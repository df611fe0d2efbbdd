// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// watcher keeps a document from what a client gets, and counts frames by type.
type watcher struct {
	*socket
	mu     sync.Mutex
	doc    *wire.Document
	counts map[wire.Type]int
	acks   []wire.Ack
	moved  []wire.Moved
	fault  error
}

// watch connects a client and takes in everything until the connection ends.
func (sh *shard) watch(player string, role auth.Role) *watcher {
	t := sh.stage.t
	t.Helper()
	w := &watcher{socket: sh.dial(player, role), counts: map[wire.Type]int{}}
	w.say(wire.TypeSyncRequest, wire.SyncRequest{})
	r := decode[wire.SyncResponse](t, w.until(wire.TypeSyncResponse))
	w.doc = wire.NewDocument(r.Position, r.State)
	var reading sync.WaitGroup
	reading.Go(func() {
		for {
			_, message, err := w.ReadMessage()
			if err != nil {
				return
			}
			w.take(message)
		}
	})
	t.Cleanup(func() { _ = w.Close(); reading.Wait() })
	return w
}

func (w *watcher) take(message []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, err := wire.DecodeFrame(message)
	if err == nil {
		w.counts[f.Type]++
		err = w.read(f)
	}
	if err != nil && w.fault == nil {
		w.fault = err
	}
}

func (w *watcher) read(f wire.Frame) error {
	switch {
	case f.Type == wire.TypeAck:
		var a wire.Ack
		err := wire.DecodeData(f, &a)
		w.acks = append(w.acks, a)
		return err
	case f.Type == wire.TypeMoved:
		var m wire.Moved
		err := wire.DecodeData(f, &m)
		w.moved = append(w.moved, m)
		return err
	case f.Type.CarriesUpdate():
		var u wire.Update
		if err := wire.DecodeData(f, &u); err != nil {
			return err
		}
		taken, err := w.doc.Apply(u)
		if err == nil && !taken {
			w.counts["twice"]++
		}
		return err
	}
	return nil
}

// at returns the version that the client's document has reached.
func (w *watcher) at() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.doc.Position().Version
}

// judge says what a client must not have seen: a hole, a repetition, the answer
// to a resume of the shard's own.
func (w *watcher) judge(who string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fault != nil {
		w.t.Errorf("%s: %v", who, w.fault)
	}
	for _, typ := range []wire.Type{"twice", wire.TypeResumed, wire.TypeHistoryLost, wire.TypeSyncResponse, typeRelayAhead} {
		if n := w.counts[typ]; n > 0 {
			w.t.Errorf("%s got %d × %s", who, n, typ)
		}
	}
}

// TestHandoffUnderEveryKindOfClient: one on the source, one on the target, one on
// a shard that has nothing to do with it.
func TestHandoffUnderEveryKindOfClient(t *testing.T) {
	st := newStage(t, "a", "b", "c")
	a, b, c := st.shards["a"], st.shards["b"], st.shards["c"]
	a.create()
	clients := map[string]*watcher{
		"at the source": a.watch("gm", auth.GameMaster), "at the target": b.watch("ann", auth.Player), "elsewhere": c.watch("eve", auth.Spectator),
	}
	gm := clients["at the source"]
	play := func(action string) wire.Ack {
		t.Helper()
		n := len(gm.snapshotAcks())
		gm.declare(action)
		st.await("an acknowledgement", func() bool { return len(gm.snapshotAcks()) > n })
		ack := gm.snapshotAcks()[n]
		for who, w := range clients {
			st.await(who+" to have it", func() bool { return w.at() == ack.Version })
		}
		return ack
	}
	play(`{"type":"start_combat"}`)
	epoch := uint64(1)
	for _, move := range []struct{ from, to *shard }{{a, b}, {b, c}, {c, a}} {
		epoch++
		st.handoff(move.from, move.to, epoch)
		if ack := play(gm.endTurn()); ack.Epoch != epoch {
			t.Errorf("acknowledged at %s, want epoch %d", ack.Position, epoch)
		}
	}
	for who, w := range clients {
		w.judge(who)
	}
	// Told once that it has a new home. A client that is relayed anyway stays, and
	// one that the session comes to has nowhere to go.
	told := map[string][]string{}
	for who, w := range clients {
		w.mu.Lock()
		for _, m := range w.moved {
			told[who] = append(told[who], m.Shard+" "+m.URL)
		}
		w.mu.Unlock()
	}
	want := map[string][]string{
		"at the source": {"b ../../../../s/b" + clientPath},
		"at the target": {"c ../../../../s/c" + clientPath},
		"elsewhere":     {"a ../../../../s/a" + clientPath},
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
}

func (w *watcher) snapshotAcks() []wire.Ack {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]wire.Ack(nil), w.acks...)
}

// endTurn is the command that the game master can always give in a fight.
func (w *watcher) endTurn() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return `{"type":"end_turn","creature":` + string(w.doc.Get("/combat/turn")) + `}`
}

// TestCommandsOfTheFreezeAreAnsweredByTheNextOwner, once each and in order.
func TestCommandsOfTheFreezeAreAnsweredByTheNextOwner(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	source := a.create()
	gm := a.watch("gm", auth.GameMaster)
	check(t, st.log.Assign(t.Context(), journal.Assignment{Session: testSession, Epoch: 2, Shard: "b", From: "a", Pool: "ns.pool", Mode: journal.ModeHandoff}))
	standby := b.Standby(duel(), 2, "a")
	check(t, source.Handoff(t.Context(), "b", 2))
	const commands = 8
	for range commands {
		gm.declare(`{"type":"start_combat"}`)
	}
	b.Expect(true)
	next, err := standby.Run(t.Context())
	check(t, err)
	b.Adopt(next)
	st.await("every answer", func() bool {
		gm.mu.Lock()
		defer gm.mu.Unlock()
		return gm.counts[wire.TypeAck]+gm.counts[wire.TypeRefusal] == commands
	})
	acks := gm.snapshotAcks()
	if len(acks) != 1 || acks[0].N != 1 || acks[0].Epoch != 2 {
		t.Errorf("acknowledged %+v, want the first command alone, at epoch 2", acks)
	}
	gm.judge("the client")
}

// TestSilentOwner: the owner's host is cut off without a word. Its session is
// taken over elsewhere, and clients that are relayed to it must not wait for a
// timeout of TCP or WebSocket.
func TestSilentOwner(t *testing.T) {
	st := newStage(t, "a", "b", "c")
	a, b, c := st.shards["a"], st.shards["b"], st.shards["c"]
	a.create()
	cut := st.wire(a)
	gm := b.watch("gm", auth.GameMaster)
	gm.declare(`{"type":"start_combat"}`)
	st.await("an acknowledgement and its update", func() bool { return len(gm.snapshotAcks()) == 1 && gm.at() == 2 })
	cut()
	gm.declare(gm.endTurn()) // into the void
	begun := time.Now()
	c.Seize(duel(), 2)
	st.await("an acknowledgement by the next owner", func() bool { return len(gm.snapshotAcks()) == 2 })
	if waited := time.Since(begun); waited > usualPace.idle/2 {
		t.Errorf("it took %s", waited)
	}
	gm.judge("the client")
}

// wire puts a wire between the other shards and one, and returns what cuts it:
// connections stay, nothing passes.
func (st *stage) wire(sh *shard) (cut func()) {
	t := st.t
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	direct := strings.TrimPrefix(sh.http.URL, "http://")
	var open sync.WaitGroup
	ctx, end := context.WithCancel(context.Background())
	silent, silence := context.WithCancel(context.Background())
	pass := func(to, from net.Conn) {
		defer func() { _ = to.Close() }()
		stop := context.AfterFunc(ctx, func() { _ = from.Close() })
		defer stop()
		buffer := make([]byte, 4096)
		for {
			n, err := from.Read(buffer)
			if err != nil {
				return
			}
			if silent.Err() != nil {
				<-ctx.Done()
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
	open.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", direct)
			if err != nil {
				_ = in.Close()
				continue
			}
			open.Go(func() { pass(out, in) })
			open.Go(func() { pass(in, out) })
		}
	})
	t.Cleanup(func() { silence(); end(); _ = l.Close(); open.Wait() })
	st.mu.Lock()
	defer st.mu.Unlock()
	st.addresses[sh.name] = "http://" + l.Addr().String()
	return silence
}

// TestRelayWaitsForASessionOnItsWay: the directory names the target a moment
// before the target has the session.
func TestRelayWaitsForASessionOnItsWay(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create()
	client := b.dial("ann", auth.Player)
	first, _ := a.Session(testSession)
	first.Stop()
	<-first.Done()
	st.await("it to be gone", func() bool { _, here := a.Session(testSession); return !here })
	a.Expect(true)
	client.say(wire.TypeSyncRequest, wire.SyncRequest{})
	st.await("the relay to wait at the owner", func() bool { return a.metric("gamesession_connections", "") == 1 })
	a.Seize(duel(), 2)
	client.until(wire.TypeSyncResponse)
}

// TestNobodyOwnsIt: commands are answered with a code that says "again".
func TestNobodyOwnsIt(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	s := a.create()
	gm := b.player("gm", auth.GameMaster)
	s.Stop()
	<-s.Done()
	gm.declare(`{"type":"start_combat"}`)
	r := decode[wire.Refusal](t, gm.until(wire.TypeRefusal))
	if r.Code != wire.RefusalUnavailable || !r.Retry {
		t.Errorf("refused with %+v, want a retryable %s", r, wire.RefusalUnavailable)
	}
	gm.say(wire.TypeSyncRequest, wire.SyncRequest{})
	if e := decode[wire.Error](t, gm.until(wire.TypeError)); e.Code != wire.CodeNoOwner {
		t.Errorf("sync answered with %+v, want %s", e, wire.CodeNoOwner)
	}
	a.Seize(duel(), 2)
	// Whoever was told to wait is told that it need not any longer.
	if r := decode[wire.Resumed](t, gm.until(wire.TypeResumed)); r.Current.Epoch != 2 {
		t.Errorf("resumed with the session at %s, want epoch 2", r.Current)
	}
	gm.n = 0
	gm.acked(`{"type":"start_combat"}`)
}

func TestPeersAsk(t *testing.T) {
	st := newStage(t, "a", "b")
	p := NewPeers(st.shards["a"].Server)
	tests := map[string]struct {
		shard, id string
		epoch     uint64
		ok        bool
	}{
		"follows":        {"b", testSession, 2, true},
		"other epoch":    {"b", testSession, 3, false},
		"other session":  {"b", "other", 2, false},
		"no such shard":  {"x", testSession, 2, false},
		"nobody listens": {"gone", testSession, 2, false},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	st.addresses["gone"] = "http://" + l.Addr().String()
	check(t, l.Close())
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if err := p.AwaitStandby(t.Context(), tc.shard, tc.id, tc.epoch); (err == nil) != tc.ok {
				t.Errorf("%v", err)
			}
		})
	}
}
