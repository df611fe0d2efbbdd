// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"time"
)

// Spend notes that a ticket was used, and keeps the note for a while. It is first
// when there was none: of all shards that ask, one is.
func (r *Registry) Spend(ctx context.Context, ticket string, keep time.Duration) (first bool, err error) {
	if first, err = r.client.SetNX(ctx, r.keys.Ticket(ticket), 1, keep).Result(); err != nil {
		return false, fail(ctx, "using a ticket", err)
	}
	return first, nil
}
