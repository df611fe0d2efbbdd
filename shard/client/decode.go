// SPDX-License-Identifier: Apache-2.0

package client

import (
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/shard/wire"
)

// decode reads a message of the shard. Fields and frame types that this client
// does not know are passed over: the shard may be newer.
func decode(message []byte) frame {
	var f wire.Frame
	if err := json.Unmarshal(message, &f); err != nil {
		return frame{data: malformed{fmt.Errorf("%w: %w", ErrProtocol, err)}}
	}
	data := fresh(f.Type)
	if data == nil || len(f.Data) == 0 {
		return frame{typ: f.Type, data: data}
	}
	if err := json.Unmarshal(f.Data, data); err != nil {
		return frame{typ: f.Type, data: malformed{fmt.Errorf("%w: data of %s: %w", ErrProtocol, f.Type, err)}}
	}
	return frame{typ: f.Type, data: data}
}

// fresh returns the data type of the frames that a shard sends, or nil.
func fresh(t wire.Type) any {
	switch t {
	case wire.TypeConnectionEstablished:
		return new(wire.ConnectionEstablished)
	case wire.TypeHeartbeat:
		return new(wire.Heartbeat)
	case wire.TypeSyncResponse:
		return new(wire.SyncResponse)
	case wire.TypeResumed:
		return new(wire.Resumed)
	case wire.TypeHistoryLost:
		return new(wire.HistoryLost)
	case wire.TypeAck:
		return new(wire.Ack)
	case wire.TypeRefusal:
		return new(wire.Refusal)
	case wire.TypeError:
		return new(wire.Error)
	case wire.TypeMigratePrepare:
		return new(wire.MigratePrepare)
	case wire.TypeMoved:
		return new(wire.Moved)
	}
	if t.CarriesUpdate() {
		return new(wire.Update)
	}
	return nil
}
