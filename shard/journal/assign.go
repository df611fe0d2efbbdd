// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"
)

var (
	assignScript = redis.NewScript(embedded("assign"))
	forgetScript = redis.NewScript(embedded("forget"))
)

// PutAssignment is Assign for a program that has a client but no journal, as the
// operator.
func PutAssignment(ctx context.Context, client redis.Scripter, keys Keys, a Assignment) error {
	if err := checkAssignment(a); err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	err := finish(assignScript.Run(ctx, client,
		[]string{keys.Assign(a.Session), keys.Owner(a.Session)},
		strconv.FormatUint(a.Epoch, 10), a.Shard, a.Pool, string(a.Mode), a.From))
	if err != nil {
		return fmt.Errorf("assigning: %w", err)
	}
	return nil
}

// DeleteSession is Forget for a program that has a client but no journal.
func DeleteSession(ctx context.Context, client redis.Scripter, keys Keys, id string, epoch uint64) error {
	if err := CheckSession(id); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	all := []string{
		keys.Assign(id), keys.Owner(id),
		keys.Spec(id), keys.Journal(id), keys.Snapshots(id), keys.Report(id), keys.Answer(id),
	}
	if err := finish(forgetScript.Run(ctx, client, all, strconv.FormatUint(epoch, 10))); err != nil {
		return fmt.Errorf("forgetting the session: %w", err)
	}
	return nil
}

// finish turns the reply of a script into its error.
func finish(cmd *redis.Cmd) error {
	reply, err := cmd.StringSlice()
	if err != nil {
		return WriteError(err)
	}
	_, err = outcome(reply)
	return err
}

// Assign implements Assigner.
func (r *Redis) Assign(ctx context.Context, a Assignment) error {
	return PutAssignment(ctx, r.reads, r.keys, a)
}

// Forget implements Assigner.
func (r *Redis) Forget(ctx context.Context, id string, epoch uint64) error {
	return DeleteSession(ctx, r.reads, r.keys, id, epoch)
}

// Assignment implements Assigner.
func (r *Redis) Assignment(ctx context.Context, id string) (Assignment, error) {
	if err := CheckSession(id); err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	values, err := r.reads.HMGet(ctx, r.keys.Assign(id), AssignmentFields()...).Result()
	if err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", ReadError(ctx, err))
	}
	a, err := ParseAssignment(id, values)
	if err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment: %w", err)
	}
	return a, nil
}
