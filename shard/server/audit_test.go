// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/audit"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// written keeps what is logged.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// TestWhoComesAndGoesIsAudited, at the door alone, and no token is in the log.
func TestWhoComesAndGoesIsAudited(t *testing.T) {
	st := newStage(t, "owner", "door")
	var log written
	logger := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, sh := range st.shards {
		sh.Logger, sh.denials = logger, audit.NewDenials(logger, time.Now)
	}
	st.shards["owner"].create()
	door := st.shards["door"]

	good := st.token("ann", auth.Player, time.Now().Add(time.Hour))
	for _, change := range []func(*http.Request){
		func(r *http.Request) { r.Header.Set(wire.TokenHeader, "gst1.k1.forged.forged") },
		func(r *http.Request) { r.URL.RawQuery = "token=" + good },
		func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		func(r *http.Request) { r.Header.Set("Authorization", "Bearer forged") },
	} {
		r := request(st, door.http.URL+clientPath)
		r.Header.Set(wire.TokenHeader, good)
		change(r)
		resp, err := http.DefaultTransport.RoundTrip(r)
		check(t, err)
		_ = resp.Body.Close()
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	c := door.player("ann", auth.Player)
	check(t, c.Close())
	st.await("the client to be gone", func() bool { return strings.Contains(log.String(), `"left"`) })

	type line struct{ Msg, Event, Session, By, Role, Reason, Address string }
	var got []line
	for dec := json.NewDecoder(strings.NewReader(log.String())); dec.More(); {
		var l line
		check(t, dec.Decode(&l))
		if l.Msg == "audit" {
			got = append(got, l)
		}
	}
	denied := func(reason string) line {
		return line{Msg: "audit", Event: "denied", Session: testSession, Reason: reason, Address: "127.0.0.1"}
	}
	want := []line{
		denied("bad_token"), denied("token_in_query"), denied("origin"), denied("bad_identity"),
		{Msg: "audit", Event: "joined", Session: testSession, By: "ann", Role: "player", Address: "127.0.0.1"},
		{Msg: "audit", Event: "left", Session: testSession, By: "ann"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("audited (-want +got):\n%s", diff)
	}
	if text := log.String(); strings.Contains(text, good) || strings.Contains(text, "forged") {
		t.Errorf("the log holds a token:\n%s", text)
	}
}
