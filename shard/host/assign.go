// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// look reads what concerns this shard and starts what is to be done.
func (h *Host) look(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	assigned, err := h.Registry.Assignments(bounded, h.Shard)
	if err != nil {
		if ctx.Err() == nil {
			h.Logger.Warn("reading assignments", "error", err)
		}
		return
	}
	for _, a := range assigned {
		h.mu.Lock()
		s := h.live[a.Session]
		h.mu.Unlock()
		if s != nil {
			h.tend(bounded, s, a)
		}
		if kind := h.duty(a, s); kind != none {
			h.start(ctx, a, kind, s)
		}
	}
}

// duty says what an assignment asks of this shard right now.
func (h *Host) duty(a registry.Assigned, s *session.Session) kind {
	switch {
	case a.Epoch <= a.Owner.Epoch:
		return none // carried out
	case a.Shard == h.Shard && s != nil:
		return none // it came here meanwhile
	case a.Shard == h.Shard && a.Mode == journal.ModeCreate && a.Owner.Epoch == 0:
		return create
	case a.Shard == h.Shard && a.Mode == journal.ModeHandoff:
		return follow
	case a.Shard == h.Shard && a.Mode == journal.ModeFailover && a.Owner.Epoch > 0:
		return seize
	case a.Shard != h.Shard && s != nil && a.Mode == journal.ModeHandoff:
		return give
	}
	return none
}

// tend keeps a live session in step with what Redis says of it.
func (h *Host) tend(ctx context.Context, s *session.Session, a registry.Assigned) {
	if a.Owner.Epoch > 0 && a.Owner != s.Owner() {
		s.Observe(a.Owner)
	}
	h.mu.Lock()
	known := h.specs[a.Session].Generation
	h.mu.Unlock()
	if a.Generation == 0 || a.Generation == known {
		return
	}
	spec, err := h.Registry.Spec(ctx, a.Session)
	if err != nil {
		h.Logger.Warn("reading the spec of a session", "session", a.Session, "error", err)
		return
	}
	h.mu.Lock()
	h.specs[a.Session] = spec
	h.mu.Unlock()
	s.SetSpec(spec)
}

// start begins a task unless the same one is under way.
func (h *Host) start(ctx context.Context, a registry.Assigned, k kind, s *session.Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.tasks[a.Session]; old != nil {
		if old.assigned.Epoch < a.Epoch {
			old.cancel() // it is replaced when it has ended
		}
		return
	}
	if k != give {
		if why := h.refuses(); why != "" {
			h.running.Go(func() {
				h.answer(ctx, registry.Answer{Session: a.Session, Epoch: a.Epoch, Shard: h.Shard, Refused: why})
			})
			return
		}
	}
	life, cancel := context.WithCancel(ctx)
	t := &task{host: h, kind: k, assigned: a, session: s, cancel: cancel, ready: make(chan struct{})}
	h.tasks[a.Session] = t
	h.signal()
	h.running.Go(func() {
		defer cancel()
		t.run(life)
		h.mu.Lock()
		delete(h.tasks, a.Session)
		h.signal()
		h.mu.Unlock()
	})
}

// refuses says why this shard takes no session more; empty if it does. The
// caller holds mu.
func (h *Host) refuses() string {
	coming := 0
	for _, t := range h.tasks {
		if t.coming() {
			coming++
		}
	}
	switch {
	case h.draining:
		return "draining"
	case len(h.live)+coming >= h.Capacity:
		return "capacity"
	}
	return ""
}

func (h *Host) answer(ctx context.Context, a registry.Answer) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := h.Teller.Answer(bounded, a); err != nil && ctx.Err() == nil {
		h.Logger.Warn("answering an assignment", "session", a.Session, "error", err)
	}
}
