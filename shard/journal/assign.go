// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"strconv"
)

// Assign implements Assigner.
func (r *Redis) Assign(ctx context.Context, a Assignment) error {
	if err := checkAssignment(a); err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	reply, err := r.runScript(ctx, r.scripts.assign,
		[]string{r.keys.Assign(a.Session), r.keys.Owner(a.Session)},
		strconv.FormatUint(a.Epoch, 10), a.Shard, a.Pool, string(a.Mode), a.From)
	if err == nil {
		_, err = outcome(reply)
	}
	if err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	return nil
}

// Assignment implements Assigner.
func (r *Redis) Assignment(ctx context.Context, id string) (Assignment, error) {
	if err := CheckSession(id); err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	fields, err := texts(ctx, r.reads.HMGet(ctx, r.keys.Assign(id), "epoch", "shard", "pool", "mode", "from"))
	if err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	a, err := parseAssignment(id, fields)
	if err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	if a.Epoch == 0 {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", &AssignedError{})
	}
	return a, nil
}

// Forget implements Assigner.
func (r *Redis) Forget(ctx context.Context, id string, epoch uint64) error {
	if err := CheckSession(id); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	keys := []string{
		r.keys.Assign(id), r.keys.Owner(id),
		r.keys.Spec(id), r.keys.Journal(id), r.keys.Snapshots(id), r.keys.Report(id), r.keys.Answer(id),
	}
	reply, err := r.runScript(ctx, r.scripts.forget, keys, strconv.FormatUint(epoch, 10))
	if err == nil {
		_, err = outcome(reply)
	}
	if err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	return nil
}
