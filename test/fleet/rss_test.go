// SPDX-License-Identifier: Apache-2.0

//go:build linux

package fleet

import (
	"bytes"
	"compress/flate"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

const (
	// attackers come at once, and each again and again.
	attackers = 16
	rounds    = 30
	// mayGrow is what an attack may add to what a shard keeps resident, on top of
	// what it has when so many well-behaved connections have come and gone.
	// docs/security.md states it.
	mayGrow = 32 << 20
)

// rss is what a process keeps resident, in bytes.
func (s *Shard) rss(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", s.Cmd.Process.Pid))
	check(t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	check(t, err)
	return pages * int64(os.Getpagesize())
}

// masked is one frame as a client sends it.
func masked(op ws.OpCode, fin bool, rsv byte, payload []byte) []byte {
	var b bytes.Buffer
	_ = ws.WriteHeader(&b, ws.Header{Fin: fin, Rsv: rsv, OpCode: op, Masked: true, Length: int64(len(payload))}) // a mask of zeros changes nothing
	b.Write(payload)
	return b.Bytes()
}

func said(text string) []byte { return masked(ws.OpText, true, 0, []byte(text)) }

// deflated are 64 MiB of spaces, within the size of a frame where that is possible.
func deflated() []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression) // the level is one of its own
	_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<20))
	_ = w.Close()
	return b.Bytes()
}

// attacks are what a connection sends, over and over; one that reads is an attacker
// that takes the answers.
func attacks() map[string]struct {
	frame []byte
	reads bool
} {
	type attack = struct {
		frame []byte
		reads bool
	}
	keys := strings.Builder{}
	for i := range 3000 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	fragment := append(masked(ws.OpText, false, 0, []byte("{")), bytes.Repeat(masked(ws.OpContinuation, false, 0, []byte(" ")), wire.MaxFrameBytes+1)...)
	return map[string]attack{
		"deflate bombs":             {masked(ws.OpText, true, ws.Rsv(true, false, false), deflated()), true},
		"JSON, depth":               {said(strings.Repeat(`{"a":`, wire.MaxFrameBytes/5)), true},
		"JSON, keys":                {said(`{"type":"action_declare","data":{"n":1,"action_id":"x","action":{` + keys.String() + `"z":1}}}`), true},
		"JSON, escapes":             {said(`"` + strings.Repeat(`\u0041`, wire.MaxFrameBytes/6-1)), true},
		"a frame that is too large": {masked(ws.OpText, true, 0, bytes.Repeat([]byte(" "), 1<<20)), true},
		"fragments":                 {fragment, true},
		"a flood of commands":       {bytes.Repeat(said(`{"type":"action_declare","data":{"n":1,"action_id":"x","action":{"type":"dash","creature":"nobody"}}}`), 2000), true},
		"a flood, nothing read":     {bytes.Repeat(said(`{"type":"sync_request"}`), 4000), false},
	}
}

// TestMemoryUnderAttack watches a real shard's resident memory while it is sent what
// is larger than it seems, more than it should be, or is not read.
func TestMemoryUnderAttack(t *testing.T) {
	binary, err := Build(t.TempDir(), false) // the race detector has memory of its own
	check(t, err)
	// With one processor the shard allocates nothing while the machine does something
	// else than to run its collector: what is measured is what connections cost, and
	// not how busy the machine is.
	t.Setenv("GOMAXPROCS", "1")
	f := New(t, binary)
	shard := f.Start("a")
	f.Create("s1", shard)
	token := f.Token("s1", "ann", auth.Player)
	storm := func(frame []byte, reads bool) {
		var all sync.WaitGroup
		for range attackers {
			all.Go(func() {
				for range rounds {
					attack(t, shard.Address, token, frame, reads)
				}
			})
		}
		all.Wait()
	}
	storm(said(`{"type":"sync_request"}`), true)
	before := shard.rss(t)
	for name, a := range attacks() {
		t.Run(name, func(t *testing.T) {
			done, watched := make(chan struct{}), make(chan int64)
			go func() {
				most := int64(0)
				for {
					most = max(most, shard.rss(t))
					select {
					case <-done:
						watched <- most
						return
					case <-time.After(2 * time.Millisecond):
					}
				}
			}()
			storm(a.frame, a.reads)
			close(done)
			most := <-watched
			t.Logf("resident: %.1f MiB before all attacks, %.1f at most, of %d connections", float64(before)/(1<<20), float64(most)/(1<<20), attackers*rounds)
			if most > before+mayGrow {
				t.Errorf("it grew from %d to %d bytes", before, most)
			}
		})
	}
}

// attack is one connection: what it sends may be cut short by the shard.
func attack(t *testing.T, address, token string, frame []byte, reads bool) {
	d := ws.Dialer{Protocols: []string{wire.Subprotocol}, Header: ws.HandshakeHeaderHTTP(http.Header{wire.TokenHeader: {token}})}
	c, rest, _, err := d.Dial(t.Context(), "ws://"+address+"/api/v2/sessions/s1/ws")
	if err != nil {
		t.Errorf("nobody is let in any more: %v", err)
		return
	}
	defer func() { _ = c.Close() }()
	if rest != nil {
		ws.PutReader(rest)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	var all sync.WaitGroup
	all.Go(func() {
		if reads {
			drain(c)
		}
	})
	_, _ = c.Write(said(`{"type":"sync_request"}`))
	_, _ = c.Write(frame)
	_, _ = c.Write(masked(ws.OpClose, true, 0, []byte{3, 232})) // 1000
	if !reads {
		time.Sleep(5 * time.Millisecond) // what it does not read piles up
	}
	all.Wait()
}

// drain reads until the shard ends the connection.
func drain(c net.Conn) {
	buffer := make([]byte, 4096)
	for {
		if _, err := c.Read(buffer); err != nil {
			return
		}
	}
}
