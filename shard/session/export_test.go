// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Corrupt lets a test change a live session behind its back: its state, and the
// documents of its views.
func (s *Session) Corrupt(ctx context.Context, change func(*State, map[rules.View]*wire.Document)) error {
	return s.call(ctx, func() { change(s.state, s.proj.docs) })
}
