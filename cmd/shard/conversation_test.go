// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/asyncapi"
	"gamesession.dev/operator/test/port"
)

// TestConversationIsAsDocumented records what a client and a real shard say to each
// other, and holds every frame of it against its schema.
func TestConversationIsAsDocumented(t *testing.T) {
	document, err := asyncapi.Load("../../docs/asyncapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	address := port.Need(t)
	page, stop := devShard(t, "--listen", address)
	token := regexp.MustCompile(`gm .*\n    (gst1\.\S+)`).FindStringSubmatch(page)[1]
	d := websocket.Dialer{Subprotocols: []string{wire.Subprotocol}}
	ws, resp, err := d.Dial("ws://"+address+"/api/v2/sessions/demo/ws", http.Header{wire.TokenHeader: {token}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close(); _ = ws.Close() }()
	seen := map[string]bool{}
	next := func() (string, error) {
		_ = ws.SetReadDeadline(time.Now().Add(patience))
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return "", err
		}
		name, err := document.Check(frame)
		if err != nil {
			t.Errorf("from the shard: %v", err)
		}
		seen[name] = true
		return name, nil
	}
	until := func(want string) {
		t.Helper()
		for {
			switch name, err := next(); {
			case err != nil:
				t.Fatalf("waiting for %s: %v", want, err)
			case name == want:
				return
			}
		}
	}
	for _, step := range []struct{ say, until string }{
		{`{"type":"sync_request","data":{"preconnect":true}}`, "sync_response"},
		{`{"type":"presence_request"}`, "presence"},
		{`{"type":"chat","data":{"text":"<b>Hello</b> & welcome"}}`, "chat_said"},
		{`{"type":"emote","data":{"emote":"bow"}}`, "emote_made"},
		{`{"type":"map_ping","data":{"at":[3,4]}}`, "map_pinged"},
		{`{"type":"typing","data":{"typing":true}}`, "player_typing"},
		{`{"type":"action_declare","data":{"n":1,"action_id":"a-1","action":{"type":"start_combat"}}}`, "initiative_roll"},
		{`{"type":"action_declare","data":{"n":2,"action_id":"a-2","action":{"type":"start_combat"}}}`, "refusal"},
		{`{"type":"action_declare","data":{"n":3,"action_id":"a-3","action":{"type":"set_hp","creature":"aria","hp":30}}}`, "action_resolve"},
		// The same again tells of something and changes nothing.
		{`{"type":"action_declare","data":{"n":4,"action_id":"a-4","action":{"type":"set_hp","creature":"aria","hp":30}}}`, "action_resolve"},
		{`{"type":"heartbeat"}`, ""},
		{`{"type":"sync_request","data":{"paths":["/combat"]}}`, "sync_response"},
	} {
		if _, err := document.Check([]byte(step.say)); err != nil {
			t.Errorf("from the client: %v", err)
		}
		if err := ws.WriteMessage(websocket.TextMessage, []byte(step.say)); err != nil {
			t.Fatal(err)
		}
		if step.until != "" {
			until(step.until)
		}
	}
	if err := ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"ack"}`)); err != nil {
		t.Fatal(err)
	}
	until("error")
	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	until("connection_error")
	if _, err := next(); !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
		t.Errorf("it ended with %v", errors.Unwrap(err))
	}
	<-stopped
	for _, want := range []string{"connection_established", "ack"} {
		if !seen[want] {
			t.Errorf("no %s among %v", want, slices.Sorted(maps.Keys(seen)))
		}
	}
}
