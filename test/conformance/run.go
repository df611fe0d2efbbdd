// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

// patience bounds a conversation: all of its waits are for something that must happen.
const patience = time.Minute

// Client is a client under test. Its methods are called one at a time.
type Client interface {
	// Start lets the client connect to a session; it does not wait for that.
	Start(url, session, token string, behave Script) error
	// Do sends a command, which has a name, and does not wait for its answer.
	Do(name string, action json.RawMessage) error
	// Answer waits for the answer to a command, as JSON:
	// {"epoch", "version", "repeated"} or {"code"} of a refusal.
	Answer(ctx context.Context, name string) (json.RawMessage, error)
	// Say sends a frame of talk: {"type", "data"}.
	Say(frame json.RawMessage) error
	// View returns the document's leaves.
	View(ctx context.Context) (map[string]json.RawMessage, error)
	// Ended waits until the client has given up, and says whether a new token
	// would help.
	Ended(ctx context.Context) (newToken bool, err error)
	// Close ends the client.
	Close()
}

const (
	session = "s1"
	token   = "token-1"
	// identity is who asks for tickets.
	identity = "identity-1"
)

// Run holds clients to a script, each time a fresh one.
func Run(t *testing.T, s Script, fresh func(t *testing.T) Client) {
	runs := []variables{{}}
	for name, values := range s.Each {
		runs = nil
		for _, raw := range values {
			value, err := read(raw)
			check(t, err)
			runs = append(runs, variables{"$" + name: value})
		}
	}
	for _, v := range runs {
		name := "as it is"
		for key, value := range v {
			name = fmt.Sprint(key[1:], " ", value)
		}
		t.Run(name, func(t *testing.T) {
			c := &conversation{t: t, shard: newShard(t), client: fresh(t), links: map[string]*connection{}, known: maps.Clone(v)}
			var cancel context.CancelFunc
			c.ctx, cancel = context.WithTimeout(t.Context(), patience)
			defer cancel()
			check(t, c.client.Start(c.shard.URL, session, token, s))
			defer c.client.Close()
			for i, step := range s.Steps {
				if wrong := c.take(step); wrong != "" {
					text, _ := json.Marshal(step)
					t.Fatalf("step %d, %s: %s", i+1, text, wrong)
				}
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type conversation struct {
	t      *testing.T
	ctx    context.Context
	shard  *shard
	client Client
	links  map[string]*connection
	known  variables
}

// take does one step, and says what was wrong.
func (c *conversation) take(s Step) string {
	switch {
	case s.Accept != "":
		return c.accept(s)
	case s.To != "":
		return c.send(c.links[s.To], s.Frame)
	case s.By != "":
		return c.expect(c.links[s.By], s.Frame)
	case s.Close != "":
		return said(c.links[s.Close].close(c.number(s.Code)))
	case s.Cut != "":
		return said(c.links[s.Cut].ws.NetConn().Close())
	case s.Left != "":
		return c.left(c.links[s.Left])
	case s.Gone != "":
		return c.gone(c.links[s.Gone])
	case s.Spend:
		c.shard.spend.Store(true)
		return ""
	case s.Refuse != nil:
		c.shard.refuse.Store(int64(c.number(s.Refuse)))
		return ""
	case s.Do != "":
		return said(c.client.Do(s.Do, s.Action))
	case s.Answer != "":
		return c.answer(s)
	case s.Say != nil:
		return said(c.client.Say(s.Say))
	case s.View != nil:
		return c.view(s.View)
	case s.Ended:
		return c.ended(s)
	}
	return "it says nothing"
}

func said(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

func (c *conversation) number(raw json.RawMessage) int {
	value, err := c.known.fill(raw)
	check(c.t, err)
	n, err := strconv.Atoi(fmt.Sprint(value))
	check(c.t, err)
	return n
}

func (c *conversation) accept(s Step) string {
	select {
	case link := <-c.shard.connections:
		c.links[s.Accept] = link
		c.t.Cleanup(func() { _ = link.ws.Close() })
		wantPath, wantToken := "/api/v2/sessions/"+session+"/ws", token
		if s.Path != "" {
			wantPath = s.Path
		}
		if s.Token != "" {
			wantToken = s.Token
		}
		if link.path != wantPath || link.token != wantToken {
			return fmt.Sprintf("opened %s with token %q, want %s with %q", link.path, link.token, wantPath, wantToken)
		}
		return ""
	case <-c.ctx.Done():
		return "nobody connected"
	}
}

func (c *conversation) send(link *connection, raw json.RawMessage) string {
	frame, err := c.known.fill(raw)
	check(c.t, err)
	data, err := json.Marshal(frame)
	check(c.t, err)
	return said(link.ws.WriteMessage(websocket.TextMessage, data))
}

// expect waits for a frame of the client. Heartbeats are passed over, unless one
// is expected.
func (c *conversation) expect(link *connection, raw json.RawMessage) string {
	want, err := read(raw)
	check(c.t, err)
	for {
		select {
		case frame, more := <-link.frames:
			if !more {
				return "the connection ended: " + (<-link.ended).Error()
			}
			got, err := read(frame)
			check(c.t, err)
			if got.(map[string]any)["type"] == "heartbeat" && want.(map[string]any)["type"] != "heartbeat" {
				continue
			}
			return c.known.match("", want, got)
		case <-c.ctx.Done():
			return "nothing came"
		}
	}
}

func (c *conversation) left(link *connection) string {
	select {
	case err := <-link.ended:
		if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			return "the connection ended: " + err.Error()
		}
		return ""
	case <-c.ctx.Done():
		return "the client stays"
	}
}

func (c *conversation) gone(link *connection) string {
	select {
	case err := <-link.ended:
		c.t.Logf("a connection ended: %v", err) // however it was
		return ""
	case <-c.ctx.Done():
		return "it goes on"
	}
}

func (c *conversation) answer(s Step) string {
	raw, err := c.client.Answer(c.ctx, s.Answer)
	if err != nil {
		return err.Error()
	}
	want, err := read(s.Is)
	check(c.t, err)
	got, err := read(raw)
	check(c.t, err)
	return c.known.match("", want, got)
}

func (c *conversation) view(want map[string]json.RawMessage) string {
	texts := func(leaves map[string]json.RawMessage) map[string]string {
		out := map[string]string{}
		for _, path := range slices.Sorted(maps.Keys(leaves)) {
			out[path] = string(leaves[path])
		}
		return out
	}
	for {
		got, err := c.client.View(c.ctx)
		if err != nil {
			return err.Error()
		}
		diff := cmp.Diff(texts(want), texts(got))
		if diff == "" {
			return ""
		}
		select {
		case <-c.ctx.Done():
			return "(-want +got)\n" + diff
		case <-time.After(time.Millisecond):
		}
	}
}

func (c *conversation) ended(s Step) string {
	newToken, err := c.client.Ended(c.ctx)
	if err != nil {
		return err.Error()
	}
	if s.NewToken != nil && *s.NewToken != newToken {
		return fmt.Sprintf("another token would help: %t", newToken)
	}
	return ""
}
