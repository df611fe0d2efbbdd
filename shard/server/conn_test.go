// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// metric sums the samples of a metric whose labels contain the given text.
func (sh *shard) metric(name, label string) float64 {
	t := sh.stage.t
	t.Helper()
	families, err := sh.gatherer.Gather()
	check(t, err)
	sum := 0.0
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if strings.Contains(m.String(), label) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}

// TestFramesThatAreRefused: each is told and none ends the connection.
func TestFramesThatAreRefused(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	tests := []struct {
		name  string
		begun bool
		frame string
		want  string
	}{
		{"command first", false, `{"type":"action_declare","data":{"n":1,"action_id":"x","action":{"type":"dash"}}}`, "first frame"},
		{"not JSON", false, `hello`, "bad frame"},
		{"two objects", false, `{"type":"heartbeat"}{}`, "bad frame"},
		{"unknown envelope field", false, `{"type":"heartbeat","x":1}`, "bad frame"},
		{"no type", false, `{}`, "type is missing"},
		{"deep", false, `{"type":"heartbeat","data":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, "nested"},
		{"a shard's frame", true, `{"type":"ack","data":{}}`, "not a frame that a client sends"},
		{"a peer's frame", true, `{"type":"relay_ready"}`, "not a frame that a client sends"},
		{"resume in the middle", true, `{"type":"resume","data":{"epoch":1,"version":1}}`, "comes first"},
		{"no action", true, `{"type":"action_declare","data":{"n":1,"action_id":"x"}}`, "must be an object"},
		{"action is a list", true, `{"type":"action_declare","data":{"n":1,"action_id":"x","action":[]}}`, "must be an object"},
		{"dice of one's own", true, `{"type":"action_declare","data":{"n":1,"action_id":"x","action":{"type":"dash"},"roll":20}}`, "unknown field"},
		{"counter past 2^64", true, `{"type":"action_declare","data":{"n":1e30,"action_id":"x","action":{}}}`, "bad frame"},
		{"too many paths", true, `{"type":"sync_request","data":{"paths":["/x"` + strings.Repeat(`,"/x"`, wire.MaxSyncPaths) + `]}}`, "paths are allowed"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			c := a.dial("ann", auth.Player)
			c.t = t
			defer func() { _ = c.Close() }()
			if tc.begun {
				c.say(wire.TypeSyncRequest, wire.SyncRequest{})
				c.until(wire.TypeSyncResponse)
			}
			check(t, c.WriteMessage(websocket.TextMessage, []byte(tc.frame)))
			e := decode[wire.Error](t, c.until(wire.TypeError))
			if e.Code != wire.CodeBadRequest || !strings.Contains(e.Message, tc.want) {
				t.Errorf("error %+v, want %s and %q", e, wire.CodeBadRequest, tc.want)
			}
			if !tc.begun {
				c.say(wire.TypeSyncRequest, wire.SyncRequest{})
				c.until(wire.TypeSyncResponse)
			}
			c.say(wire.TypeHeartbeat, wire.Heartbeat{})
			c.say(wire.TypeSyncRequest, wire.SyncRequest{Paths: []string{"/combat"}})
			if r := decode[wire.SyncResponse](t, c.until(wire.TypeSyncResponse)); !r.Partial || len(r.State) == 0 {
				t.Errorf("the connection does not go on as before: %+v", r)
			}
		})
	}
}

func TestClientsThatAreClosed(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	send := func(kind int, data []byte, times int) func(*socket) {
		return func(c *socket) {
			for range times {
				check(c.t, c.WriteMessage(kind, data))
			}
		}
	}
	tests := map[string]struct {
		do   func(*socket)
		want int
	}{
		"binary":        {send(websocket.BinaryMessage, []byte(`{"type":"heartbeat"}`), 1), websocket.CloseUnsupportedData},
		"not UTF-8":     {send(websocket.TextMessage, []byte("{\"type\":\"\xff\"}"), 1), websocket.CloseInvalidFramePayloadData},
		"too big":       {send(websocket.TextMessage, bytes.Repeat([]byte(" "), wire.MaxFrameBytes+1), 1), websocket.CloseMessageTooBig},
		"ten strikes":   {send(websocket.TextMessage, []byte(`{}`), maxStrikes), wire.CloseTooManyErrors},
		"not on roster": {func(c *socket) { c.say(wire.TypeSyncRequest, wire.SyncRequest{}) }, wire.CloseForbidden},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			player := "ann"
			if tc.want == wire.CloseForbidden {
				player = "eve"
			}
			c := a.dial(player, auth.Player)
			c.t = t
			tc.do(c)
			if code, _ := c.closed(); code != tc.want {
				t.Errorf("closed with %d, want %d", code, tc.want)
			}
		})
	}
}

// TestClosedClientIsNotHeard: a client whose token has expired does not answer
// the close and goes on sending.
func TestClosedClientIsNotHeard(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	c := a.dialWith(st.token("gm", auth.GameMaster, time.Now().Add(4*time.Second))) // it is in by then
	c.say(wire.TypeSyncRequest, wire.SyncRequest{})
	c.until(wire.TypeSyncResponse)
	st.await("the token to expire", func() bool { return a.metric("gamesession_closes_total", "4001") == 1 })
	c.n = 0
	for range 5 {
		c.declare(`{"type":"start_combat"}`)
		check(t, c.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second)))
	}
	if code, seen := c.closed(); code != wire.CloseTokenExpired || len(seen) > 0 {
		t.Errorf("closed with %d after %v, want %d after nothing", code, seen, wire.CloseTokenExpired)
	}
	st.await("the connection to end", func() bool { return a.Sockets() == 0 })
	loaded, err := st.log.Load(t.Context(), testSession)
	check(t, err)
	if got := loaded.Last(); got.Version != 1 {
		t.Errorf("the journal ends at %s: a command was taken from a client that had been closed", got)
	}
}

func TestOutboxBounds(t *testing.T) {
	frame := func(n int) []byte { return make([]byte, n) }
	tests := map[string]struct {
		queued [][]byte
		next   []byte
		want   bool
	}{
		"empty":                  {nil, frame(1), true},
		"empty, past the bytes":  {nil, frame(2 * outboxBytes), true},
		"last frame":             {copies(outboxFrames-1, frame(1)), frame(1), true},
		"one frame too many":     {copies(outboxFrames, frame(1)), frame(1), false},
		"last byte":              {[][]byte{frame(outboxBytes - 1)}, frame(1), true},
		"one byte too many":      {[][]byte{frame(outboxBytes)}, frame(1), false},
		"behind an oversize one": {[][]byte{frame(2 * outboxBytes)}, frame(1), false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := newOutbox(nil) // never flushed: there is no socket
			for _, f := range tc.queued {
				if !o.put(f) {
					t.Fatal("the queue is full too early")
				}
			}
			if got := o.put(tc.next); got != tc.want {
				t.Errorf("taken: %t, want %t", got, tc.want)
			}
			if n := o.frames; n != len(tc.queued) && n != len(tc.queued)+1 {
				t.Errorf("%d frames queued", n)
			}
			o.release()
			if !o.put(tc.next) {
				t.Error("an empty queue refuses")
			}
		})
	}
}

func copies(n int, frame []byte) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = frame
	}
	return out
}

func TestPendingCommands(t *testing.T) {
	d := func(n uint64, id string) wire.ActionDeclare {
		return wire.ActionDeclare{N: n, ActionID: id, Action: json.RawMessage(`{}`)}
	}
	var p pending
	steps := []struct {
		name        string
		d           wire.ActionDeclare
		fresh, room bool
	}{
		{"first", d(1, "a"), true, true},
		{"second", d(2, "b"), true, true},
		{"first again", d(1, "a"), false, true},
		{"another by its counter", d(1, "c"), true, true},
	}
	for _, tc := range steps {
		if fresh, room := p.add(tc.d); fresh != tc.fresh || room != tc.room {
			t.Errorf("%s: fresh %t, room %t", tc.name, fresh, room)
		}
	}
	for n := uint64(3); n <= pendingMax; n++ {
		p.add(d(n, "x"))
	}
	if _, room := p.add(d(99, "x")); room {
		t.Error("room for one more than the bound")
	}
	if _, room := p.add(d(2, "b")); !room {
		t.Error("no room for one that is there")
	}
	p.answered(2)
	p.answered(77)
	var order []uint64
	for _, c := range p.list[:3] {
		order = append(order, c.N)
	}
	if diff := cmp.Diff([]uint64{1, 3, 4}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// mute is a target that answers nothing.
type mute struct {
	commands []uint64
	syncs    [][]string
	said     []session.Saying
}

func (m *mute) command(d wire.ActionDeclare) bool  { m.commands = append(m.commands, d.N); return true }
func (m *mute) sync(paths []string)                { m.syncs = append(m.syncs, paths) }
func (m *mute) say(_ wire.Frame, s session.Saying) { m.said = append(m.said, s) }
func (m *mute) watch()                             {}

func ask(t *testing.T, c *conn, paths ...string) {
	t.Helper()
	f, err := wire.DecodeFrame(wire.Encode(wire.TypeSyncRequest, wire.SyncRequest{Paths: paths}))
	check(t, err)
	check(t, c.requestSync(f))
}

func unconnected(t *testing.T) *conn {
	st := newStage(t)
	c := &conn{srv: st.start("a").Server, id: testSession}
	c.init()
	c.out = newOutbox(nil)
	c.out.writing = true // as if a slow client were written to: frames stay
	c.started = true
	return c
}

// TestLostSyncIsAskedForAgain: the target goes away with a client's question.
func TestLostSyncIsAskedForAgain(t *testing.T) {
	c := unconnected(t)
	at := wire.Position{Epoch: 1, Version: 5}
	c.forward(wire.TypeStateUpdate, []byte("{}"), at, 0)
	ask(t, c, "/early") // between two owners: it waits
	m := &mute{}
	c.attached(m)
	if diff := cmp.Diff([][]string{{"/early"}}, m.syncs); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	ask(t, c, "/combat")
	if r := c.position(nil); r == nil || r.Position != at {
		t.Errorf("resumes from %+v, want %s: a part was asked for, the chain goes on", r, at)
	}
	ask(t, c)
	c.detached()
	if r := c.position(nil); r != nil {
		t.Errorf("resumes from %+v, want a sync", r)
	}
	c.forward(wire.TypeSyncResponse, []byte("{}"), wire.Position{Epoch: 2, Version: 9}, 0)
	if r := c.position(nil); r == nil || r.Version != 9 {
		t.Errorf("resumes from %+v, want version 9", r)
	}
}

// TestCommandIsPassedOnOnce: a client that sends again what is under way must not
// get two answers; another target gets all that have none, in order.
func TestCommandIsPassedOnOnce(t *testing.T) {
	c := unconnected(t)
	declare := func(n uint64) {
		check(t, c.declare(wire.ActionDeclare{N: n, ActionID: "x", Action: json.RawMessage(`{}`)}))
	}
	first, second := &mute{}, &mute{}
	declare(1)
	c.attached(first)
	declare(2)
	declare(1)
	declare(2)
	c.forward(wire.TypeAck, []byte("{}"), wire.Position{}, 1)
	c.detached()
	declare(3)
	c.attached(second)
	if diff := cmp.Diff([][]uint64{{1, 2}, {2, 3}}, [][]uint64{first.commands, second.commands}); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
	c.detached()
	ask(t, c, "/combat")
	c.setLost()
	ask(t, c, "/combat")
	if n := c.out.frames; n != 5 {
		t.Errorf("%d frames, want the answer, and two commands and two questions refused", n)
	}
	declare(4)
	if len(c.pending.list) > 0 {
		t.Errorf("kept without anybody to pass them on to: %v", c.pending.list)
	}
}

// TestCommandWithoutCounter is refused each time, though nothing tells it from others.
func TestCommandWithoutCounter(t *testing.T) {
	c, to := unconnected(t), &mute{}
	c.attached(to)
	for n := 1; n <= 2; n++ {
		check(t, c.declare(wire.ActionDeclare{ActionID: "x", Action: json.RawMessage(`{}`)}))
		if c.out.frames != n || len(to.commands) > 0 || len(c.pending.list) > 0 {
			t.Errorf("%d refused, %d passed on, %d kept; want %d, 0, 0", c.out.frames, len(to.commands), len(c.pending.list), n)
		}
	}
}

func TestRosterChangeClosesTheConnection(t *testing.T) {
	st := newStage(t, "a", "b")
	s := st.shards["a"].create()
	near, far := st.shards["a"].player("ann", auth.Player), st.shards["b"].player("ann", auth.Player)
	spec := duel()
	spec.Players = nil
	s.SetSpec(spec)
	for _, c := range []*socket{near, far} {
		if code, _ := c.closed(); code != wire.CloseForbidden {
			t.Errorf("closed with %d, want %d", code, wire.CloseForbidden)
		}
	}
}

// TestWhoMayNotComeIn hears so by the close alone: an error in place of the first
// answer says "come back later".
func TestWhoMayNotComeIn(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create()
	for _, door := range []string{"a", "b"} {
		eve := st.shards[door].dial("eve", auth.Player)
		eve.say(wire.TypeSyncRequest, wire.SyncRequest{})
		code, seen := eve.closed()
		if code != wire.CloseForbidden || len(seen) != 1 || seen[0].Type != wire.TypeConnectionEstablished {
			t.Errorf("through %s: closed with %d behind %s", door, code, seen)
		}
	}
}

func TestDeletedSessionClosesItsClients(t *testing.T) {
	st := newStage(t, "a", "b")
	s := st.shards["a"].create()
	near, far := st.shards["a"].player("ann", auth.Player), st.shards["b"].player("ann", auth.Player)
	check(t, st.log.Forget(t.Context(), testSession, 9))
	s.Forget()
	for _, c := range []*socket{near, far} {
		if code, _ := c.closed(); code != wire.CloseSessionEnded {
			t.Errorf("closed with %d, want %d", code, wire.CloseSessionEnded)
		}
	}
}

func TestCloseAll(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	c := a.player("ann", auth.Player)
	done := make(chan int, 1)
	go func() { code, _ := c.closed(); done <- code }()
	a.CloseAll(t.Context(), 10*time.Millisecond)
	if code := <-done; code != websocket.CloseServiceRestart {
		t.Errorf("closed with %d, want %d", code, websocket.CloseServiceRestart)
	}
	if n := a.Sockets(); n != 0 {
		st.await("the connection to be counted out", func() bool { return a.Sockets() == 0 })
	}
}

// TestResumeOfAll that a session keeps at hand: more than a client may lag behind,
// at the owner and by a relay.
func TestResumeOfAll(t *testing.T) {
	st := newStage(t, "a", "b")
	a := st.shards["a"]
	a.create()
	gm := a.player("gm", auth.GameMaster)
	const missed = 1000
	gm.declare(`{"type":"start_combat"}`)
	first := decode[wire.Ack](t, gm.until(wire.TypeAck)).Position
	for i := range missed {
		gm.declare(fmt.Sprintf(`{"type":"set_hp","creature":"aria","hp":%d}`, 1+i%50))
		gm.until(wire.TypeAck)
	}
	for name, sh := range st.shards {
		t.Run(name, func(t *testing.T) {
			c := sh.dial("ann", auth.Player)
			c.t = t
			c.say(wire.TypeResume, wire.Resume{Position: first})
			for next := first.Version + 1; next <= first.Version+missed; next++ {
				f := c.until(wire.TypeStateUpdate, wire.TypeActionResolve, wire.TypeHistoryLost)
				if got := decode[wire.Update](t, f).Version; f.Type == wire.TypeHistoryLost || got != next {
					t.Fatalf("%s of version %d, want an update to %d", f.Type, got, next)
				}
			}
		})
	}
}
