// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
)

// SaveSnapshot implements Snapshotter. It does not go through the committer: a
// snapshot is large, and nothing waits for it.
func (r *Redis) SaveSnapshot(ctx context.Context, id string, me Owner, s Snapshot, keepFrom Position) error {
	if err := checkSnapshot(id, me, s); err != nil {
		return fmt.Errorf("saving a snapshot: %w", err)
	}
	sealed, err := sealSnapshot(s)
	if err != nil {
		return err
	}
	keep := ""
	if !keepFrom.IsZero() {
		keep = keepFrom.String()
	}
	keys := []string{r.keys.Owner(id), r.keys.Journal(id), r.keys.Snapshots(id)}
	err = r.runScript(ctx, r.scripts.snapshot, keys, append(ownerArgs(me, 3), s.Position.String(), sealed, keep)...)
	if err != nil {
		return refused(r.cfg.Observer, fmt.Errorf("saving a snapshot: %w", err))
	}
	return nil
}
