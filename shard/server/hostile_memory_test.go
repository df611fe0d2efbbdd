// SPDX-License-Identifier: Apache-2.0

package server

import (
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"

	"gamesession.dev/operator/shard/wire"
)

// bombs are frames that are much more than they seem to be, to who reads them
// carelessly.
func bombs() map[string][]byte {
	all := map[string][]byte{
		"deflated, 32 MiB":     raw(ws.OpText, true, ws.Rsv(true, false, false), deflated()),
		"deflated, in parts":   append(raw(ws.OpText, false, ws.Rsv(true, false, false), deflated()), raw(ws.OpContinuation, true, 0, deflated())...),
		"brackets":             text(strings.Repeat("[", wire.MaxFrameBytes)),
		"objects":              text(strings.Repeat(`{"a":`, wire.MaxFrameBytes/5)),
		"a string without end": text(`"` + strings.Repeat(`\u0041`, wire.MaxFrameBytes/6-1)),
		"a number":             text(strings.Repeat("9", wire.MaxFrameBytes)),
		"announced, 2^62":      {0x81, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4},
		"100,000 keys":         text(declaring(`{"n":1,"action_id":"x","action":{` + manyKeys(100_000) + `"z":1}}`)),
		"fragments":            fragments(wire.MaxFrameBytes+1, []byte(" ")),
	}
	for name, frame := range badJSON {
		all[name] = text(frame)
	}
	return all
}

// TestBombsCostNothing: while they come the shard needs hardly more memory than
// before, and afterwards no more. The attackers' own buffers are counted in.
func TestBombsCostNothing(t *testing.T) {
	// With one processor nothing is allocated while the machine does something else
	// than to collect. With more, what is counted is how late the collector was.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	st := newStage(t, "a")
	a := st.shards["a"]
	a.create()
	attack := func(bomb []byte) {
		c := a.attack(t)
		for range maxStrikes {
			c.send(bomb)
		}
		if end := c.ending(true); end == closedWith(1000) {
			t.Fatal("it is let go in peace")
		}
		_ = c.Close()
	}
	all := bombs()
	rounds := func(n int) {
		for range n {
			for _, bomb := range all {
				attack(bomb)
			}
		}
	}
	rounds(1)
	before := inUse(true)
	most := atomic.Uint64{}
	done := make(chan struct{})
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-done:
				return
			default:
				most.Store(max(most.Load(), inUse(false)))
				runtime.Gosched()
			}
		}
	}()
	rounds(4)
	close(done)
	<-watched
	after := inUse(true)
	t.Logf("heap: %d KiB before, %d KiB at most, %d KiB after %d connections", before>>10, most.Load()>>10, after>>10, 4*len(all))
	if after > before+(4<<20) {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if most.Load() > before+(24<<20) {
		t.Errorf("the heap rose to %d bytes, from %d", most.Load(), before)
	}
}

// inUse is the memory of objects, live or not collected yet.
func inUse(collect bool) uint64 {
	if collect {
		runtime.GC()
	}
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
