// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
)

// MaxSpecBytes bounds a stored spec.
const MaxSpecBytes = 512 << 10

// PutSpec stores the wish for a session. Errors: ErrOutdated, ErrInvalid,
// ErrUnavailable, ErrUnknown (repeat).
func (r *Registry) PutSpec(ctx context.Context, spec SessionSpec) error {
	if err := journal.CheckSession(spec.ID); err != nil {
		return fmt.Errorf("storing a spec: %w", err)
	}
	data, err := json.Marshal(spec)
	if err != nil {
		return fmt.Errorf("storing a spec: %w: %w", journal.ErrInvalid, err)
	}
	if len(data) > MaxSpecBytes {
		return fmt.Errorf("storing a spec of %d bytes: at most %d are allowed: %w", len(data), MaxSpecBytes, journal.ErrInvalid)
	}
	keys := []string{r.keys.Spec(spec.ID), r.keys.Assign(spec.ID)}
	stored, err := r.spec.Run(ctx, r.client, keys, data, spec.Generation).Bool()
	if err != nil {
		return fmt.Errorf("storing a spec: %w", journal.WriteError(err))
	}
	if !stored {
		return fmt.Errorf("storing generation %d of a spec: %w", spec.Generation, ErrOutdated)
	}
	return nil
}

// Spec reads the wish for a session. Errors: ErrNotFound, ErrCorrupt,
// ErrUnavailable.
func (r *Registry) Spec(ctx context.Context, id string) (SessionSpec, error) {
	if err := journal.CheckSession(id); err != nil {
		return SessionSpec{}, fmt.Errorf("reading a spec: %w", err)
	}
	data, err := r.client.Get(ctx, r.keys.Spec(id)).Bytes()
	if errors.Is(err, redis.Nil) {
		return SessionSpec{}, fmt.Errorf("reading a spec: %w", ErrNotFound)
	}
	if err != nil {
		return SessionSpec{}, fail(ctx, "reading a spec", err)
	}
	var spec SessionSpec
	if err := json.Unmarshal(data, &spec); err != nil {
		return SessionSpec{}, fmt.Errorf("reading a spec: %w: %w", journal.ErrCorrupt, err)
	}
	if spec.ID != id {
		return SessionSpec{}, fmt.Errorf("reading a spec: it is of session %.80q: %w", spec.ID, journal.ErrCorrupt)
	}
	return spec, nil
}
