// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"maps"
	"slices"
	"time"

	"gamesession.dev/operator/shard/registry"
)

// report tells the operator about the sessions here: at once about those that
// have just come, about all of them at a slow rate.
func (h *Host) report(ctx context.Context) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		all := false
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick.C:
			all = true
		}
		h.publish(ctx, all)
	}
}

func (h *Host) publish(ctx context.Context, all bool) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	h.mu.Lock()
	sessions := slices.Collect(maps.Values(h.live))
	dirty := h.dirty
	h.dirty = map[string]bool{}
	h.mu.Unlock()
	var reports []registry.Report
	for _, s := range sessions {
		if !all && !dirty[s.ID()] {
			continue
		}
		if r, err := s.Report(bounded); err == nil {
			reports = append(reports, r)
		}
	}
	if len(reports) == 0 {
		return
	}
	if err := h.Teller.Report(bounded, reports...); ctx.Err() == nil {
		h.reporting.note(h.Logger, err)
	}
}
