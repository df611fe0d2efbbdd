// SPDX-License-Identifier: Apache-2.0

package server

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// FuzzTake: whatever a client says, first or later, it is taken or it is a strike,
// and what is passed on is in bounds.
func FuzzTake(f *testing.F) {
	for _, begun := range []bool{false, true} {
		for _, frame := range badJSON {
			if len(frame) < 1<<10 {
				f.Add(begun, []byte(frame))
			}
		}
		for _, frame := range []string{
			beat, `{"type":"sync_request","data":{"paths":["/combat"]}}`, `{"type":"resume","data":{"epoch":1,"version":9,"hash":"0","preconnect":true}}`,
			`{"type":"chat","data":{"text":"hi"}}`, `{"type":"map_ping","data":{"at":[1,2]}}`, `{"type":"migrate_ready","data":{"epoch":1}}`, `{"type":"relay_ready"}`,
			declaring(`{"n":1,"action_id":"x","action":{"type":"dash","creature":"aria"}}`),
		} {
			f.Add(begun, []byte(frame))
		}
	}
	s := New(Config{Shard: "a", Logger: slog.New(slog.DiscardHandler), Metrics: NewMetrics(prometheus.NewRegistry())})
	f.Fuzz(func(t *testing.T, begun bool, message []byte) {
		c := &conn{srv: s, id: testSession, claims: auth.Claims{Session: testSession, Player: "ann", Role: auth.Player}, started: begun}
		c.init()
		c.out = newOutbox(nil)
		c.out.writing = true // as if a slow client were written to: frames stay
		m := &mute{}
		if begun {
			c.attached(m)
		}
		c.take(message)
		select {
		case s := <-c.first:
			if begun || !c.started || s.resume != nil && (s.resume.Epoch > 1<<53 || s.resume.Version > 1<<53) {
				t.Errorf("%q begins with %+v", message, s)
			}
		default:
		}
		if !begun && !c.started && c.strikes == 0 && len(m.commands)+len(m.syncs) > 0 {
			t.Errorf("%q is passed on before the first frame", message)
		}
		for _, paths := range m.syncs {
			if len(paths) > wire.MaxSyncPaths {
				t.Errorf("%d paths are passed on", len(paths))
			}
		}
		if c.ended.Load() {
			t.Errorf("%q ends the connection", message)
		}
	})
}

// FuzzPeek: what a shard reads of another's frames is what is in them.
func FuzzPeek(f *testing.F) {
	f.Add([]byte(`{"type":"ack","data":{"n":7,"epoch":1,"version":9}}`))
	f.Add([]byte(`{"type":"resumed","data":{"epoch":1,"version":9,"current":{"epoch":1,"version":12}}}`))
	f.Add([]byte(`{"type":"relay_ahead","data":{"shard":"b","epoch":2}}`))
	f.Add([]byte(`{"type":"sync_response","data":{"partial":true}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, err := peek(frame)
		if err != nil {
			return
		}
		if n := h.answers(); n != 0 && h.Type != wire.TypeAck && h.Type != wire.TypeRefusal {
			t.Errorf("%q answers %d", frame, n)
		}
		if at := h.position(); h.Data.Partial && h.Type == wire.TypeSyncResponse && !at.IsZero() {
			t.Errorf("a part of a view moves its client to %s", at)
		}
		_ = h.current()
	})
}
