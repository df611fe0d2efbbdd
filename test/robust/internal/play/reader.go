// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// reader asks for the view again and again, over connections of its own and
// with no code of the client: a second witness of what shards say.
type reader struct {
	table  *Table
	player string
	door   *door
}

const (
	readEvery = 60 * time.Millisecond
	// readsPerConnection bounds how long a reader stays at one shard.
	readsPerConnection = 8
	readTimeout        = 3 * time.Second
)

func (r *reader) run(ctx context.Context) {
	for ctx.Err() == nil {
		r.session(ctx)
		pause(ctx, readEvery)
	}
}

// session reads over one connection.
func (r *reader) session(ctx context.Context) {
	token, err := r.table.token(r.player, auth.GameMaster)
	if err != nil {
		return
	}
	dialer := r.door.dialer()
	dialer.Subprotocols = []string{wire.Subprotocol}
	ws, resp, err := dialer.DialContext(ctx, "ws://front-door/api/v2/sessions/"+r.table.id+"/ws", http.Header{wire.TokenHeader: {token}})
	if resp != nil {
		_ = resp.Body.Close()
	}
	if err != nil {
		return
	}
	defer func() { _ = ws.Close() }()
	for range readsPerConnection {
		if !r.read(ws) || !pause(ctx, readEvery) {
			return
		}
	}
}

// read asks once. An answer that does not come is no operation: nothing was seen.
func (r *reader) read(ws *websocket.Conn) bool {
	record := r.table.record
	op := Op{
		Session: r.table.number, Client: -1, Player: r.player, Kind: Read, Outcome: Acked, Call: record.Now(),
	}
	_ = ws.SetWriteDeadline(time.Now().Add(readTimeout))
	if ws.WriteMessage(websocket.TextMessage, wire.Encode(wire.TypeSyncRequest, wire.SyncRequest{})) != nil {
		return false
	}
	_ = ws.SetReadDeadline(time.Now().Add(readTimeout))
	for {
		_, message, err := ws.ReadMessage()
		if err != nil {
			return false
		}
		var f wire.Frame
		// A lost history is followed by a view that was not asked for: from then on
		// nobody can tell which question a view answers.
		if json.Unmarshal(message, &f) != nil || f.Type == wire.TypeError || f.Type == wire.TypeHistoryLost {
			return false
		}
		if f.Type != wire.TypeSyncResponse {
			continue
		}
		var s wire.SyncResponse
		if json.Unmarshal(f.Data, &s) != nil {
			return false
		}
		op.Return, op.Position, op.LastN = record.Now(), s.Position, s.LastN
		op.Hash = wire.NewDocument(s.Position, s.State).Hash()
		record.op(op)
		return true
	}
}

// pause waits and says whether ctx still lives.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
