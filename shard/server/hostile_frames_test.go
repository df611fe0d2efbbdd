// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"compress/flate"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/ws"
	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

const beat = `{"type":"heartbeat"}`

var (
	part    = bytes.Repeat([]byte(" "), 1024)
	control = bytes.Repeat([]byte("x"), 126)
)

// deflated returns what fits a frame and unpacks to 32 MiB.
func deflated() []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(make([]byte, 32<<20)) // to a buffer
	_ = w.Close()
	return b.Bytes()[:min(b.Len(), wire.MaxFrameBytes)]
}

// fragments begins a message and goes on with n fragments of some size.
func fragments(n int, of []byte) []byte {
	b := raw(ws.OpText, false, 0, of)
	for range n {
		b = append(b, raw(ws.OpContinuation, false, 0, of)...)
	}
	return b
}

// badFrames break RFC 6455, or the protocol's own framing.
var badFrames = map[string]struct {
	send []byte
	want ws.StatusCode
}{
	"reserved bit 1":                        {raw(ws.OpText, true, ws.Rsv(true, false, false), []byte(beat)), 1002},
	"reserved bit 2":                        {raw(ws.OpText, true, ws.Rsv(false, true, false), []byte(beat)), 1002},
	"reserved bit 3":                        {raw(ws.OpText, true, ws.Rsv(false, false, true), []byte(beat)), 1002},
	"reserved bit on a ping":                {raw(ws.OpPing, true, ws.Rsv(true, false, false), nil), 1002},
	"deflated, though not agreed on":        {raw(ws.OpText, true, ws.Rsv(true, false, false), []byte{0xaa, 0x56, 0x2a, 0xa9, 0x2c, 0x48, 0x55, 0xb2}), 1002},
	"a bomb, deflated":                      {raw(ws.OpText, true, ws.Rsv(true, false, false), deflated()), 1002},
	"opcode 3":                              {raw(3, true, 0, nil), 1002},
	"opcode 7":                              {raw(7, true, 0, []byte("x")), 1002},
	"opcode 11":                             {raw(11, true, 0, nil), 1002},
	"opcode 15":                             {raw(15, true, 0, nil), 1002},
	"unmasked":                              {unmasked(beat), 1002},
	"ping of 126 bytes":                     {raw(ws.OpPing, true, 0, control), 1002},
	"pong of 126 bytes":                     {raw(ws.OpPong, true, 0, control), 1002},
	"close of 126 bytes":                    {raw(ws.OpClose, true, 0, control), 1002},
	"ping in fragments":                     {raw(ws.OpPing, false, 0, []byte("x")), 1002},
	"close in fragments":                    {raw(ws.OpClose, false, 0, []byte{3, 232}), 1002},
	"continuation of nothing":               {raw(ws.OpContinuation, true, 0, []byte(beat)), 1002},
	"continuation after the end":            {append(text(beat), raw(ws.OpContinuation, true, 0, []byte("x"))...), 1002},
	"text between fragments":                {append(raw(ws.OpText, false, 0, []byte(`{"type":`)), text(beat)...), 1002},
	"binary between fragments":              {append(raw(ws.OpText, false, 0, []byte(`{"type":`)), raw(ws.OpBinary, true, 0, nil)...), 1002},
	"length with its top bit set":           {[]byte{0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}, 1009},
	"length of 2^62":                        {[]byte{0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 1009},
	"length past the limit":                 {raw(ws.OpText, true, 0, bytes.Repeat([]byte(" "), wire.MaxFrameBytes+1)), 1009},
	"binary past the limit":                 {raw(ws.OpBinary, true, 0, make([]byte, wire.MaxFrameBytes+1)), 1009},
	"fragments past the limit":              {fragments(wire.MaxFrameBytes/len(part)+1, part), 1009},
	"binary":                                {raw(ws.OpBinary, true, 0, []byte(beat)), 1003},
	"binary, empty":                         {raw(ws.OpBinary, true, 0, nil), 1003},
	"invalid UTF-8":                         {text("{\"type\":\"\xff\"}"), 1007},
	"UTF-8 cut between fragments":           {append(raw(ws.OpText, false, 0, []byte("{\"type\":\"\xc3")), raw(ws.OpContinuation, true, 0, []byte("\"}"))...), 1007},
	"a surrogate as UTF-8":                  {text("{\"type\":\"\xed\xa0\x80\"}"), 1007},
	"overlong UTF-8":                        {text("{\"type\":\"\xc0\xaf\"}"), 1007},
	"invalid UTF-8 in the reason":           {closing(1000, "\xff"), 1002},
	"close code 999":                        {closing(999, ""), 1002},
	"close code 1004":                       {closing(1004, ""), 1002},
	"close code 1005":                       {closing(1005, ""), 1002},
	"close code 1006":                       {closing(1006, ""), 1002},
	"close code 1015":                       {closing(1015, ""), 1002},
	"close code 2999":                       {closing(2999, ""), 1002},
	"close code 5000":                       {closing(5000, ""), 1002},
	"close":                                 {closing(1000, "bye"), 1000},
	"close with a code of its own":          {closing(4321, ""), 4321},
	"100,000 keys":                          {text(declaring(`{"n":1,"action_id":"x","action":{` + manyKeys(100_000) + `"z":1}}`)), 1009},
	"fragments of one byte, past the limit": {fragments(wire.MaxFrameBytes+1, []byte(" ")), 1009},
}

// TestRawFrames: what breaks RFC 6455, or the protocol's own framing, closes the
// connection with the code for just that.
func TestRawFrames(t *testing.T) {
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	for name, tc := range badFrames {
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
