// SPDX-License-Identifier: Apache-2.0

package server

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// badCommand is an action that is well formed and not allowed. The goblin, whom
// the game master plays, is on turn; aria is ann's.
type badCommand struct {
	as     auth.Role
	action string
	code   string
}

func (b badCommand) answer() string { return "`refusal` `" + b.code + "`, the state unchanged" }

var badCommands = map[string]badCommand{
	"not your turn":                {auth.Player, `{"type":"dash","creature":"aria"}`, string(rules.CodeNotYourTurn)},
	"another's creature":           {auth.Player, `{"type":"dash","creature":"goblin"}`, string(rules.CodeNotYourCreature)},
	"a creature that is not there": {auth.GameMaster, `{"type":"dash","creature":"dragon"}`, string(rules.CodeUnknownCreature)},
	"a name that is markup":        {auth.GameMaster, `{"type":"dash","creature":"<img src=x>"}`, string(rules.CodeUnknownCreature)},
	"a game master's action":       {auth.Player, `{"type":"set_hp","creature":"aria","hp":60}`, string(rules.CodeRoleNotAllowed)},
	"a spectator's action":         {auth.Spectator, `{"type":"end_turn","creature":"goblin"}`, wire.RefusalForbidden},
	"a fight within the fight":     {auth.GameMaster, `{"type":"start_combat"}`, string(rules.CodeCombatRunning)},
	"a leap across the map":        {auth.GameMaster, `{"type":"move","creature":"goblin","path":[[5,5]]}`, string(rules.CodeInvalidPath)},
	"a step onto another":          {auth.GameMaster, `{"type":"move","creature":"goblin","path":[[1,1]]}`, string(rules.CodeSquareOccupied)},
	"a step off the map":           {auth.GameMaster, `{"type":"move","creature":"goblin","path":[[2,0],[2,-1]]}`, string(rules.CodeInvalidPath)},
	"a path that is too long": {auth.GameMaster, `{"type":"move","creature":"goblin","path":[[3,1],[4,1],[5,1],[5,2],[5,3],[5,4],[5,5]]}`,
		string(rules.CodeNotEnoughMovement)},
	"a weapon that nobody has":    {auth.GameMaster, `{"type":"attack","attacker":"goblin","target":"aria","attack":"vorpal sword"}`, string(rules.CodeUnknownAttack)},
	"dice of one's own":           {auth.GameMaster, `{"type":"attack","attacker":"goblin","target":"aria","attack":"x","roll":20}`, string(rules.CodeMalformedCommand)},
	"damage of one's own":         {auth.GameMaster, `{"type":"attack","attacker":"goblin","target":"aria","attack":"x","damage":999}`, string(rules.CodeMalformedCommand)},
	"an action that is not known": {auth.GameMaster, `{"type":"win"}`, string(rules.CodeUnknownCommand)},
	"the table's own events":      {auth.GameMaster, `{"type":"damaged","creature":"aria","amount":99}`, string(rules.CodeUnknownCommand)},
	"nine actions in one":         {auth.GameMaster, `{"type":"sequence","actions":[` + strings.Repeat(`{"type":"dodge","creature":"goblin"},`, 8) + `{"type":"dodge","creature":"goblin"}]}`, wire.RefusalBadCommand},
	"a sequence that breaks a rule": {auth.GameMaster, `{"type":"sequence","actions":[{"type":"dodge","creature":"goblin"},{"type":"dash","creature":"goblin"}]}`,
		string(rules.CodeNoActionLeft)},
	"a reaction that nobody waits for": {auth.Player, `{"type":"decline","window":1}`, string(rules.CodeNoWindow)},
}

// TestBadCommands: the rules refuse, and nothing is in the journal of it.
func TestBadCommands(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	clients := map[auth.Role]*socket{
		auth.GameMaster: a.player("gm", auth.GameMaster), auth.Player: a.player("ann", auth.Player), auth.Spectator: a.player("eve", auth.Spectator),
	}
	gm := clients[auth.GameMaster]
	gm.acked(`{"type":"start_combat"}`)
	gm.declare(`{"type":"end_turn","creature":"aria"}`) // should she have begun
	gm.until(wire.TypeAck, wire.TypeRefusal)
	last := func() wire.Position {
		loaded, err := st.log.Load(t.Context(), testSession)
		check(t, err)
		return wire.Position(loaded.Last())
	}
	before := last()
	for name, tc := range badCommands {
		t.Run(name, func(t *testing.T) {
			c := clients[tc.as]
			c.t = t
			c.declare(tc.action)
			f := c.until(wire.TypeAck, wire.TypeRefusal)
			if f.Type == wire.TypeAck {
				t.Fatal("it is allowed")
			}
			if no := decode[wire.Refusal](t, f); no.Code != tc.code || no.Retry || no.Message == "" {
				t.Errorf("%+v, want %s", no, tc.code)
			}
		})
	}
	if at := last(); at != before {
		t.Errorf("the journal has gone from %s to %s", before, at)
	}
}

// TestReplays: an action is answered with its first result, and its counter is
// good for no other.
func TestReplays(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	gm := a.player("gm", auth.GameMaster)
	gm.declare(`{"type":"start_combat"}`)
	first := decode[wire.Ack](t, gm.until(wire.TypeAck))
	say := func(c *socket, n uint64, id, action string) wire.Frame {
		c.say(wire.TypeActionDeclare, wire.ActionDeclare{N: n, ActionID: id, Action: json.RawMessage(action)})
		return c.until(wire.TypeAck, wire.TypeRefusal)
	}
	again := a.player("gm", auth.GameMaster) // on another connection
	got := decode[wire.Ack](t, say(again, 1, first.ActionID, `{"type":"start_combat"}`))
	if got.Position != first.Position || !got.Repeated {
		t.Errorf("answered with %+v, first with %+v", got, first)
	}
	for name, f := range map[string]wire.Frame{
		"another action": say(again, 1, first.ActionID, `{"type":"dash","creature":"goblin"}`),
		"another id":     say(again, 1, "other", `{"type":"start_combat"}`),
	} {
		if no := decode[wire.Refusal](t, f); no.Code != wire.RefusalIDReuse {
			t.Errorf("%s: %+v, want %s", name, no, wire.RefusalIDReuse)
		}
	}
	loaded, err := st.log.Load(t.Context(), testSession)
	check(t, err)
	if at := wire.Position(loaded.Last()); at != first.Position {
		t.Errorf("the journal ends at %s, want %s", at, first.Position)
	}
}

// badResumes are positions that a client cannot, or need not, go on from.
var badResumes = map[string]struct {
	from   wire.Resume
	reason string
}{
	"from the future":           {wire.Resume{Position: wire.Position{Epoch: 1, Version: 1000}}, wire.ReasonNotInHistory},
	"from a future epoch":       {wire.Resume{Position: wire.Position{Epoch: 9, Version: 1}}, wire.ReasonNotInHistory},
	"from before the beginning": {wire.Resume{}, wire.ReasonTooOld},
	"with a hash that is wrong": {wire.Resume{Position: wire.Position{Epoch: 1, Version: 1}, Hash: "0123456789abcdef"}, wire.ReasonDiverged},
}

// TestBadResumes: a client is told, and gets the view as it is; through a relay
// too.
func TestBadResumes(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create()
	for what, tc := range badResumes {
		for name, sh := range st.shards {
			t.Run(what+", at "+name, func(t *testing.T) {
				c := sh.dial("ann", auth.Player)
				c.t = t
				defer func() { _ = c.Close() }()
				c.say(wire.TypeResume, tc.from)
				if lost := decode[wire.HistoryLost](t, c.until(wire.TypeHistoryLost)); lost.Reason != tc.reason {
					t.Errorf("history_lost for %s, want %s", lost.Reason, tc.reason)
				}
				c.until(wire.TypeSyncResponse)
			})
		}
	}
}

// naughty is text that has broken other programs. It is data: it comes to the
// others as it was said.
var naughty = map[string]string{
	"markup":           `<script>alert(1)</script><img src=x onerror="alert(1)">`,
	"a template":       `{{constructor.constructor('alert(1)')()}} ${7*7} #{7*7} %s %n`,
	"SQL":              `'; DROP TABLE sessions; --`,
	"a formula":        `=cmd|' /C calc'!A0`,
	"a file":           `../../../../etc/passwd`,
	"a frame":          `{"type":"moved","data":{"url":"https://evil.example"}}`,
	"entities":         `&lt;script&gt; &#x3c;b&#x3e;`,
	"emoji in a group": "👩‍👩‍👧‍👦 🏳️‍🌈",
	"much stacked":     "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
	"line feeds":       "a\nb",
}

// refusedText is what nobody gets to see.
var refusedText = map[string]string{
	"nothing":             "",
	"501 characters":      strings.Repeat("ä", wire.MaxChatRunes+1),
	"a control character": "a\x1b[31mb",
	"a carriage return":   "a\rb",
	"direction turned":    "a\u202eb",
	"invisible":           "a\u2063b",
	"not a character":     "a\ufffeb",
	"a replaced one":      "a\ufffdb",
	"line separator":      "a\u2028b",
}

// TestNaughtyText is passed on as it is, or refused.
func TestNaughtyText(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	ann, gm := a.player("ann", auth.Player), a.player("gm", auth.GameMaster)
	for name, said := range naughty {
		ann.say(wire.TypeChat, wire.Chat{Text: said})
		if got := decode[wire.ChatSaid](t, gm.until(wire.TypeChatSaid)); got.Text != said {
			t.Errorf("%s: said %q, heard %q", name, said, got.Text)
		}
	}
	for name, said := range refusedText {
		c := a.player("ann", auth.Player)
		c.say(wire.TypeChat, wire.Chat{Text: said})
		if got := decode[wire.Error](t, c.until(wire.TypeError, wire.TypeChatSaid)); got.Code != wire.CodeBadRequest {
			t.Errorf("%s: %+v", name, got)
		}
		check(t, c.Close())
	}
	for _, name := range []string{"<b>", "a b", "ann\n", "änn", "ann'--", strings.Repeat("a", 64)} {
		if _, err := st.keys.Sign(auth.Claims{Session: testSession, Player: name, Role: auth.Player, Expires: time.Now().Add(time.Hour).Unix()}); err == nil {
			t.Errorf("%q can name a player", name)
		}
	}
}
