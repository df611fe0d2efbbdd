// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

const goblinHP = "/creatures/goblin/hp"

// through runs a test through the owner and through a shard that passes on.
func through(t *testing.T, test func(t *testing.T, st *stage, door *shard)) {
	for _, door := range []string{"a", "b"} {
		t.Run("through "+door, func(t *testing.T) {
			st := newStage(t, "a", "b")
			st.shards["a"].create(testSession)
			test(t, st, st.shards[door])
		})
	}
}

func TestSessionAndState(t *testing.T) {
	through(t, func(t *testing.T, _ *stage, door *shard) {
		want := wire.Session{
			SessionID: testSession, Title: "Duel", Ruleset: "srd-5.2.1", Lifecycle: "Running", Position: wire.Position{Epoch: 1, Version: 1},
			MaxPlayers: 4, You: wire.Member{Player: "ann", Role: "player"},
		}
		if diff := cmp.Diff(want, get[wire.Session](door.as("ann"), at(testSession, ""))); diff != "" {
			t.Errorf("session (-want +got):\n%s", diff)
		}
		gm := get[wire.SessionState](door.as("gm"), at(testSession, "/state"))
		ann := get[wire.SessionState](door.as("ann"), at(testSession, "/state"))
		if string(gm.State[goblinHP]) != "200" || ann.State[goblinHP] != nil || gm.Metadata.Role != "gm" || gm.Metadata.Hash == ann.Metadata.Hash {
			t.Errorf("the game master sees %s, a player %s", gm.State[goblinHP], ann.State[goblinHP])
		}
		part := get[wire.SessionState](door.as("gm"), at(testSession, "/state?paths=/creatures/goblin/hp,/combat/round"))
		if len(part.State) != 2 || !part.Metadata.Partial || part.Metadata.Hash != gm.Metadata.Hash {
			t.Errorf("a part: %+v", part)
		}
	})
}

func TestEditConflictAndRebase(t *testing.T) {
	through(t, func(t *testing.T, _ *stage, door *shard) {
		gm := door.as("gm")
		edit := func(version uint64, mode, path, value string) string {
			return fmt.Sprintf(`{"version":%d,"mode":%q,"changes":[{"path":%q,"value":%s}]}`, version, mode, path, value)
		}
		first := post[wire.Changed](gm, at(testSession, "/state"), edit(1, "reject", goblinHP, "90"))
		if first.Version != 2 {
			t.Fatalf("changed at %+v", first)
		}
		e := gm.refused(http.MethodPost, at(testSession, "/state"), edit(1, "", "/creatures/aria/hp", "9"), wire.CodeConflict)
		if e.Details["version"] != 2.0 {
			t.Errorf("details %v", e.Details)
		}
		e = gm.refused(http.MethodPost, at(testSession, "/state"), edit(1, "rebase", goblinHP, "80"), wire.CodeConflict)
		if diff := cmp.Diff([]any{map[string]any{"path": goblinHP, "value": 90.0}}, e.Details["changed"]); diff != "" {
			t.Errorf("changed (-want +got):\n%s", diff)
		}
		post[wire.Changed](gm, at(testSession, "/state"), edit(1, "rebase", "/creatures/aria/hp", "9"))
		e = gm.refused(http.MethodPost, at(testSession, "/state"), edit(3, "", goblinHP, "9000"), wire.CodeRefused)
		if e.Details["refusal"] != "malformed_command" || e.Details["most"] != 200.0 {
			t.Errorf("details %v", e.Details)
		}
		for i := range 2 {
			changed := post[wire.Changed](gm, at(testSession, "/state"), `{"version":3,"edit_id":"e","changes":[{"path":"/creatures/goblin/hp","value":1}]}`)
			if changed.Version != 4 || changed.Repeated != (i == 1) {
				t.Errorf("%d: %+v", i, changed)
			}
		}
		history := get[wire.History](gm, at(testSession, "/history?after=1&limit=2"))
		if len(history.Updates) != 2 || history.Updates[0].Version != 2 || history.Updates[0].By != "gm" || history.Next != 3 || history.Version != 4 {
			t.Errorf("history %+v", history)
		}
		if rest := get[wire.History](gm, at(testSession, "/history?after=3")); len(rest.Updates) != 1 || rest.Next != 0 || rest.Updates[0].ActionID != "e" {
			t.Errorf("the rest %+v", rest)
		}
		if back := post[wire.Rewound](gm, at(testSession, "/undo"), `{"version":4}`); back.To != 3 || back.Version != 5 {
			t.Errorf("undo: %+v", back)
		}
		gm.refused(http.MethodPost, at(testSession, "/undo"), `{"version":4}`, wire.CodeConflict)
		if back := post[wire.Rewound](gm, at(testSession, "/rollback"), `{"to":1}`); back.To != 1 || back.Version != 6 {
			t.Errorf("rollback: %+v", back)
		}
		if now := get[wire.SessionState](gm, at(testSession, "/state")); string(now.State[goblinHP]) != "200" || now.Version != 6 {
			t.Errorf("the goblin has %s", now.State[goblinHP])
		}
	})
}

func TestJoinLeaveKickBan(t *testing.T) {
	through(t, func(t *testing.T, _ *stage, door *shard) {
		gm, ann := door.as("gm"), door.as("ann")
		joined := post[wire.Joined](ann, at(testSession, "/join"), `{"character":"aria"}`)
		wantURL := "ws" + strings.TrimPrefix(door.http.URL, "http") + at(testSession, "/ws")
		if joined.Character != "aria" || joined.Role != "player" || joined.WebSocketURL != wantURL || joined.SessionState.Version != 1 {
			t.Errorf("joined %+v, want %s", joined, wantURL)
		}
		if d := time.Until(time.UnixMilli(joined.ExpiresAt)); d < tokenFor-time.Minute || d > tokenFor {
			t.Errorf("the token is good for %s", d)
		}
		hers := door.with(joined.ConnectionToken)
		if again := post[wire.Joined](hers, at(testSession, "/join"), ""); again.ExpiresAt > joined.ExpiresAt || again.Character != "aria" {
			t.Errorf("by the token: %+v", again)
		}
		hers.refused(http.MethodPost, at(testSession, "/join"), `{"character":"goblin"}`, wire.CodeRefused)
		hers.refused(http.MethodPost, at(testSession, "/join"), `{"role":"gm"}`, wire.CodeForbidden)

		post[wire.Changed](gm, at(testSession, "/kick"), `{"player":"ann"}`)
		hers.refused(http.MethodGet, at(testSession, ""), "", wire.CodeUnauthorized)
		hers = door.with(post[wire.Joined](ann, at(testSession, "/join"), "{}").ConnectionToken)
		post[wire.Changed](hers, at(testSession, "/leave"), "")
		hers.refused(http.MethodPost, at(testSession, "/leave"), "", wire.CodeUnauthorized)
		post[wire.Changed](gm, at(testSession, "/ban"), `{"player":"ann"}`)
		ann.refused(http.MethodPost, at(testSession, "/join"), "", wire.CodeForbidden)
		want := []wire.Seat{{Player: "gm", Role: "gm"}, {Player: "ann", Role: "player", Banned: true}, {Player: "bob", Role: "player"}}
		if diff := cmp.Diff(want, get[wire.Roster](gm, at(testSession, "/roster")).Seats); diff != "" {
			t.Errorf("roster (-want +got):\n%s", diff)
		}
		post[wire.Changed](gm, at(testSession, "/pardon"), `{"player":"ann"}`)
		post[wire.Joined](ann, at(testSession, "/join"), "")
		gm.refused(http.MethodPost, at(testSession, "/kick"), `{"player":"gm"}`, wire.CodeForbidden)
	})
}

// TestJoinKeepsTheClass: what an issuer says of its limits is in the session token,
// and in one that stands for that.
func TestJoinKeepsTheClass(t *testing.T) {
	through(t, func(t *testing.T, st *stage, door *shard) {
		class := func(c *caller) auth.Class {
			t.Helper()
			claims, err := st.keys.Verify(post[wire.Joined](c, at(testSession, "/join"), "").ConnectionToken, time.Now())
			check(t, err)
			return claims.Class
		}
		if got := class(door.as("ann")); got != auth.ClassPlayer {
			t.Errorf("of no class: %q", got)
		}
		if got := class(door.as("ann@bot")); got != auth.ClassBot {
			t.Errorf("a bot: %q", got)
		}
		bots := door.with(post[wire.Joined](door.as("ann@bot"), at(testSession, "/join"), "").ConnectionToken)
		if got := class(bots); got != auth.ClassBot {
			t.Errorf("by a bot's session token: %q", got)
		}
		bots.header.Set("Authorization", "Bearer i-am-ann@service")
		if got := class(bots); got != auth.ClassService {
			t.Errorf("by that and a service's identity: %q", got)
		}
	})
}

// TestTickets are for who asks, as a join is, and for no longer than what it came
// with.
func TestTickets(t *testing.T) {
	through(t, func(t *testing.T, st *stage, door *shard) {
		given := post[wire.Ticketed](door.as("ann@bot"), at(testSession, "/ticket"), `{"character":"aria"}`)
		ticket, err := st.keys.VerifyTicket(given.Ticket, time.Now())
		check(t, err)
		if ticket.ForMove() || ticket.Player != "ann" || ticket.Character != "aria" || ticket.Class != auth.ClassBot || ticket.Expires != given.ExpiresAt {
			t.Errorf("the ticket says %+v", ticket)
		}
		if d := time.Until(time.UnixMilli(given.ConnectedUntil)); d < 58*time.Minute || d > time.Hour {
			t.Errorf("its connection lasts for %s, the identity for an hour", d)
		}
		again := post[wire.Ticketed](door.as("ann"), at(testSession, "/ticket"), "")
		if again.Ticket == given.Ticket {
			t.Error("the same one twice")
		}
		door.with(given.Ticket).refused(http.MethodGet, at(testSession, ""), "", wire.CodeUnauthorized)
		door.as("eve").refused(http.MethodPost, at(testSession, "/ticket"), "", wire.CodeNotFound)
		door.as("ann").refused(http.MethodPost, at(testSession, "/ticket"), `{"role":"gm"}`, wire.CodeForbidden)
		door.as("ann").refused(http.MethodPost, at(testSession, "/ticket"), `{"ticket":1}`, wire.CodeBadRequest)
	})
}

// TestExportIsVerified by what verifies transcripts, once the session has ended.
func TestExportIsVerified(t *testing.T) {
	through(t, func(t *testing.T, _ *stage, door *shard) {
		gm, ann := door.as("gm"), door.as("ann")
		post[wire.Changed](gm, at(testSession, "/state"), `{"version":1,"changes":[{"path":"/creatures/goblin/hp","value":9}]}`)
		ann.refused(http.MethodGet, at(testSession, "/export"), "", wire.CodeNotEnded)
		if resp, text := gm.do(http.MethodGet, at(testSession, "/export"), ""); resp.StatusCode != 200 || strings.Contains(string(text), `"seed"`) {
			t.Errorf("before the end: %d %s", resp.StatusCode, text)
		}
		for range 2 {
			if ended := post[wire.Session](gm, at(testSession, "/end"), ""); ended.Lifecycle != "Ended" {
				t.Errorf("ended: %+v", ended)
			}
		}
		gm.refused(http.MethodPost, at(testSession, "/undo"), `{"version":3}`, wire.CodeEnded)
		for _, c := range []*caller{gm, ann} {
			resp, text := c.do(http.MethodGet, at(testSession, "/export"), "")
			report, err := dice.Verify(strings.NewReader(string(text)))
			if err != nil || report.Session != testSession || resp.Header.Get("Content-Type") != contentNDJSON {
				t.Errorf("the export is not verified: %v\n%s", err, text)
			}
		}
	})
}

func TestBadRequests(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create(testSession)
	expired, err := st.keys.Sign(auth.Claims{Session: testSession, Player: "ann", Role: auth.Player, IssuedAt: 1, Expires: 2})
	check(t, err)
	peer := st.token(testSession, "b", auth.Peer)
	for name, tc := range map[string]struct {
		method, path, body string
		header             http.Header
		code               string
	}{
		"no token":             {"GET", at(testSession, ""), "", http.Header{}, wire.CodeUnauthorized},
		"a token in the query": {"GET", at(testSession, "?token=x"), "", nil, wire.CodeUnauthorized},
		"an expired token":     {"GET", at(testSession, ""), "", http.Header{wire.TokenHeader: {expired}}, wire.CodeUnauthorized},
		"a forged token":       {"GET", at(testSession, ""), "", http.Header{"Authorization": {"Bearer x.y.z"}}, wire.CodeUnauthorized},
		"two tokens":           {"GET", at(testSession, ""), "", http.Header{"Authorization": {"Bearer i-am-gm", "Bearer i-am-ann"}}, wire.CodeUnauthorized},
		"two players": {"GET", at(testSession, ""), "", http.Header{
			"Authorization": {"Bearer i-am-gm"}, wire.TokenHeader: {st.token(testSession, "ann", auth.Player)},
		}, wire.CodeForbidden},
		"another session's token": {"GET", at(testSession, ""), "", http.Header{wire.TokenHeader: {st.token("s2", "ann", auth.Player)}}, wire.CodeForbidden},
		"a shard's token":         {"GET", at(testSession, ""), "", http.Header{wire.TokenHeader: {peer}}, wire.CodeForbidden},
		"a player as a shard":     {"GET", at(testSession, ""), "", http.Header{auth.PeerHeader: {st.token(testSession, "gm", auth.GameMaster)}}, wire.CodeForbidden},
		"a shard for another":     {"GET", at("s2", ""), "", http.Header{auth.PeerHeader: {peer}}, wire.CodeForbidden},
		"no such session":         {"GET", at("nowhere", ""), "", nil, wire.CodeNotFound},
		"no session id":           {"GET", at("%20", ""), "", nil, wire.CodeNotFound},
		"not on the roster":       {"GET", at(testSession, ""), "", http.Header{"Authorization": {"Bearer i-am-eve"}}, wire.CodeNotFound},
		"token, off the roster":   {"GET", at(testSession, ""), "", http.Header{wire.TokenHeader: {st.token(testSession, "eve", auth.Player)}}, wire.CodeForbidden},
		"nothing there":           {"GET", at(testSession, "/dice"), "", nil, wire.CodeNotFound},
		"another method":          {"DELETE", at(testSession, ""), "", nil, wire.CodeWrongMethod},
		"an unknown parameter":    {"GET", at(testSession, "?verbose=1"), "", nil, wire.CodeBadRequest},
		"a parameter twice":       {"GET", at(testSession, "/history?limit=1&limit=2"), "", nil, wire.CodeBadRequest},
		"a limit of none":         {"GET", at(testSession, "/history?limit=0"), "", nil, wire.CodeBadRequest},
		"a limit of too many":     {"GET", at(testSession, "/history?limit=201"), "", nil, wire.CodeBadRequest},
		"a limit in words":        {"GET", at(testSession, "/history?limit=all"), "", nil, wire.CodeBadRequest},
		"a path that is none":     {"GET", at(testSession, "/state?paths=combat"), "", nil, wire.CodeBadRequest},
		"too many paths":          {"GET", at(testSession, "/state?paths="+strings.Repeat("/a,", 64)+"/a"), "", nil, wire.CodeBadRequest},
		"an edit of no version":   {"POST", at(testSession, "/state"), `{"changes":[{"path":"/a","value":1}]}`, nil, wire.CodeBadRequest},
		"an edit of nothing":      {"POST", at(testSession, "/state"), `{"version":1,"changes":[]}`, nil, wire.CodeBadRequest},
		"an edit of too much":     {"POST", at(testSession, "/state"), `{"version":1,"changes":[` + strings.Repeat(`{"path":"/a","value":1},`, 16) + `{"path":"/a","value":1}]}`, nil, wire.CodeBadRequest},
		"an edit of no value":     {"POST", at(testSession, "/state"), `{"version":1,"changes":[{"path":"/creatures/goblin/hp"}]}`, nil, wire.CodeRefused},
		"an unknown mode":         {"POST", at(testSession, "/state"), `{"version":1,"mode":"force","changes":[{"path":"/a","value":1}]}`, nil, wire.CodeBadRequest},
		"an unknown field":        {"POST", at(testSession, "/state"), `{"version":1,"force":true,"changes":[{"path":"/a","value":1}]}`, nil, wire.CodeBadRequest},
		"a future version":        {"POST", at(testSession, "/state"), `{"version":9,"changes":[{"path":"/creatures/goblin/hp","value":1}]}`, nil, wire.CodeConflict},
		"an edit too large":       {"POST", at(testSession, "/state"), strings.Repeat(" ", wire.MaxBodyBytes+1), nil, wire.CodeTooLarge},
		"a kick of nobody":        {"POST", at(testSession, "/kick"), `{}`, nil, wire.CodeBadRequest},
		"a kick of a strange one": {"POST", at(testSession, "/kick"), `{"player":"a b"}`, nil, wire.CodeBadRequest},
		"an undo of no version":   {"POST", at(testSession, "/undo"), `{}`, nil, wire.CodeBadRequest},
		"an undo of nothing":      {"POST", at(testSession, "/undo"), `{"version":1}`, nil, wire.CodeRefused},
		"a rollback to nowhere":   {"POST", at(testSession, "/rollback"), `{}`, nil, wire.CodeBadRequest},
		"a rollback forward":      {"POST", at(testSession, "/rollback"), `{"to":7}`, nil, wire.CodeRefused},
		"a role that is none":     {"POST", at(testSession, "/join"), `{"role":"king"}`, nil, wire.CodeBadRequest},
		"a long name":             {"POST", at(testSession, "/join"), `{"character":"` + strings.Repeat("x", 65) + `"}`, nil, wire.CodeBadRequest},
		"something to leave with": {"POST", at(testSession, "/leave"), `{"why":"tired"}`, nil, wire.CodeBadRequest},
	} {
		for _, door := range []string{"a", "b"} {
			t.Run(name+" through "+door, func(t *testing.T) {
				c := st.shards[door].as("gm")
				c.t = t
				if tc.header != nil {
					c.header = tc.header
				}
				c.refused(tc.method, tc.path, tc.body, tc.code)
			})
		}
	}
}

// TestAcrossSessions: whoever one is in a session, there is nothing for one's
// token in another.
func TestAcrossSessions(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create(testSession)
	st.shards["b"].create("s2")
	for _, role := range auth.Roles {
		player := map[auth.Role]string{auth.GameMaster: "gm"}[role]
		if player == "" {
			player = "ann"
		}
		token := st.token(testSession, player, role)
		for _, door := range st.shards {
			for _, op := range operations {
				path := strings.Replace(op.path, "{id}", "s2", 1)
				body := ""
				if op.method == http.MethodPost {
					body = bodies[op.id]
				}
				door.with(token).refused(op.method, path, body, wire.CodeForbidden)
			}
		}
	}
	if got := get[wire.Session](st.shards["a"].as("gm"), at("s2", "")); got.Version != 1 {
		t.Errorf("something was done in the other session: %+v", got)
	}
}

// bodies are good ones.
var bodies = map[string]string{
	"editState": `{"version":1,"changes":[{"path":"/creatures/goblin/hp","value":9}]}`,
	"undo":      `{"version":2}`, "rollback": `{"to":1}`, "join": `{}`,
	"ticket": `{}`, "leave": `{}`, "end": `{}`,
	"kick": `{"player":"bob"}`, "ban": `{"player":"bob"}`, "pardon": `{"player":"bob"}`,
}

// TestRoles asks for every operation in every role.
func TestRoles(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create(testSession)
	denied := map[auth.Role]string{
		auth.Player:    "editState undo rollback kick ban pardon end",
		auth.Spectator: "editState undo rollback kick ban pardon end export",
	}
	for _, role := range []auth.Role{auth.Spectator, auth.Player, auth.GameMaster} {
		for _, op := range operations {
			player := "ann"
			if role == auth.GameMaster {
				player = "gm"
			}
			if op.id == "leave" || op.id == "end" && role == auth.GameMaster {
				continue // nothing comes behind them; other tests do them
			}
			body := bodies[op.id]
			c := st.shards["b"].with(st.token(testSession, player, role))
			resp, text := c.do(op.method, strings.Replace(op.path, "{id}", testSession, 1), body)
			no := strings.Contains(" "+denied[role]+" ", " "+op.id+" ")
			if forbidden := resp.StatusCode == http.StatusForbidden; forbidden != no || resp.StatusCode >= 500 {
				t.Errorf("%s %s: %d %s", role, op.id, resp.StatusCode, text)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create(testSession)
	st.shards["b"].create("s2")
	st.shards["a"].Updates.(*bucket).set(limit.Rule{N: 2, Per: time.Hour})
	st.shards["a"].Joins.(*bucket).set(limit.Rule{N: 2, Per: time.Hour})
	gm := st.shards["b"].as("gm")
	for range 5 { // who may not is not counted
		st.shards["b"].as("ann").refused(http.MethodPost, at(testSession, "/kick"), `{"player":"bob"}`, wire.CodeForbidden)
	}
	for range 2 {
		post[wire.Changed](gm, at(testSession, "/kick"), `{"player":"ann"}`)
		post[wire.Joined](gm, at(testSession, "/join"), "")
	}
	gm.refused(http.MethodPost, at(testSession, "/kick"), `{"player":"ann"}`, wire.CodeRateLimited)
	gm.refused(http.MethodPost, at(testSession, "/state"), bodies["editState"], wire.CodeRateLimited)
	gm.refused(http.MethodPost, at(testSession, "/join"), "", wire.CodeRateLimited)
	gm.refused(http.MethodPost, at(testSession, "/ticket"), "", wire.CodeRateLimited)
	gm.refused(http.MethodPost, at(testSession, "/leave"), "", wire.CodeRateLimited)
	if diff := cmp.Diff(map[string]int{"state_updates": 2, "joins": 3}, st.limited()); diff != "" {
		t.Errorf("counted as limited (-want +got):\n%s", diff)
	}
	post[wire.Changed](gm, at("s2", "/kick"), `{"player":"ann"}`)
	get[wire.Roster](gm, at(testSession, "/roster"))
}

func TestStoreAwayAndNoOwner(t *testing.T) {
	st := newStage(t, "a", "b")
	s := st.shards["a"].create(testSession)
	st.mu.Lock()
	st.away = true
	st.mu.Unlock()
	st.shards["b"].as("gm").refused(http.MethodGet, at(testSession, ""), "", wire.CodeUnavailable)
	get[wire.Session](st.shards["a"].as("gm"), at(testSession, "")) // it lives here
	st.mu.Lock()
	st.away = false
	st.mu.Unlock()
	s.Stop()
	<-s.Done()
	for _, door := range st.shards {
		door.as("gm").refused(http.MethodGet, at(testSession, ""), "", wire.CodeNoOwner)
	}
}

// TestWhileTheSessionMoves: requests through both shards, reads and edits, while
// the session goes to and fro. None fails, no edit is lost or made twice.
func TestWhileTheSessionMoves(t *testing.T) {
	st := newStage(t, "a", "b")
	a, b := st.shards["a"], st.shards["b"]
	a.create(testSession)
	var edits atomic.Int64
	stop := make(chan struct{})
	var editing sync.WaitGroup
	for i, door := range []*shard{a, b} {
		editing.Go(func() {
			gm := door.as("gm")
			path := "/creatures/" + []string{"goblin", "aria"}[i] + "/hp"
			for n, version := 1, uint64(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				want := fmt.Sprint(n%50 + 1)
				body := fmt.Sprintf(`{"version":%d,"mode":"rebase","changes":[{"path":%q,"value":%s}]}`, version, path, want)
				if resp, text := gm.do(http.MethodPost, at(testSession, "/state"), body); resp.StatusCode != http.StatusOK {
					t.Errorf("edit %d: %d %s", n, resp.StatusCode, text)
					return
				}
				edits.Add(1)
				resp, text := gm.do(http.MethodGet, at(testSession, "/state?paths="+path), "")
				var now wire.SessionState
				if err := json.Unmarshal(text, &now); err != nil || resp.StatusCode != http.StatusOK || string(now.State[path]) != want {
					t.Errorf("edit %d: %d %s, want %s", n, resp.StatusCode, text, want)
					return
				}
				version = now.Version
			}
		})
	}
	from, to := a, b
	for epoch := uint64(2); epoch < 8 && !t.Failed(); epoch++ {
		for before := edits.Load(); edits.Load() < before+10 && !t.Failed(); time.Sleep(time.Millisecond) {
		}
		st.move(testSession, from, to, epoch)
		from, to = to, from
	}
	close(stop)
	editing.Wait()
	s, _ := from.Session(testSession)
	page, err := s.History(t.Context(), session.Caller{Player: "gm"}, 0, 1<<20)
	check(t, err)
	if len(page.Updates) != int(edits.Load()) {
		t.Errorf("%d edits were made, the history has %d", edits.Load(), len(page.Updates))
	}
}
