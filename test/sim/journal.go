// SPDX-License-Identifier: Apache-2.0

package sim

import (
	"context"
	"errors"
	"time"

	"gamesession.dev/operator/shard/journal"
)

// remote is the journal as a shard sees it over its link. It is a session.Log.
type remote struct{ *connection }

// writing runs one write and waits until it is durable. Once it is on its way
// only the outcome or its time ends the wait.
func writing[T any](ctx context.Context, c *connection, do func(t *tables) (T, error)) (T, error) {
	if err := ctx.Err(); err != nil {
		var none T
		return none, err
	}
	value, err := exchange(context.WithoutCancel(ctx), c.link, writeLimit, func() (T, error) {
		var value T
		err := c.at().commit(func(t *tables) (err error) {
			value, err = do(t)
			return err
		})
		return value, err
	})
	return value, doubt(err)
}

// reading runs one read.
func reading[T any](ctx context.Context, c *connection, look func(t *tables) (T, error)) (T, error) {
	value, err := exchange(ctx, c.link, readLimit, func() (T, error) { return read(c.at(), look) })
	return value, absence(err)
}

type none struct{}

func (r remote) Append(ctx context.Context, id string, me journal.Owner, expect journal.Position, entries []journal.Entry) error {
	_, err := writing(ctx, r.connection, func(t *tables) (none, error) {
		err := t.log.Append(context.Background(), id, me, expect, entries)
		if t.witness.plant == PlantNoFence && (errors.Is(err, journal.ErrStale) || errors.Is(err, journal.ErrGap)) {
			t.log.Rewind(id, expect, me)
			t.cut(id, expect)
			err = t.log.Append(context.Background(), id, me, expect, entries)
		}
		if err == nil {
			t.record(id, me, entries...)
		}
		return none{}, err
	})
	return err
}

func (r remote) Barrier(ctx context.Context, _ string) error {
	_, err := exchange(ctx, r.link, writeLimit, func() (none, error) { return none{}, r.at().barrier() })
	return doubt(err)
}

func (r remote) Confirm(ctx context.Context, id string, me journal.Owner) error {
	_, err := writing(ctx, r.connection, func(t *tables) (none, error) {
		return none{}, t.log.Confirm(context.Background(), id, me)
	})
	return err
}

func (r remote) Create(ctx context.Context, id string, me journal.Owner, genesis []byte) (journal.Position, error) {
	return writing(ctx, r.connection, func(t *tables) (journal.Position, error) {
		p, err := t.log.Create(context.Background(), id, me, genesis)
		if err == nil {
			t.record(id, me, journal.Entry{Position: p, Kind: journal.KindGenesis, Data: genesis})
		}
		return p, err
	})
}

func (r remote) Takeover(ctx context.Context, id string, me journal.Owner, want journal.Takeover) (journal.Position, error) {
	force := r.link.world.plant == PlantOlderIntent
	if force {
		time.Sleep(r.link.dice.between(0, 3*time.Second))
	}
	return writing(ctx, r.connection, func(t *tables) (journal.Position, error) {
		before, err := t.owner(id)
		if err != nil {
			return journal.Position{}, err
		}
		p, err := t.log.Takeover(context.Background(), id, me, want)
		if force && (errors.Is(err, journal.ErrStale) || errors.Is(err, journal.ErrNotAssigned)) {
			p, err = t.last(id), nil
			t.log.Rewind(id, p, me)
		}
		if err != nil {
			return p, err
		}
		t.record(id, me, journal.Entry{Position: p, Kind: journal.KindTakeover, Data: want.Data})
		t.claimed(id, before, me)
		return p, nil
	})
}

// claimed checks what must hold of every change of owner.
func (t *tables) claimed(id string, before, me journal.Owner) {
	if before == me {
		return // repeated
	}
	if me.Epoch <= before.Epoch {
		t.witness.anomaly("%s: the epoch of the owner fell from %d to %d", id, before.Epoch, me.Epoch)
	}
	if a, err := t.assignment(id); err != nil || a.Epoch != me.Epoch || a.Shard != me.Shard {
		t.witness.anomaly("%s: %s took over in epoch %d, but %s was asked to in epoch %d", id, me.Shard, me.Epoch, a.Shard, a.Epoch)
	}
}

func (r remote) Retake(ctx context.Context, id string, me journal.Owner, expect journal.Position, entries []journal.Entry) error {
	_, err := writing(ctx, r.connection, func(t *tables) (none, error) {
		err := t.log.Retake(context.Background(), id, me, expect, entries)
		if err == nil {
			t.record(id, me, entries...)
		}
		return none{}, err
	})
	return err
}

func (r remote) Owner(ctx context.Context, id string) (journal.Owner, error) {
	return reading(ctx, r.connection, func(t *tables) (journal.Owner, error) { return t.log.Owner(context.Background(), id) })
}

func (r remote) Load(ctx context.Context, id string) (*journal.Loaded, error) {
	loaded, err := reading(ctx, r.connection, func(t *tables) (*journal.Loaded, error) { return t.log.Load(context.Background(), id) })
	if err == nil {
		r.link.world.plant.loaded(loaded)
	}
	return loaded, err
}

func (r remote) Read(ctx context.Context, id string, after journal.Position, limit int) ([]journal.Entry, error) {
	entries, err := reading(ctx, r.connection, func(t *tables) ([]journal.Entry, error) {
		return t.log.Read(context.Background(), id, after, limit)
	})
	r.link.world.plant.read(entries)
	return entries, err
}

func (r remote) Follow(ctx context.Context, id string, after journal.Position, block time.Duration) ([]journal.Entry, error) {
	entries, err := exchange(ctx, r.link, readLimit+block, func() ([]journal.Entry, error) {
		v := r.at()
		log, err := read(v, func(t *tables) (*journal.Memory, error) { return t.log, nil })
		if err != nil {
			return nil, err
		}
		entries, err := log.Follow(v.life, id, after, block)
		if v.life.Err() != nil {
			return nil, errReset
		}
		return entries, err
	})
	r.link.world.plant.read(entries)
	return entries, absence(err)
}

func (r remote) SaveSnapshot(ctx context.Context, id string, me journal.Owner, s journal.Snapshot, keepFrom journal.Position) error {
	_, err := writing(ctx, r.connection, func(t *tables) (none, error) {
		return none{}, t.log.SaveSnapshot(context.Background(), id, me, t.witness.plant.stored(s), keepFrom)
	})
	return err
}
