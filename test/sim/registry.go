// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"slices"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// meeting is package registry as a shard or an operator sees it over its link:
// the same rules, on a server's tables. Its writes are not waited for.
type meeting struct{ *connection }

// put runs one write that nobody waits to be replicated.
func put(ctx context.Context, c *connection, do write) error {
	_, err := exchange(ctx, c.link, readLimit, func() (none, error) {
		_, err := c.at().apply(do)
		return none{}, err
	})
	return doubt(err)
}

func (m meeting) PutSpec(ctx context.Context, spec registry.SessionSpec) error {
	return put(ctx, m.connection, func(t *tables) error {
		k := t.session(spec.ID)
		if k.generation() > spec.Generation {
			return registry.ErrOutdated
		}
		k.spec = &spec
		return nil
	})
}

func (m meeting) Spec(ctx context.Context, id string) (registry.SessionSpec, error) {
	return reading(ctx, m.connection, func(t *tables) (registry.SessionSpec, error) {
		if spec := t.session(id).spec; spec != nil {
			return *spec, nil
		}
		return registry.SessionSpec{}, registry.ErrNotFound
	})
}

func (m meeting) Assign(ctx context.Context, a registry.Assignment, spec registry.SessionSpec) error {
	if err := m.PutSpec(ctx, spec); err != nil {
		return err
	}
	err := put(ctx, m.connection, func(t *tables) error { return t.log.Assign(context.Background(), a) })
	if err != nil {
		return err
	}
	err = put(ctx, m.connection, func(t *tables) error {
		for _, shard := range []string{a.Shard, a.From} {
			if shard != "" && !slices.Contains(t.hints[shard], a.Session) {
				t.hints[shard] = append(t.hints[shard], a.Session)
			}
		}
		return nil
	})
	if err == nil {
		m.link.world.publish(a.Shard, a.Session)
		m.link.world.publish(a.From, a.Session)
	}
	return err
}

func (m meeting) SetHints(ctx context.Context, shard string, ids []string) error {
	return put(ctx, m.connection, func(t *tables) error {
		t.hints[shard] = slices.Clone(ids)
		return nil
	})
}

func (m meeting) Assignments(ctx context.Context, shard string) ([]registry.Assigned, error) {
	return reading(ctx, m.connection, func(t *tables) ([]registry.Assigned, error) {
		var all []registry.Assigned
		for _, id := range t.hints[shard] {
			a, err := t.assigned(id)
			if err != nil {
				return nil, err
			}
			if a.Shard == shard || a.From == shard || a.Owner.Shard == shard {
				all = append(all, a)
			}
		}
		return all, nil
	})
}

func (m meeting) Sessions(ctx context.Context, ids []string) ([]registry.Session, error) {
	return reading(ctx, m.connection, func(t *tables) ([]registry.Session, error) {
		all := make([]registry.Session, len(ids))
		for i, id := range ids {
			a, err := t.assigned(id)
			if err != nil {
				return nil, err
			}
			k := t.session(id)
			all[i] = registry.Session{ID: id, Last: t.last(id), Generation: a.Generation, Report: k.report, Answer: k.answer}
			if a.Epoch > 0 {
				all[i].Assignment = &a.Assignment
			}
			if a.Owner.Epoch > 0 {
				all[i].Owner = &a.Owner
			}
		}
		return all, nil
	})
}

func (m meeting) Report(ctx context.Context, reports ...registry.Report) error {
	return put(ctx, m.connection, func(t *tables) error {
		for _, r := range reports {
			k := t.session(r.Session)
			if t.known(r.Session) && (k.report == nil || k.report.Epoch <= r.Epoch) {
				k.report = &r
			}
		}
		return nil
	})
}

func (m meeting) Answer(ctx context.Context, answers ...registry.Answer) error {
	return put(ctx, m.connection, func(t *tables) error {
		for _, a := range answers {
			k := t.session(a.Session)
			if t.known(a.Session) && (k.answer == nil || k.answer.Epoch <= a.Epoch) {
				k.answer = &a
			}
		}
		return nil
	})
}

func (m meeting) beat(ctx context.Context, b registry.Heartbeat) error {
	return put(ctx, m.connection, func(t *tables) error {
		t.beats[b.Shard] = b
		return nil
	})
}

func (m meeting) Shards(ctx context.Context, _ string, names []string) ([]registry.Heartbeat, error) {
	return reading(ctx, m.connection, func(t *tables) ([]registry.Heartbeat, error) {
		var beats []registry.Heartbeat
		for _, name := range names {
			if b, written := t.beats[name]; written {
				beats = append(beats, b)
			}
		}
		return beats, nil
	})
}

func (m meeting) Health(ctx context.Context) (registry.Health, error) {
	return reading(ctx, m.connection, func(*tables) (registry.Health, error) {
		return registry.Health{Durability: journal.Durability{Level: journal.LevelFsync, Replicas: 1, Connected: 1, Role: "master"}}, nil
	})
}

func (m meeting) Wake(ctx context.Context, shard string) <-chan string   { return m.listen(ctx, shard) }
func (m meeting) Wakeups(ctx context.Context, pool string) <-chan string { return m.listen(ctx, pool) }

// What no world asks for: sessions are not deleted and shards keep their names.
func (m meeting) ForgetSession(context.Context, string, uint64) error { return nil }
func (m meeting) ForgetShard(context.Context, string, string) error   { return nil }
func (m meeting) SetDrain(context.Context, string, bool) error        { return nil }

// Close ends nothing: a link has no connection of its own.
func (m meeting) Close() error { return nil }

// listen subscribes to a channel until ctx ends.
func (m meeting) listen(ctx context.Context, channel string) <-chan string {
	w := m.link.world
	out := make(chan string, 64)
	out <- ""
	w.mu.Lock()
	w.listeners[channel] = append(w.listeners[channel], listener{ctx: ctx, link: m.link, out: out})
	w.mu.Unlock()
	return out
}

type listener struct {
	ctx  context.Context
	link *link
	out  chan string
}

// publish tells the listeners of a channel, each after a while or never.
func (w *world) publish(channel, text string) {
	w.mu.Lock()
	all := w.listeners[channel]
	w.mu.Unlock()
	for _, l := range all {
		if l.ctx.Err() != nil || l.link.replies.isShut() || l.link.dice.chance(0.05) {
			continue
		}
		delay := l.link.dice.between(100*time.Microsecond, 5*time.Millisecond)
		w.run(func() {
			time.Sleep(delay)
			select {
			case l.out <- text:
			default: // it polls, too
			}
		})
	}
}
