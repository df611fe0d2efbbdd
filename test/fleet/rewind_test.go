// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

// cable is how one player is connected; it can be pulled.
type cable struct {
	mu     sync.Mutex
	pulled bool
	conns  []net.Conn
}

var errPulled = errors.New("the cable is pulled")

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		return nil, errPulled
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	c.conns = append(c.conns, conn)
	return conn, err
}

func (c *cable) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = out
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// TestAwayWhileTheTableGoesBack: in the middle of a question to ann her connection
// goes; the game master undoes over REST what the question is about, and goes back to
// it over the WebSocket; the session moves. When she is back she has missed nothing,
// and answers.
func TestAwayWhileTheTableGoesBack(t *testing.T) {
	f := New(t, shardBinary)
	a, b := f.Start("a"), f.Start("b")
	f.CreateWith("s", a, json.RawMessage(strings.Replace(skirmish, `"side": "ogres", "controller": "gm"`, `"side": "ogres", "controller": "ann"`, 1)), "ann")
	gm := f.Dial("s", "gm", auth.GameMaster, a, client.Options{})
	line := &cable{}
	ann := f.Dial("s", "ann", auth.Player, b, client.Options{Dialer: &websocket.Dialer{NetDialContext: line.dial}})
	asked := f.askAnn(gm, ann)

	line.pull(true)
	f.Await("ann to be away", func() bool { return ann.Stats().Closes[websocket.CloseAbnormalClosure] > 0 })
	undone := f.undo("s", b, asked)
	if where := leaf(gm, "/creatures/troll/position"); undone.To != asked.Version-1 {
		t.Errorf("undone to %d, the troll is at %s", undone.To, where)
	}
	f.do(gm, fmt.Sprintf(`{"type":"rollback","version":%d}`, asked.Version))
	f.Move("s", b)
	line.pull(false)

	f.Await("ann to be asked again", func() bool { return ann.Position().Version > undone.Version && leaf(ann, "/combat/window") != "" })
	f.do(ann, answer(t, ann))
	r := f.replayed("s")
	f.compareView("s", r, rules.ViewTable, ann)
	f.compareView("s", r, rules.ViewGM, gm)
	if s := ann.Stats(); s.Reconnects == 0 {
		t.Errorf("ann has not been away: %+v", s)
	}
}

// askAnn lets the troll walk away from the ogre, so that ann is asked whether it
// strikes, and returns the position of that.
func (f *Fleet) askAnn(gm, ann *client.Client) wire.Position {
	f.t.Helper()
	f.do(gm, `{"type":"start_combat"}`)
	f.Await("ann to see the fight", func() bool { return leaf(ann, "/combat/turn") != "" })
	if leaf(ann, "/combat/turn") == `"ogre"` {
		f.do(ann, `{"type":"end_turn","creature":"ogre"}`)
	}
	asked := f.do(gm, `{"type":"move","creature":"troll","path":[[3,1]]}`)
	f.Await("ann to be asked", func() bool { return leaf(ann, "/combat/window") != "" })
	return asked
}

// answer takes the first option of the question that a client sees.
func answer(t *testing.T, c *client.Client) string {
	t.Helper()
	var w struct {
		ID      int
		Options []string
	}
	check(t, json.Unmarshal([]byte(leaf(c, "/combat/window")), &w))
	return fmt.Sprintf(`{"type":"react","window":%d,"option":%q}`, w.ID, w.Options[0])
}

func leaf(c *client.Client, path string) (value string) {
	c.View(func(d *wire.Document) { value = string(d.Get(path)) })
	return value
}

// do sends a command that must be applied.
func (f *Fleet) do(c *client.Client, action string) wire.Position {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), patience)
	defer cancel()
	answer, err := c.Do(ctx, json.RawMessage(action))
	check(f.t, err)
	if answer.Refusal != nil {
		f.t.Fatalf("%s: %s", action, answer.Refusal.Message)
	}
	return answer.Position
}

// undo asks for one over REST, as the game master.
func (f *Fleet) undo(id string, through *Shard, seen wire.Position) (done wire.Rewound) {
	f.t.Helper()
	body := fmt.Sprintf(`{"version":%d}`, seen.Version)
	req, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, "http://"+through.Address+"/api/v2/sessions/"+id+"/undo", strings.NewReader(body))
	check(f.t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(wire.TokenHeader, f.Token(id, "gm", auth.GameMaster))
	resp, err := http.DefaultClient.Do(req)
	check(f.t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	check(f.t, err)
	if resp.StatusCode != http.StatusOK {
		f.t.Fatalf("undo: %s %s", resp.Status, text)
	}
	check(f.t, json.Unmarshal(text, &done))
	return done
}

// replayed folds the journal of a session to its end.
func (f *Fleet) replayed(id string) *session.Replay {
	f.t.Helper()
	loaded, err := f.Log.Load(f.t.Context(), id)
	check(f.t, err)
	r, err := session.NewReplay(id, loaded)
	for more := true; more && err == nil; {
		_, more, err = r.Next()
	}
	check(f.t, err)
	return r
}
