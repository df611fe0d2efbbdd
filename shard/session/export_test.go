// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Corrupt lets a test change a live session behind its back: its state, and the
// hashes of its views.
func (s *Session) Corrupt(ctx context.Context, change func(*State, map[rules.View]*wire.Hash)) error {
	return s.call(ctx, func() {
		hashes := map[rules.View]*wire.Hash{}
		for i := range s.proj.views {
			hashes[s.proj.views[i].view] = &s.proj.views[i].hash
		}
		change(s.state, hashes)
	})
}
