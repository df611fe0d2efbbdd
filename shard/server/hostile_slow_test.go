// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/wire"
)

const cutOff = "cut off"

// ending reads until the shard ends the connection and says how it did. It
// answers pings if asked.
func (a *attacker) ending(pong bool) string {
	a.t.Helper()
	for {
		f, err := a.frame()
		switch {
		case errors.Is(err, io.EOF) || err != nil && !isTimeout(err):
			return cutOff
		case err != nil:
			a.t.Fatalf("the shard keeps the connection: %v", err)
		case f.Header.OpCode == ws.OpClose:
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return closedWith(code)
		case f.Header.OpCode == ws.OpPing && pong:
			a.send(raw(ws.OpPong, true, 0, f.Payload))
		}
	}
}

// dribble sends the same again and again until the connection or the test ends.
func (a *attacker) dribble(every time.Duration, what []byte) {
	done := make(chan struct{})
	a.t.Cleanup(func() { close(done) })
	go func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(every):
				if _, err := a.Write(what); err != nil {
					return
				}
			}
		}
	}()
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// slowClients do not come to the point. Each is played against a shard whose
// deadlines are short.
var slowClients = map[string]struct {
	play func(c *attacker) string
	want string
}{
	"answers no ping": {func(c *attacker) string {
		c.send(text(`{"type":"sync_request"}`))
		return c.ending(false)
	}, cutOff},
	"says nothing behind the handshake": {func(c *attacker) string { return c.ending(true) }, closedWith(wire.CloseIdle)},
	"a frame that never ends": {func(c *attacker) string {
		c.send(text(`{"type":"sync_request"}`), text(beat)[:8])
		return c.ending(false)
	}, cutOff},
	"a frame header that never ends": {func(c *attacker) string {
		c.send(text(`{"type":"sync_request"}`), []byte{0x81})
		return c.ending(false)
	}, cutOff},
	"a frame byte by byte": {func(c *attacker) string {
		c.send(text(`{"type":"sync_request"}`), text(strings.Repeat(" ", wire.MaxFrameBytes))[:8])
		c.dribble(5*time.Millisecond, []byte(" "))
		return c.ending(false)
	}, cutOff},
	"fragments without end, pongs in between": {func(c *attacker) string {
		c.send(text(`{"type":"sync_request"}`), raw(ws.OpText, false, 0, []byte("{")))
		c.dribble(5*time.Millisecond, raw(ws.OpContinuation, false, 0, nil))
		return c.ending(true)
	}, cutOff},
	"pongs that nobody asked for, and nothing else": {func(c *attacker) string {
		c.dribble(5*time.Millisecond, raw(ws.OpPong, true, 0, nil))
		return c.ending(true)
	}, closedWith(wire.CloseIdle)},
}

func TestSlowClients(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	// Who answers pings is kept even where nothing runs for a second or two.
	a.pace = pace{heartbeat: time.Minute, ping: 100 * time.Millisecond, idle: 3 * time.Second}
	a.create()
	for name, tc := range slowClients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.play(a.attack(t)); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	t.Run("one that answers is kept", func(t *testing.T) {
		t.Parallel()
		c := a.attack(t)
		c.send(text(`{"type":"sync_request"}`))
		c.verdict()
		for pings := 0; pings < 40; {
			f, err := c.frame()
			check(t, err)
			if f.Header.OpCode == ws.OpPing {
				pings++
				c.send(raw(ws.OpPong, true, 0, f.Payload))
			}
		}
	})
}

// slowReaders read next to nothing until the shard has given them up.
var slowReaders = map[string]func(c *attacker, done func() bool){
	"reads nothing": func(*attacker, func() bool) {},
	"reads a byte at a time": func(c *attacker, done func() bool) {
		for !done() {
			if _, err := c.r.ReadByte(); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	},
}

// TestSlowReaders are closed alone; the others play on.
func TestSlowReaders(t *testing.T) {
	for name, read := range slowReaders {
		t.Run(name, func(t *testing.T) {
			st := newStage(t, "a")
			a := st.shards["a"]
			a.create()
			gm, c := a.player("gm", auth.GameMaster), a.attack(t)
			given := func() bool { return a.metric("gamesession_slow_consumers_total", "") > 0 }
			reading := make(chan struct{})
			go func() {
				defer close(reading)
				read(c, given)
			}()
			for !given() {
				for range 100 {
					c.send(text(`{"type":"sync_request"}`))
				}
				gm.n = 0 // the first answer again
				gm.acked(`{"type":"start_combat"}`)
			}
			<-reading
			left, err := io.ReadAll(c.r) // what is on its way, from the middle of a frame
			check(t, err)
			code := []byte{byte(wire.CloseSlowConsumer >> 8), byte(wire.CloseSlowConsumer & 0xff)}
			if at := strings.LastIndex(string(left), string(code)); at < 2 || left[at-2] != 0x88 {
				t.Errorf("%d bytes were on their way, without a close frame with %d", len(left), wire.CloseSlowConsumer)
			}
			gm.n = 0
			if again := gm.acked(`{"type":"start_combat"}`); !again.Repeated {
				t.Errorf("the other client's answer: %+v", again)
			}
		})
	}
}

// slowRequests do not come to their end; the last is sent for as long as there is
// a connection.
var slowRequests = map[string]struct{ begin, goOn string }{
	"no request":                 {"", ""},
	"half a request line":        {"GET /api", ""},
	"half a request":             {"GET " + clientPath + " HTTP/1.1\r\nHost: x\r\n", ""},
	"a request header by header": {"GET " + clientPath + " HTTP/1.1\r\nHost: x\r\n", "X-A: b\r\n"},
	"a request byte by byte":     {"GET " + clientPath + " HTTP/1.1\r\nX-A: ", "b"},
}

// TestSlowRequests: a request that does not come to its end holds no connection.
func TestSlowRequests(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	waiting := map[string]net.Conn{}
	for name, tc := range slowRequests {
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(a.http.URL, "http://"))
		check(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = io.WriteString(c, tc.begin)
		check(t, err)
		check(t, c.SetDeadline(time.Now().Add(20*time.Second)))
		waiting[name] = c
		if tc.goOn == "" {
			continue
		}
		go func() {
			for {
				if _, err := io.WriteString(c, tc.goOn); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}()
	}
	for name, c := range waiting {
		// A reset is an end, too: the shard had not read all of it.
		if answer, err := io.ReadAll(c); isTimeout(err) {
			t.Errorf("%s: the shard still waits after %q", name, answer)
		}
	}
}

// floods are more than is allowed; the limits are three a minute. Each says what
// the shard does.
var floods = map[string]struct {
	play func(t *testing.T, a *shard) string
	want string
}{
	"more connections from one address than allowed": {func(t *testing.T, a *shard) string {
		a.Limits.Connects = &counter{left: map[string]int{"127.0.0.1": 3}}
		defer func() { a.Limits.Connects = nil }()
		for range 3 {
			_ = a.attack(t).Close()
		}
		status, answer := a.plainly(t, "X-Forwarded-For: 192.0.2.1")
		return httpAnswer(status, codeIn(t, answer)) + ", whatever the token"
	}, httpAnswer(429, wire.CodeRateLimited) + ", whatever the token"},
	"more messages than allowed, then waits": {func(t *testing.T, a *shard) string {
		c := a.attack(t)
		for range 4 {
			c.send(text(beat))
		}
		told := c.errors(1)
		return "`error` `" + told[0] + "`, the connection stays"
	}, "`error` `" + wire.CodeRateLimited + "`, the connection stays"},
	"more messages than allowed, and goes on": {func(t *testing.T, a *shard) string {
		c := a.attack(t)
		for range 3 + floodMax + 1 {
			c.send(text(beat))
		}
		code, told := c.verdict()
		return fmt.Sprintf("%s after %d `error` `%s`", closedWith(code), len(told), told[0])
	}, fmt.Sprintf("%s after %d `error` `%s`", closedWith(wire.CloseTooManyErrors), floodMax, wire.CodeRateLimited)},
	"more connections than the shard takes": {func(t *testing.T, a *shard) string {
		for range 16 {
			a.attack(t)
		}
		status, answer := a.plainly(t, "X-A: b")
		return httpAnswer(status, codeIn(t, answer))
	}, httpAnswer(http.StatusServiceUnavailable, wire.CodeTooManySockets)},
}

func TestFloods(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	a.Limits.Messages = limit.Rules{Usual: limit.Rule{N: 3, Per: time.Hour}}
	for name, tc := range floods {
		t.Run(name, func(t *testing.T) {
			if got := tc.play(t, a); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
		st.await("the connections to end", func() bool { return a.Sockets() == 0 })
	}
}
