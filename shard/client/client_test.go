// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

func TestSyncThenPlay(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	if got, want := p.request.URL.Path, "/api/v2/sessions/s1/ws"; got != want {
		t.Errorf("path = %s, want %s", got, want)
	}
	if got := p.request.Header.Get(wire.TokenHeader); got != "token" {
		t.Errorf("token = %q", got)
	}
	answers := pl.do(`{"type":"dash"}`)
	declared := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if declared.N != 1 || declared.ActionID == "" || string(declared.Action) != `{"type":"dash"}` {
		t.Errorf("declared %+v", declared)
	}
	u := s.step(1)
	p.send(wire.TypeAck, wire.Ack{N: 1, ActionID: declared.ActionID, Position: u.Position})
	p.send(wire.TypeStateUpdate, u)
	if a := pl.answer(answers); a.Refusal != nil || a.Position != u.Position || a.Sends != 1 || a.Received.Before(a.Declared) {
		t.Errorf("answer = %+v", a)
	}
	if got := await[Applied](pl); got.Update.Position != u.Position || got.Type != wire.TypeStateUpdate {
		t.Errorf("applied %+v", got)
	}
	pl.View(func(doc *wire.Document) {
		if doc.Hash() != s.doc.Hash() {
			t.Errorf("hash = %s, want %s", doc.Hash(), s.doc.Hash())
		}
	})
}

func TestCountsOnFromLastN(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	p.close(websocket.CloseServiceRestart)
	p = d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position(), LastN: 41})
	pl.do(`{}`)
	if got := expect[wire.ActionDeclare](p, wire.TypeActionDeclare).N; got != 42 {
		t.Errorf("n = %d, want 42", got)
	}
}

// TestCutResumesAndResendsInOrder: two commands are on their way when the
// connection is cut; one of them had been applied.
func TestCutResumesAndResendsInOrder(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	first := pl.do(`{"type":"a"}`)
	a := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	second := pl.do(`{"type":"b"}`)
	b := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	before := s.doc.Position()
	_ = p.ws.Close()
	if got := await[Closed](pl); got.Code != websocket.CloseAbnormalClosure || !got.WasLive {
		t.Errorf("closed %+v", got)
	}
	third := pl.do(`{"type":"c"}`)

	p = d.accept(t)
	p.hello()
	resume := expect[wire.Resume](p, wire.TypeResume)
	if resume.Position != before || resume.Hash != s.doc.Hash() {
		t.Errorf("resume = %+v, want %s %s", resume, before, s.doc.Hash())
	}
	missed := s.step(1)
	p.send(wire.TypeResumed, wire.Resumed{Position: before, Current: missed.Position, LastN: 1})
	p.send(wire.TypeActionResolve, missed)
	again := []wire.ActionDeclare{
		expect[wire.ActionDeclare](p, wire.TypeActionDeclare),
		expect[wire.ActionDeclare](p, wire.TypeActionDeclare),
	}
	if diff := cmp.Diff([]wire.ActionDeclare{a, b}, again); diff != "" {
		t.Errorf("resent (-want +got):\n%s", diff)
	}
	c := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if c.N != 3 {
		t.Errorf("the new command has n = %d, want 3", c.N)
	}
	p.send(wire.TypeAck, wire.Ack{N: 1, ActionID: a.ActionID, Position: missed.Position, Repeated: true})
	u := s.step(1)
	p.send(wire.TypeAck, wire.Ack{N: 2, ActionID: b.ActionID, Position: u.Position})
	p.send(wire.TypeRefusal, wire.Refusal{N: 3, ActionID: c.ActionID, Code: "not_your_turn"})
	if got := pl.answer(first); !got.Repeated || got.Sends != 2 || got.Position != missed.Position {
		t.Errorf("first answer = %+v", got)
	}
	if got := pl.answer(second); got.Position != u.Position {
		t.Errorf("second answer = %+v", got)
	}
	if got := pl.answer(third); got.Refusal == nil || got.Refusal.Code != "not_your_turn" {
		t.Errorf("third answer = %+v", got)
	}
	if got := pl.Stats(); got.Resumes != 1 || got.Reconnects != 1 || got.Resent != 2 || got.Syncs != 1 || got.Closes[1006] != 1 {
		t.Errorf("stats = %+v", got)
	}
}

func TestRetriedRefusalIsNoAnswer(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	answers := pl.do(`{}`)
	for range 3 {
		c := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
		if c.N != 1 {
			t.Errorf("n = %d, want 1", c.N)
		}
		p.send(wire.TypeRefusal, wire.Refusal{N: c.N, ActionID: c.ActionID, Code: wire.RefusalUnavailable, Retry: true})
	}
	c := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	p.send(wire.TypeAck, wire.Ack{N: c.N, ActionID: c.ActionID, Position: s.step(1).Position})
	if got := pl.answer(answers); got.Refusal != nil || got.Sends != 4 {
		t.Errorf("answer = %+v", got)
	}
}

// TestWaitsAsLongAsTheShardAsks, though the answer is overdue meanwhile.
func TestWaitsAsLongAsTheShardAsks(t *testing.T) {
	c := &Client{opts: Options{}.withDefaults()}
	c.pending.add(&command{declare: wire.ActionDeclare{N: 1, ActionID: "x"}, sends: 1, lastSent: time.Now().Add(-time.Hour)})
	asked := time.Now().Add(time.Minute)
	c.refused(&wire.Refusal{N: 1, ActionID: "x", Code: wire.RefusalRateLimited, Retry: true, Details: map[string]any{"retry_after_ms": 60_000.0}})
	if at := c.flushAt(); at.Before(asked) {
		t.Errorf("commands go out again at %s, %s too early", at, asked.Sub(at))
	}
}

// TestResumedEndsTheWait: whoever was asked often to wait waits long; that there
// is an owner again ends it.
func TestResumedEndsTheWait(t *testing.T) {
	l := &link{live: true, out: make(chan []byte, 1)}
	c := &Client{primary: l, holdTo: time.Now().Add(time.Hour), doc: new(wire.Document)}
	c.pending.add(&command{declare: wire.ActionDeclare{N: 1}, sends: 6})
	c.flush(true)
	if len(l.out) > 0 {
		t.Fatal("it does not wait")
	}
	c.resumed(l, &wire.Resumed{})
	if len(l.out) != 1 {
		t.Error("it still waits")
	}
}

func TestUnansweredIsSentAgain(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, func(o *Options) { o.AnswerTimeout = 20 * time.Millisecond })
	pl.do(`{}`)
	first := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if diff := cmp.Diff(first, expect[wire.ActionDeclare](p, wire.TypeActionDeclare)); diff != "" {
		t.Errorf("sent again (-want +got):\n%s", diff)
	}
}

func TestTooManyPending(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, func(o *Options) { o.MaxPending = 1 })
	pl.do(`{}`)
	expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	if _, err := pl.Do(t.Context(), json.RawMessage(`{}`)); !errors.Is(err, ErrTooManyPending) {
		t.Errorf("Do = %v, want %v", err, ErrTooManyPending)
	}
}

func TestHoleAsksForSync(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	s.step(1)
	for range 2 { // the second one is passed over: a sync is on its way
		p.send(wire.TypeStateUpdate, s.step(1))
	}
	if got := await[Fault](pl); !errors.Is(got.Err, wire.ErrHole) {
		t.Errorf("fault = %v, want %v", got.Err, wire.ErrHole)
	}
	expect[wire.SyncRequest](p, wire.TypeSyncRequest)
	p.send(wire.TypeSyncResponse, s.sync(0))
	p.send(wire.TypeStateUpdate, s.step(1))
	await[Applied](pl)
	if got := pl.Stats(); got.Holes != 1 || got.Syncs != 2 {
		t.Errorf("stats = %+v", got)
	}
	if pl.Position() != s.doc.Position() {
		t.Errorf("position = %s, want %s", pl.Position(), s.doc.Position())
	}
}

func TestDivergedAsksForSync(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	u := s.step(1)
	u.Hash = "0000000000000000"
	p.send(wire.TypeStateUpdate, u)
	if got := await[Fault](pl); !errors.Is(got.Err, wire.ErrDiverged) {
		t.Errorf("fault = %v, want %v", got.Err, wire.ErrDiverged)
	}
	expect[wire.SyncRequest](p, wire.TypeSyncRequest)
}

func TestHistoryLostTakesTheSync(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	ahead := s.step(1)
	p.send(wire.TypeStateUpdate, ahead)
	await[Applied](pl)
	p.close(wire.CloseDemoted)
	p = d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	other := newSession() // whose history ends before what the client has seen
	p.send(wire.TypeHistoryLost, wire.HistoryLost{Position: ahead.Position, Reason: wire.ReasonNotInHistory})
	p.send(wire.TypeSyncResponse, other.sync(0))
	if got := await[HistoryLost](pl); got.Reason != wire.ReasonNotInHistory {
		t.Errorf("reason = %q", got.Reason)
	}
	if got := await[Synced](pl); !got.Lost || got.Before != ahead.Position || got.Position != other.doc.Position() {
		t.Errorf("synced = %+v", got)
	}
}

// TestShardThatIsBehind: a client does not give its history up because one shard
// after the other does not know it yet.
func TestShardThatIsBehind(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	u := s.step(1)
	p.send(wire.TypeStateUpdate, u)
	await[Applied](pl)
	p.close(wire.CloseDemoted)
	for range 4 {
		p = d.accept(t)
		p.hello()
		if r := expect[wire.Resume](p, wire.TypeResume); r.Position != u.Position {
			t.Fatalf("resumes from %s, want %s", r.Position, u.Position)
		}
		p.close(wire.CloseAhead)
	}
	p = d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeResumed, wire.Resumed{Position: u.Position, Current: u.Position})
	await[Live](pl)
	if n := pl.Stats().HistoryLost; n > 0 {
		t.Errorf("gave up %d times", n)
	}
}

func TestFaultsAreReported(t *testing.T) {
	tests := map[string]struct {
		play func(*player, *peer, *session)
		want error
	}{
		"epoch falls on a connection": {func(_ *player, p *peer, s *session) {
			p.send(wire.TypeStateUpdate, s.step(2))
			p.send(wire.TypeStateUpdate, s.step(1))
		}, ErrEpochFell},
		"two answers": {func(pl *player, p *peer, s *session) {
			pl.do(`{}`)
			c := expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
			p.send(wire.TypeAck, wire.Ack{N: c.N, ActionID: c.ActionID, Position: s.step(1).Position})
			p.send(wire.TypeAck, wire.Ack{N: c.N, ActionID: c.ActionID, Position: s.step(1).Position})
		}, ErrTwoAnswers},
		"no JSON": {func(_ *player, p *peer, _ *session) {
			if err := p.ws.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
				p.t.Fatal(err)
			}
		}, ErrProtocol},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d, s := newFrontDoor(t), newSession()
			pl, p := join(t, d, s, nil)
			tc.play(pl, p, s)
			if got := await[Fault](pl); !errors.Is(got.Err, tc.want) {
				t.Errorf("fault = %v, want %v", got.Err, tc.want)
			}
		})
	}
}

func TestHeartbeatIsAnsweredOnce(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	for range 5 { // as from a shard that answers answers
		p.send(wire.TypeHeartbeat, wire.Heartbeat{ServerTime: 1})
	}
	expect[wire.Heartbeat](p, wire.TypeHeartbeat)
	pl.do(`{}`)
	expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
}

func TestUnknownFramesAndFieldsArePassedOver(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	for _, text := range []string{`{"type":"weather","data":[1]}`, `{"type":"error","data":{"code":"internal","hint":1},"seq":2}`} {
		if err := p.ws.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	p.send(wire.TypeStateUpdate, s.step(1))
	await[Applied](pl)
	if got := pl.Stats(); got.Unknown != 1 || got.Errors != 1 {
		t.Errorf("stats = %+v", got)
	}
}

func TestCloseCodes(t *testing.T) {
	tests := map[int]bool{ // whether the client comes back
		1000: true, 1001: true, 1006: true, 1011: true, 1012: true, 1013: true,
		1002: false, 1003: false, 1007: false, 1008: false, 1009: false,
		wire.CloseSlowConsumer: true, wire.CloseMoved: true, wire.CloseIdle: true, wire.CloseAhead: true, wire.CloseDemoted: true, 4099: true,
		wire.CloseTokenExpired: false, wire.CloseSessionEnded: false, wire.CloseForbidden: false, 4199: false,
		4200: true,
	}
	for code, want := range tests {
		if got := comeBack(code); got != want {
			t.Errorf("comeBack(%d) = %v, want %v", code, got, want)
		}
	}
}

func TestFinalCloseEndsTheClient(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	answers := pl.do(`{}`)
	expect[wire.ActionDeclare](p, wire.TypeActionDeclare)
	p.close(wire.CloseSessionEnded)
	select {
	case <-pl.Done():
	case <-time.After(patience):
		t.Fatal("the client lives on")
	}
	if c, ok := errors.AsType[*websocket.CloseError](pl.Err()); !ok || c.Code != wire.CloseSessionEnded {
		t.Errorf("Err = %v, want close code %d", pl.Err(), wire.CloseSessionEnded)
	}
	if _, ok := <-answers; ok {
		t.Error("the command was answered")
	}
}

func TestDial(t *testing.T) {
	tests := map[string]struct {
		status     int
		wantStatus int // zero: the client tries again
	}{
		"no token":      {http.StatusUnauthorized, http.StatusUnauthorized},
		"other session": {http.StatusNotFound, http.StatusNotFound},
		"unavailable":   {http.StatusServiceUnavailable, 0},
		"bad gateway":   {http.StatusBadGateway, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			d := newFrontDoor(t)
			d.refuse = []int{tc.status}
			if tc.wantStatus == 0 {
				join(t, d, newSession(), nil)
				return
			}
			_, err := Dial(t.Context(), Options{URL: d.URL, Session: "s1", Token: "token"})
			if h, ok := errors.AsType[*HandshakeError](err); !ok || h.Status != tc.wantStatus || h.Body.Code != wire.CodeUnavailable {
				t.Errorf("Dial = %v, want HTTP %d", err, tc.wantStatus)
			}
		})
	}
}

func TestErrorInPlaceOfTheFirstAnswerComesBack(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	p.close(websocket.CloseGoingAway)
	p = d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeError, wire.Error{Code: wire.CodeUnavailable})
	p.expectGoodbye()
	p = d.accept(t)
	p.hello()
	expect[wire.Resume](p, wire.TypeResume)
	p.send(wire.TypeResumed, wire.Resumed{Position: s.doc.Position(), Current: s.doc.Position()})
	await[Live](pl)
}

func TestDialGivesUpWithItsContext(t *testing.T) {
	d := newFrontDoor(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		d.accept(t)
		cancel()
	}()
	if _, err := Dial(ctx, Options{URL: d.URL, Session: "s1", Token: "token"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Dial = %v, want %v", err, context.Canceled)
	}
}

func TestDialRefusesBadURLs(t *testing.T) {
	for _, bad := range []string{"", "localhost:8080", "ftp://host", "http://", "http://[::1"} {
		if _, err := Dial(t.Context(), Options{URL: bad, Session: "s1"}); err == nil {
			t.Errorf("Dial(%q) went through", bad)
		}
	}
	if _, err := Dial(t.Context(), Options{URL: "http://host"}); err == nil {
		t.Error("Dial without a session went through")
	}
}

// TestTalk: what is said goes out as it is, and what others say is told.
func TestTalk(t *testing.T) {
	d, s := newFrontDoor(t), newSession()
	pl, p := join(t, d, s, nil)
	if err := pl.Say(wire.TypeChat, wire.Chat{Text: "<hi>"}); err != nil {
		t.Fatal(err)
	}
	if got := expect[wire.Chat](p, wire.TypeChat); got.Text != "<hi>" {
		t.Errorf("sent %+v", got)
	}
	p.send(wire.TypeChatSaid, wire.ChatSaid{Player: "gm", Text: "<hi>", Timestamp: 1})
	said, is := await[Talk](pl).Data.(*wire.ChatSaid)
	if !is || said.Player != "gm" || said.Text != "<hi>" {
		t.Errorf("told %+v", said)
	}
}
