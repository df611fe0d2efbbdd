// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"
)

// loadAttempts bounds how often Load starts again because the journal was
// trimmed while it read.
const loadAttempts = 3

// Owner implements Claimer.
func (r *Redis) Owner(ctx context.Context, id string) (Owner, error) {
	if err := CheckSession(id); err != nil {
		return Owner{}, fmt.Errorf("reading the owner: %w", err)
	}
	owner, err := ownerOf(ctx, r.reads.HMGet(ctx, r.keys.Owner(id), OwnerFields()...))
	if err != nil {
		return Owner{}, fmt.Errorf("reading the owner: %w", err)
	}
	return owner, nil
}

func ownerOf(ctx context.Context, cmd *redis.SliceCmd) (Owner, error) {
	values, err := cmd.Result()
	if err != nil {
		return Owner{}, ReadError(ctx, err)
	}
	return ParseOwner(values)
}

// Read implements Reader. It asks for the entry at after too: if that is not
// there, what follows it is not known.
func (r *Redis) Read(ctx context.Context, id string, after Position, limit int) ([]Entry, error) {
	if err := checkRead(id, limit); err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	entries, err := r.read(ctx, id, after, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the journal: %w", err)
	}
	return entries, nil
}

func (r *Redis) read(ctx context.Context, id string, after Position, limit int) ([]Entry, error) {
	messages, err := r.reads.XRangeN(ctx, r.keys.Journal(id), after.String(), "+", int64(limit)+1).Result()
	if err != nil {
		return nil, ReadError(ctx, err)
	}
	entries, err := parseEntries(messages)
	if err != nil {
		return nil, err
	}
	if !after.IsZero() {
		if len(entries) == 0 {
			return nil, &HoleError{After: after}
		}
		if entries[0].Position != after {
			return nil, &HoleError{After: after, First: entries[0].Position}
		}
		entries = entries[1:]
	}
	if len(entries) > limit {
		entries = entries[:limit]
	}
	return entries, checkChain(after, entries)
}

func parseEntries(messages []redis.XMessage) ([]Entry, error) {
	entries := make([]Entry, 0, len(messages))
	for _, m := range messages {
		p, err := ParsePosition(m.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		kind, hasKind := m.Values["k"].(string)
		data, hasData := m.Values["d"].(string)
		if !hasKind || !hasData {
			return nil, fmt.Errorf("entry %s: a field is missing: %w", p, ErrCorrupt)
		}
		entries = append(entries, Entry{Position: p, Kind: Kind(kind), Data: []byte(data)})
	}
	return entries, nil
}

// Load implements Reader.
func (r *Redis) Load(ctx context.Context, id string) (*Loaded, error) {
	if err := CheckSession(id); err != nil {
		return nil, fmt.Errorf("loading the session: %w", err)
	}
	var err error
	for range loadAttempts {
		var loaded *Loaded
		if loaded, err = r.load(ctx, id); err == nil {
			return loaded, nil
		}
		if !errors.Is(err, ErrHole) {
			break
		}
	}
	return nil, fmt.Errorf("loading the session: %w", err)
}

func (r *Redis) load(ctx context.Context, id string) (*Loaded, error) {
	pipe := r.reads.Pipeline()
	owner := pipe.HMGet(ctx, r.keys.Owner(id), OwnerFields()...)
	snapshots := pipe.HGetAll(ctx, r.keys.Snapshots(id))
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, ReadError(ctx, err)
	}
	var l Loaded
	var err error
	if l.Owner, err = ownerOf(ctx, owner); err != nil {
		return nil, err
	}
	if l.Snapshot, l.Damaged, err = newestSnapshot(snapshots.Val()); err != nil {
		return nil, err
	}
	for after := l.Last(); ; after = l.Last() {
		page, err := r.read(ctx, id, after, MaxReadEntries)
		if err != nil {
			return nil, err
		}
		l.Entries = append(l.Entries, page...)
		if len(page) < MaxReadEntries {
			break
		}
	}
	if l.Last().IsZero() {
		return nil, &HoleError{}
	}
	return &l, nil
}

// newestSnapshot picks the newest stored snapshot that is whole.
func newestSnapshot(stored map[string]string) (s *Snapshot, damaged []Position, err error) {
	positions := make([]Position, 0, len(stored))
	for field := range stored {
		p, err := ParsePosition(field)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		positions = append(positions, p)
	}
	slices.SortFunc(positions, func(a, b Position) int { return b.Compare(a) })
	for _, p := range positions {
		if s, err := openSnapshot(p, []byte(stored[p.String()])); err == nil {
			return s, damaged, nil
		}
		damaged = append(damaged, p)
	}
	return nil, damaged, nil
}
