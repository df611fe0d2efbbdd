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

// kinds are the frames that a shard sends.
var kinds = func() map[wire.Type]func() any {
	all := map[wire.Type]func() any{}
	for _, k := range wire.Kinds() {
		if k.Sender != wire.FromClient {
			all[k.Type] = k.New
		}
	}
	return all
}()

// fresh returns the data type of the frames that a shard sends, or nil.
func fresh(t wire.Type) any {
	if k := kinds[t]; k != nil {
		return k()
	}
	return nil
}
