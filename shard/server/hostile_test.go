// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// attacker is a client that sends whatever bytes it likes. It is built on a
// library that has nothing in common with the server's.
type attacker struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (sh *shard) attack(t *testing.T) *attacker {
	t.Helper()
	d := ws.Dialer{
		Protocols:  []string{wire.Subprotocol},
		Extensions: nil,
		Header:     ws.HandshakeHeaderHTTP(http.Header{wire.TokenHeader: {sh.stage.token("ann", auth.Player, time.Now().Add(time.Hour))}}),
	}
	nc, rest, _, err := d.Dial(t.Context(), "ws"+strings.TrimPrefix(sh.http.URL, "http")+clientPath)
	check(t, err)
	t.Cleanup(func() { _ = nc.Close() })
	if rest == nil {
		rest = bufio.NewReader(nc)
	}
	return &attacker{Conn: nc, t: t, r: rest}
}

// raw builds one frame, masked as a client's must be.
func raw(op ws.OpCode, fin bool, rsv byte, payload []byte) []byte {
	var b bytes.Buffer
	mask := [4]byte{1, 2, 3, 4}
	h := ws.Header{Fin: fin, Rsv: rsv, OpCode: op, Masked: true, Mask: mask, Length: int64(len(payload))}
	if err := ws.WriteHeader(&b, h); err != nil {
		panic(err)
	}
	masked := bytes.Clone(payload)
	ws.Cipher(masked, mask, 0)
	b.Write(masked)
	return b.Bytes()
}

func text(payload string) []byte { return raw(ws.OpText, true, 0, []byte(payload)) }

func closing(code uint16, reason string) []byte {
	return raw(ws.OpClose, true, 0, append([]byte{byte(code >> 8), byte(code)}, reason...))
}

func unmasked(payload string) []byte { return ws.MustCompileFrame(ws.NewTextFrame([]byte(payload))) }

func (a *attacker) send(parts ...[]byte) {
	a.t.Helper()
	// The server may have closed while a long attack is under way.
	_, _ = a.Write(bytes.Join(parts, nil))
}

// frame reads one frame of the shard.
func (a *attacker) frame() (ws.Frame, error) {
	a.t.Helper()
	check(a.t, a.SetReadDeadline(time.Now().Add(20*time.Second)))
	f, err := ws.ReadFrame(a.r)
	if err == nil && (f.Header.Masked || f.Header.Rsv != 0) {
		a.t.Errorf("the shard sent a frame with header %+v", f.Header)
	}
	return f, err
}

// verdict reads up to a close frame, or to the answer of a sync, and returns the
// close code (0: none) and the codes of the errors before it.
func (a *attacker) verdict() (code ws.StatusCode, told []string) {
	a.t.Helper()
	for {
		f, err := a.frame()
		if err != nil {
			a.t.Fatalf("the connection ended without a close frame: %v", err)
		}
		if f.Header.OpCode == ws.OpClose {
			code, _ := ws.ParseCloseFrameData(f.Payload)
			return code, told
		}
		if f.Header.OpCode != ws.OpText {
			continue
		}
		got, err := wire.DecodeFrame(f.Payload)
		check(a.t, err)
		switch got.Type {
		case wire.TypeError:
			told = append(told, decode[wire.Error](a.t, got).Code)
		case wire.TypeRefusal:
			told = append(told, decode[wire.Refusal](a.t, got).Code)
		case wire.TypeSyncResponse:
			return 0, told
		}
	}
}

// TestRawFrames: what breaks RFC 6455, or the protocol's own framing, closes the
// connection with the code for just that.
func TestRawFrames(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	beat := `{"type":"heartbeat"}`
	part := bytes.Repeat([]byte(" "), 1024)
	control := bytes.Repeat([]byte("x"), 126)
	fragments := func(n int) []byte {
		b := raw(ws.OpText, false, 0, part)
		for range n {
			b = append(b, raw(ws.OpContinuation, false, 0, part)...)
		}
		return b
	}
	tests := map[string]struct {
		send []byte
		want ws.StatusCode
	}{
		"reserved bit 1":                 {raw(ws.OpText, true, ws.Rsv(true, false, false), []byte(beat)), 1002},
		"reserved bit 2":                 {raw(ws.OpText, true, ws.Rsv(false, true, false), []byte(beat)), 1002},
		"reserved bit 3":                 {raw(ws.OpText, true, ws.Rsv(false, false, true), []byte(beat)), 1002},
		"reserved bit on a ping":         {raw(ws.OpPing, true, ws.Rsv(true, false, false), nil), 1002},
		"deflated, though not agreed on": {raw(ws.OpText, true, ws.Rsv(true, false, false), []byte{0xaa, 0x56, 0x2a, 0xa9, 0x2c, 0x48, 0x55, 0xb2}), 1002},
		"opcode 3":                       {raw(3, true, 0, nil), 1002},
		"opcode 7":                       {raw(7, true, 0, []byte("x")), 1002},
		"opcode 11":                      {raw(11, true, 0, nil), 1002},
		"opcode 15":                      {raw(15, true, 0, nil), 1002},
		"unmasked":                       {unmasked(beat), 1002},
		"ping of 126 bytes":              {raw(ws.OpPing, true, 0, control), 1002},
		"pong of 126 bytes":              {raw(ws.OpPong, true, 0, control), 1002},
		"close of 126 bytes":             {raw(ws.OpClose, true, 0, control), 1002},
		"ping in fragments":              {raw(ws.OpPing, false, 0, []byte("x")), 1002},
		"close in fragments":             {raw(ws.OpClose, false, 0, []byte{3, 232}), 1002},
		"continuation of nothing":        {raw(ws.OpContinuation, true, 0, []byte(beat)), 1002},
		"continuation after the end":     {append(text(beat), raw(ws.OpContinuation, true, 0, []byte("x"))...), 1002},
		"text between fragments":         {append(raw(ws.OpText, false, 0, []byte(`{"type":`)), text(beat)...), 1002},
		"binary between fragments":       {append(raw(ws.OpText, false, 0, []byte(`{"type":`)), raw(ws.OpBinary, true, 0, nil)...), 1002},
		"length with its top bit set":    {[]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}, 1009},
		"length of 2^62":                 {[]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
		"length past the limit":          {raw(ws.OpText, true, 0, bytes.Repeat([]byte(" "), wire.MaxFrameBytes+1)), 1009},
		"binary past the limit":          {raw(ws.OpBinary, true, 0, make([]byte, wire.MaxFrameBytes+1)), 1009},
		"fragments past the limit":       {fragments(wire.MaxFrameBytes/len(part) + 1), 1009},
		"binary":                         {raw(ws.OpBinary, true, 0, []byte(beat)), 1003},
		"binary, empty":                  {raw(ws.OpBinary, true, 0, nil), 1003},
		"invalid UTF-8":                  {text("{\"type\":\"\xff\"}"), 1007},
		"UTF-8 cut between fragments":    {append(raw(ws.OpText, false, 0, []byte("{\"type\":\"\xc3")), raw(ws.OpContinuation, true, 0, []byte("\"}"))...), 1007},
		"a surrogate as UTF-8":           {text("{\"type\":\"\xed\xa0\x80\"}"), 1007},
		"overlong UTF-8":                 {text("{\"type\":\"\xc0\xaf\"}"), 1007},
		"invalid UTF-8 in the reason":    {closing(1000, "\xff"), 1002},
		"close code 999":                 {closing(999, ""), 1002},
		"close code 1004":                {closing(1004, ""), 1002},
		"close code 1005":                {closing(1005, ""), 1002},
		"close code 1006":                {closing(1006, ""), 1002},
		"close code 1015":                {closing(1015, ""), 1002},
		"close code 2999":                {closing(2999, ""), 1002},
		"close code 5000":                {closing(5000, ""), 1002},
		"close":                          {closing(1000, "bye"), 1000},
		"close with a code of its own":   {closing(4321, ""), 4321},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := a.attack(t)
			c.send(tc.send)
			if got, told := c.verdict(); got != tc.want || len(told) > 0 {
				t.Errorf("closed with %d after %v, want %d after nothing", got, told, tc.want)
			}
		})
	}
	t.Run("others play on", func(t *testing.T) {
		gm := a.player("gm", auth.GameMaster)
		gm.declare(`{"type":"start_combat"}`)
		gm.until(wire.TypeAck)
	})
}

// TestRawFramesThatAreFine: the odd is not the wrong.
func TestRawFramesThatAreFine(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	sync := `{"type":"sync_request"}`
	var bytewise []byte
	for i := range sync {
		op := ws.OpContinuation
		if i == 0 {
			op = ws.OpText
		}
		bytewise = append(bytewise, raw(op, i == len(sync)-1, 0, []byte{sync[i]})...)
		bytewise = append(bytewise, raw(ws.OpPing, true, 0, []byte("between"))...)
	}
	tests := map[string][]byte{
		"whole":                           text(sync),
		"byte by byte, pings in between":  bytewise,
		"empty fragments":                 bytes.Join([][]byte{raw(ws.OpText, false, 0, nil), raw(ws.OpContinuation, false, 0, []byte(sync)), raw(ws.OpContinuation, true, 0, nil)}, nil),
		"ping of 125 bytes":               append(raw(ws.OpPing, true, 0, make([]byte, 125)), text(sync)...),
		"pong that nobody asked for":      append(raw(ws.OpPong, true, 0, []byte("?")), text(sync)...),
		"exactly the limit":               text(strings.Repeat(" ", wire.MaxFrameBytes-len(sync)) + sync),
		"length written longer than need": append([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0, 0, byte(len(sync)), 0, 0, 0, 0}, sync...),
	}
	for name, send := range tests {
		t.Run(name, func(t *testing.T) {
			c := a.attack(t)
			c.send(send)
			if code, told := c.verdict(); code != 0 || len(told) > 0 {
				t.Errorf("closed with %d after %v", code, told)
			}
		})
	}
}

// TestBadJSON: each bad frame is told as bad_request and the connection stays.
func TestBadJSON(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	declare := func(data string) string { return `{"type":"action_declare","data":` + data + `}` }
	var many strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&many, `"k%d":1,`, i)
	}
	tests := map[string]string{
		"depth of ten thousand": strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000),
		"open without end":      strings.Repeat(`{"a":`, 5000),
		"three thousand keys":   declare(`{"n":1,"action_id":"x","action":{` + many.String() + `"z":1}}`),
		"a key twice":           declare(`{"n":1,"n":2,"action_id":"x","action":{}}`),
		"type twice":            `{"type":"heartbeat","type":"sync_request"}`,
		"type in capitals":      `{"TYPE":"heartbeat"}`,
		"1e400":                 declare(`{"n":1e400,"action_id":"x","action":{}}`),
		"1e400 in the action":   declare(`{"n":1,"action_id":"x","action":{"type":"dash","x":1e400}}`),
		"2^53 + 1":              declare(`{"n":9007199254740993,"action_id":"x","action":{}}`),
		"resume past 2^53":      `{"type":"resume","data":{"epoch":18446744073709551615,"version":1}}`,
		"NaN":                   declare(`{"n":NaN,"action_id":"x","action":{}}`),
		"trailing data":         `{"type":"heartbeat"}{"type":"heartbeat"}`,
		"trailing garbage":      `{"type":"heartbeat"}]`,
		"byte order mark":       "\ufeff" + `{"type":"heartbeat"}`,
		"lone surrogate":        declare(`{"n":1,"action_id":"\ud800","action":{}}`),
		"U+0000":                declare(`{"n":1,"action_id":"\u0000","action":{}}`),
		"unknown field":         declare(`{"n":1,"action_id":"x","action":{},"as":"gm"}`),
		"unknown envelope":      `{"type":"heartbeat","session":"other"}`,
		"unknown type":          `{"type":"grant_role","data":{"role":"gm"}}`,
		"a shard's frame":       `{"type":"moved","data":{}}`,
		"a peer's frame":        `{"type":"relay_ready"}`,
		"not an object":         `"heartbeat"`,
		"null":                  `null`,
		"nothing":               ``,
		"prototype":             `{"type":"heartbeat","__proto__":{"role":"gm"}}`,
		"n below zero":          declare(`{"n":-1,"action_id":"x","action":{}}`),
		"n is text":             declare(`{"n":"1","action_id":"x","action":{}}`),
		"action is text":        declare(`{"n":1,"action_id":"x","action":"dash"}`),
		"too many paths":        `{"type":"sync_request","data":{"paths":["/x"` + strings.Repeat(`,"/x"`, wire.MaxSyncPaths) + `]}}`,
	}
	for name, frame := range tests {
		t.Run(name, func(t *testing.T) {
			c := a.attack(t)
			c.send(text(`{"type":"sync_request"}`))
			if code, told := c.verdict(); code != 0 || len(told) > 0 {
				t.Fatalf("closed with %d after %v", code, told)
			}
			c.send(text(frame), text(`{"type":"sync_request"}`))
			code, told := c.verdict()
			if code != 0 || len(told) != 1 || told[0] != wire.CodeBadRequest {
				t.Errorf("closed with %d after %v, want %s and no close", code, told, wire.CodeBadRequest)
			}
		})
	}
	t.Run("ten in a row", func(t *testing.T) {
		c := a.attack(t)
		for range maxStrikes {
			c.send(text(`{}`))
		}
		if code, told := c.verdict(); code != 1008 || len(told) != maxStrikes {
			t.Errorf("closed with %d after %d errors, want 1008 after %d", code, len(told), maxStrikes)
		}
	})
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

// TestResumeFromTheFuture: a client is told that there is no such position, through
// a relay too.
func TestResumeFromTheFuture(t *testing.T) {
	st := newStage(t, "a", "b")
	st.shards["a"].create()
	for name, sh := range st.shards {
		t.Run(name, func(t *testing.T) {
			c := sh.dial("ann", auth.Player)
			c.t = t
			c.say(wire.TypeResume, wire.Resume{Position: wire.Position{Epoch: 1, Version: 1000}})
			var lost wire.HistoryLost
			check(t, json.Unmarshal(c.until(wire.TypeHistoryLost).Data, &lost))
			if lost.Reason != wire.ReasonNotInHistory {
				t.Errorf("history_lost for %s, want %s", lost.Reason, wire.ReasonNotInHistory)
			}
			c.until(wire.TypeSyncResponse)
		})
	}
}

// TestSlowClients: who does not come to the point is cut off.
func TestSlowClients(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.pace = pace{heartbeat: time.Minute, ping: 20 * time.Millisecond, idle: 400 * time.Millisecond}
	a.create()
	// cut reads until the shard ends the connection, and answers pings if asked.
	cut := func(c *attacker, pong bool) ws.StatusCode {
		for {
			f, err := c.frame()
			switch {
			case errors.Is(err, io.EOF) || err != nil && !isTimeout(err):
				return 0
			case err != nil:
				c.t.Fatalf("the shard keeps the connection: %v", err)
			case f.Header.OpCode == ws.OpClose:
				code, _ := ws.ParseCloseFrameData(f.Payload)
				return code
			case f.Header.OpCode == ws.OpPing && pong:
				c.send(raw(ws.OpPong, true, 0, f.Payload))
			}
		}
	}
	t.Run("no pong", func(t *testing.T) {
		c := a.attack(t)
		c.send(text(`{"type":"sync_request"}`))
		if code := cut(c, false); code != 0 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("no first frame", func(t *testing.T) {
		if code := cut(a.attack(t), true); code != wire.CloseIdle {
			t.Errorf("closed with %d, want %d", code, wire.CloseIdle)
		}
	})
	t.Run("a frame that never ends", func(t *testing.T) {
		c := a.attack(t)
		c.send(text(`{"type":"sync_request"}`))
		c.verdict()
		c.send(text(`{"type":"heartbeat"}`)[:8])
		if code := cut(c, false); code != 0 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("fragments without end, pongs in between", func(t *testing.T) {
		c := a.attack(t)
		c.send(text(`{"type":"sync_request"}`))
		c.verdict()
		c.send(raw(ws.OpText, false, 0, []byte("{")))
		done := make(chan struct{})
		defer close(done)
		go func() {
			for {
				select {
				case <-done:
					return
				case <-time.After(5 * time.Millisecond):
					if _, err := c.Write(raw(ws.OpContinuation, false, 0, nil)); err != nil {
						return
					}
				}
			}
		}()
		if code := cut(c, true); code != 0 {
			t.Errorf("closed with %d", code)
		}
	})
	t.Run("one that answers is kept", func(t *testing.T) {
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

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// TestSlowRequests: a request that does not come to its end holds no connection.
func TestSlowRequests(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	begun := "GET " + clientPath + " HTTP/1.1\r\nHost: x\r\n"
	dial := func(t *testing.T, send string) net.Conn {
		t.Helper()
		var d net.Dialer
		c, err := d.DialContext(t.Context(), "tcp", strings.TrimPrefix(a.http.URL, "http://"))
		check(t, err)
		t.Cleanup(func() { _ = c.Close() })
		_, err = io.WriteString(c, send)
		check(t, err)
		check(t, c.SetDeadline(time.Now().Add(20*time.Second)))
		return c
	}
	waiting := map[string]net.Conn{
		"nothing":        dial(t, ""),
		"half a line":    dial(t, "GET /api"),
		"half a request": dial(t, begun),
	}
	trickle := dial(t, begun)
	go func() {
		for {
			if _, err := io.WriteString(trickle, "X-A: b\r\n"); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	waiting["header by header"] = trickle
	for name, c := range waiting {
		// A reset is an end, too: the shard had not read all of it.
		if answer, err := io.ReadAll(c); isTimeout(err) {
			t.Errorf("%s: the shard still waits after %q", name, answer)
		}
	}
}

// TestBigRequests: a header beyond the limit is refused, whatever it holds.
func TestBigRequests(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	r := request(st, a.http.URL+clientPath)
	r.Header.Set(wire.TokenHeader, strings.Repeat("A", 64<<10))
	resp, err := http.DefaultTransport.RoundTrip(r)
	check(t, err)
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d, want 431", resp.StatusCode)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// TestCompressionIsNotAgreedOn: there is no bomb to unpack.
func TestCompressionIsNotAgreedOn(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}, EnableCompression: true}
	c, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(a.http.URL, "http")+clientPath,
		http.Header{wire.TokenHeader: {st.token("ann", auth.Player, time.Now().Add(time.Hour))}})
	check(t, err)
	defer func() { _ = c.Close() }()
	_ = resp.Body.Close()
	if got := resp.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("agreed on %q", got)
	}
}

// TestFloodOfBadFramesCostsNothing: the shard holds no more memory after a
// thousand hostile connections than before.
func TestFloodOfBadFramesCostsNothing(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	bomb := text(strings.Repeat("[", wire.MaxFrameBytes))
	attack := func() {
		c := a.attack(t)
		for range maxStrikes {
			c.send(bomb)
		}
		if code, _ := c.verdict(); code != 1008 {
			t.Fatalf("closed with %d, want 1008", code)
		}
		_ = c.Close()
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	attack()
	before := held()
	for range 200 {
		attack()
	}
	if after := held(); after > before+(4<<20) {
		t.Errorf("heap grew from %d to %d bytes", before, after)
	}
}
