// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// look reads what concerns this shard and starts what is to be done.
func (h *Host) look(ctx context.Context) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	assigned, err := h.Registry.Assignments(bounded, h.Shard)
	if ctx.Err() == nil {
		h.looking.note(h.Logger, err)
	}
	if err != nil {
		return
	}
	concerns := make(map[string]uint64, len(assigned))
	for _, a := range assigned {
		concerns[a.Session] = a.Epoch
	}
	h.cancelOthers(concerns)
	h.missOthers(bounded, concerns)
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

// cancelOthers ends the tasks whose assignment is not in force any more: it was
// superseded, or the session is gone.
func (h *Host) cancelOthers(inForce map[string]uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, t := range h.tasks {
		if t.assigned.Epoch != inForce[id] {
			t.cancel()
		}
	}
}

// missOthers looks after the sessions here that nothing is said about. That is a
// matter of hints; only if Redis does not know the owner either, twice in a row,
// was the session deleted.
func (h *Host) missOthers(ctx context.Context, concerns map[string]uint64) {
	h.mu.Lock()
	var others []*session.Session
	for id, s := range h.live {
		if _, known := concerns[id]; !known {
			others = append(others, s)
		}
	}
	h.mu.Unlock()
	missed := map[string]bool{}
	for _, s := range others {
		owner, err := h.Config.Session.Log.Owner(ctx, s.ID())
		switch {
		case err == nil:
			s.Observe(owner)
		case !errors.Is(err, journal.ErrNoOwner):
		case h.missed[s.ID()]:
			s.Forget()
		default:
			missed[s.ID()] = true
		}
	}
	h.missed = missed
}

// duty says what an assignment asks of this shard right now, given the session
// if it lives here.
func (h *Host) duty(a registry.Assigned, s *session.Session) kind {
	here := a.Shard == h.Shard
	switch {
	case s == nil && h.orphaned(a):
		return resume // taken over, but something went wrong behind that
	case a.Epoch <= a.Owner.Epoch, here && s != nil && s.Owner().Epoch >= a.Epoch:
		return none // carried out, maybe since this was read
	case here && a.Mode == journal.ModeCreate && a.Owner.Epoch == 0:
		return create
	case here && s != nil && a.Owner == s.Owner():
		return seize // from itself: only the epoch changes
	case here && s == nil && a.Mode == journal.ModeHandoff:
		return follow
	case here && s == nil && a.Mode == journal.ModeFailover && a.Owner.Epoch > 0:
		return seize
	case !here && s != nil && a.Mode == journal.ModeHandoff:
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
	known := h.generations[a.Session]
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
	h.generations[a.Session] = spec.Generation
	h.mu.Unlock()
	s.SetSpec(spec)
}

// start begins a task unless the same one is under way.
func (h *Host) start(ctx context.Context, a registry.Assigned, k kind, s *session.Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.tasks[a.Session] != nil {
		return // should it be about another epoch, it was cancelled
	}
	if h.live[a.Session] != s {
		return // it came or went since; the next look knows better
	}
	if k.refusable() {
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
		if h.live[a.Session] == nil {
			delete(h.generations, a.Session)
			if t.coming() {
				h.orphan(a.Session, t.me().Epoch)
			}
		}
		h.signal()
		h.mu.Unlock()
		h.lookAgain()
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
