// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
)

// maxHints bounds the sessions that are looked up for one shard.
const maxHints = 10_000

// Assign stores the spec, puts the assignment in force and wakes the shards it
// concerns, in this order; repeated it does no harm. A spec that is outdated
// does not hold the assignment up. Errors: journal.ErrAssignConflict, ErrInvalid,
// ErrUnavailable, ErrUnknown (repeat).
func (r *Registry) Assign(ctx context.Context, a Assignment, spec SessionSpec) error {
	if a.Session != spec.ID {
		return fmt.Errorf("assigning: session %.80q with the spec of %.80q: %w", a.Session, spec.ID, journal.ErrInvalid)
	}
	if err := r.PutSpec(ctx, spec); err != nil && !errors.Is(err, ErrOutdated) {
		return err
	}
	if err := journal.PutAssignment(ctx, r.client, r.keys, a); err != nil {
		return err
	}
	pipe := r.client.Pipeline()
	for _, shard := range []string{a.Shard, a.From} {
		if shard != "" {
			pipe.SAdd(ctx, r.keys.Hints(shard), a.Session)
			pipe.PExpire(ctx, r.keys.Hints(shard), shardTTL)
			pipe.Publish(ctx, r.keys.Wake(shard), a.Session)
		}
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return fail(ctx, "waking the shards of an assignment", err)
	}
	return nil
}

// SetHints replaces the list of sessions that concern a shard.
func (r *Registry) SetHints(ctx context.Context, shard string, ids []string) error {
	if err := journal.CheckName(shard); err != nil {
		return fmt.Errorf("writing hints: %w", err)
	}
	key := r.keys.Hints(shard)
	pipe := r.client.TxPipeline()
	pipe.Del(ctx, key)
	for _, id := range ids {
		pipe.SAdd(ctx, key, id)
	}
	pipe.PExpire(ctx, key, shardTTL)
	if _, err := pipe.Exec(ctx); err != nil {
		return fail(ctx, "writing hints", err)
	}
	return nil
}

// Assignments reads what concerns a shard: the sessions that are assigned to it,
// that it is to hand off, or that it owns. A session whose keys cannot be read is
// logged and left out, so that it does not hold up the others.
func (r *Registry) Assignments(ctx context.Context, shard string) ([]Assigned, error) {
	if err := journal.CheckName(shard); err != nil {
		return nil, fmt.Errorf("reading assignments: %w", err)
	}
	ids, err := r.client.SMembers(ctx, r.keys.Hints(shard)).Result()
	if err != nil {
		return nil, fail(ctx, "reading hints", err)
	}
	if len(ids) > maxHints {
		slog.WarnContext(ctx, "too many hints", "shard", shard, "hints", len(ids), "bound", maxHints)
		ids = ids[:maxHints]
	}
	var all []Assigned
	for len(ids) > 0 {
		n := min(len(ids), pipelineSessions)
		some, err := r.assigned(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		for _, a := range some {
			if a.Shard == shard || a.From == shard || a.Owner.Shard == shard {
				all = append(all, a)
			}
		}
		ids = ids[n:]
	}
	return all, nil
}

// binding are the commands that read who should own a session and who does.
type binding struct {
	id            string
	assign, owner *redis.SliceCmd
}

func (r *Registry) readBinding(ctx context.Context, pipe redis.Pipeliner, id string) binding {
	return binding{
		id:     id,
		assign: pipe.HMGet(ctx, r.keys.Assign(id), append(journal.AssignmentFields(), "generation")...),
		owner:  pipe.HMGet(ctx, r.keys.Owner(id), journal.OwnerFields()...),
	}
}

// result is valid after the pipeline ran. What is absent is zero.
func (b binding) result() (Assigned, error) {
	values, err := b.assign.Result()
	if err != nil {
		return Assigned{}, fmt.Errorf("reading the assignment: %w: %w", journal.ErrCorrupt, err)
	}
	var a Assigned
	last := len(values) - 1
	if a.Assignment, err = journal.ParseAssignment(b.id, values[:last]); err != nil && !errors.Is(err, journal.ErrNotAssigned) {
		return Assigned{}, err
	}
	a.Session = b.id
	if text, ok := values[last].(string); ok {
		if a.Generation, err = strconv.ParseInt(text, 10, 64); err != nil {
			return Assigned{}, fmt.Errorf("reading the generation %.40q: %w", text, journal.ErrCorrupt)
		}
	}
	owner, err := b.owner.Result()
	if err != nil {
		return Assigned{}, fmt.Errorf("reading the owner: %w: %w", journal.ErrCorrupt, err)
	}
	if a.Owner, err = journal.ParseOwner(owner); err != nil && !errors.Is(err, journal.ErrNoOwner) {
		return Assigned{}, err
	}
	return a, nil
}

func (r *Registry) assigned(ctx context.Context, ids []string) ([]Assigned, error) {
	pipe := r.client.Pipeline()
	var reads []binding
	for _, id := range ids {
		if journal.CheckSession(id) == nil {
			reads = append(reads, r.readBinding(ctx, pipe, id))
		}
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fail(ctx, "reading assignments", err)
	}
	all := make([]Assigned, 0, len(reads))
	for _, read := range reads {
		a, err := read.result()
		if err != nil {
			slog.WarnContext(ctx, "leaving out a session", "session", read.id, "error", err)
			continue
		}
		all = append(all, a)
	}
	return all, nil
}

// ForgetSession deletes every key of a session unless a higher epoch than this
// owns it or is assigned (journal.ErrAssignConflict).
func (r *Registry) ForgetSession(ctx context.Context, id string, epoch uint64) error {
	return journal.DeleteSession(ctx, r.client, r.keys, id, epoch)
}
