// SPDX-License-Identifier: Apache-2.0

package server

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// TestTableTalk: everybody hears it, its author too, whichever shard they are
// connected to; it moves nobody's chain.
func TestTableTalk(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create()
	gm, ann, eve := a.player("gm", auth.GameMaster), b.player("ann", auth.Player), b.player("eve", auth.Spectator)
	tests := map[wire.Type]struct {
		say  any
		as   wire.Type
		want string
	}{
		wire.TypeEmote:   {wire.Emote{Emote: "wave"}, wire.TypeEmoteMade, `{"player":"ann","emote":"wave"}`},
		wire.TypeMapPing: {wire.MapPing{At: []int{3, 4}}, wire.TypeMapPinged, `{"player":"ann","at":[3,4]}`},
		wire.TypeTyping:  {wire.Typing{Typing: true}, wire.TypePlayerTyping, `{"player":"ann","typing":true}`},
	}
	for typ, tc := range tests {
		ann.say(typ, tc.say)
		for _, c := range []*socket{gm, ann, eve} {
			if got := string(c.until(tc.as).Data); got != tc.want {
				t.Errorf("%s: got %s, want %s", typ, got, tc.want)
			}
		}
	}
	const text = `<img src=x onerror="alert(1)"> & "so" on`
	gm.say(wire.TypeChat, wire.Chat{Text: text})
	for _, c := range []*socket{gm, ann, eve} {
		if got := decode[wire.ChatSaid](t, c.until(wire.TypeChatSaid)); got.Text != text || got.Player != "gm" || got.Timestamp == 0 {
			t.Errorf("said: %+v", got)
		}
	}
	ann.say(wire.TypeSyncRequest, wire.SyncRequest{})
	if got := decode[wire.SyncResponse](t, ann.until(wire.TypeSyncResponse)); got.Version != 1 {
		t.Errorf("the session is at version %d: talk is in its journal", got.Version)
	}
	eve.say(wire.TypeChat, wire.Chat{Text: "hello"})
	if got := decode[wire.Error](t, eve.until(wire.TypeError)); got.Code != wire.CodeForbidden {
		t.Errorf("a spectator talks: %+v", got)
	}
}

// TestTalkThatIsRefused: strictly read, and for members that have begun.
func TestTalkThatIsRefused(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	c := a.dial("ann", auth.Player)
	for _, typ := range []wire.Type{wire.TypeTyping, wire.TypePresenceRequest} {
		c.say(typ, struct{}{})
		if got := decode[wire.Error](t, c.until(wire.TypeError)); got.Code != wire.CodeBadRequest {
			t.Errorf("%s before the first frame: %+v", typ, got)
		}
	}
	c.say(wire.TypeSyncRequest, wire.SyncRequest{})
	c.until(wire.TypeSyncResponse)
	for name, frame := range map[string]string{
		"from somebody else": `{"type":"chat","data":{"text":"hi","player":"gm"}}`,
		"said already":       `{"type":"chat_said","data":{"player":"ann","text":"hi","timestamp":1}}`,
		"no text":            `{"type":"chat"}`,
		"turned around":      `{"type":"chat","data":{"text":"a\u202eb"}}`,
		"not an emote":       `{"type":"emote","data":{"emote":"Wave!"}}`,
		"no square":          `{"type":"map_ping","data":{"at":[1]}}`,
	} {
		check(t, c.WriteMessage(1, []byte(frame)))
		if got := decode[wire.Error](t, c.until(wire.TypeError)); got.Code != wire.CodeBadRequest {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestTalkWaitsForATarget: who speaks before the session is attached to, or between two
// owners, is heard by the next one; when there is none for a while, nobody hears it.
func TestTalkWaitsForATarget(t *testing.T) {
	c := unconnected(t)
	c.claims = auth.Claims{Session: testSession, Player: "ann", Role: auth.Player}
	speak := func(text string) {
		t.Helper()
		f, err := wire.DecodeFrame(wire.Encode(wire.TypeChat, wire.Chat{Text: text}))
		check(t, err)
		check(t, c.say(f))
	}
	first, second := &mute{}, &mute{}
	speak("one")
	c.attached(first)
	speak("two")
	c.detached()
	speak("three")
	c.attached(second)
	want := [][]session.Saying{{{Data: wire.Chat{Text: "one"}}, {Data: wire.Chat{Text: "two"}}}, {{Data: wire.Chat{Text: "three"}}}}
	if diff := cmp.Diff(want, [][]session.Saying{first.said, second.said}); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	c.detached()
	for range pendingMax + 1 {
		speak("four")
	}
	if n := c.out.frames; n != 1 {
		t.Errorf("%d lines were too many, want one", n)
	}
	c.setLost()
	speak("five")
	if n := c.out.frames; n != pendingMax+2 || len(c.said) > 0 {
		t.Errorf("%d lines were unheard, %d wait; want %d and none", n, len(c.said), pendingMax+2)
	}
}

// TestPresence: who asks is told who is there, and who comes and goes, over a
// relay and after a move too; a second connection of a player changes nothing.
func TestPresence(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create()
	gm := b.player("gm", auth.GameMaster)
	a.player("eve", auth.Spectator)
	gm.say(wire.TypePresenceRequest, wire.PresenceRequest{})
	if got, want := string(gm.until(wire.TypePresence).Data), `{"present":[{"player":"gm","role":"gm"}],"spectators":1}`; got != want {
		t.Errorf("present: %s, want %s", got, want)
	}
	change := func(want string) {
		t.Helper()
		if diff := cmp.Diff(want, string(gm.until(wire.TypePresenceChange).Data)); diff != "" {
			t.Errorf("change (-want +got):\n%s", diff)
		}
	}
	ann := a.player("ann", auth.Player)
	change(`{"player":"ann","role":"player","online":true}`)
	again := a.player("ann", auth.Player)
	_ = again.Close()
	_ = ann.Close()
	change(`{"player":"ann","role":"player","online":false}`)
	st.handoff(a, b, 2)
	if got := decode[wire.Presence](t, gm.until(wire.TypePresence)); len(got.Present) == 0 {
		t.Errorf("after the move: %+v", got)
	}
}

// TestRoleChange: who gets another role needs another token, and is told so before
// the close, relayed or not; with it comes another view.
func TestRoleChange(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	s := a.create()
	clients := map[string]*socket{"at the owner": a.player("ann", auth.Player), "relayed": b.player("ann", auth.Player)}
	spec := duel()
	spec.GameMasters, spec.Players, spec.Lifecycle = []string{"gm", "ann"}, nil, registry.LifecycleRunning
	prompt := watchPromptness(t)
	s.SetSpec(spec)
	for who, c := range clients {
		code, _ := c.closed()
		prompt.check(t, who+": closed after the change", prompt.begun)
		if code != wire.CloseRoleChanged {
			t.Errorf("%s: closed with %d, want %d", who, code, wire.CloseRoleChanged)
		}
		if e := c.goodbye; e.Code != code || e.Return != wire.ReturnNewToken || e.AfterMillis != 0 {
			t.Errorf("%s: told %+v", who, e)
		}
	}
	c := b.dial("ann", auth.GameMaster)
	c.say(wire.TypeSyncRequest, wire.SyncRequest{})
	if decode[wire.SyncResponse](t, c.until(wire.TypeSyncResponse)).State["/creatures/goblin/hp"] == nil {
		t.Error("a game master does not see what only game masters do")
	}
}
