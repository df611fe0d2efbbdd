// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// notWritten are the error replies that Redis gives before the first write of a
// script. Scripts write last and only with commands that are checked for memory,
// so that nothing of them was done.
var notWritten = []string{
	"OOM", "READONLY", "LOADING", "MISCONF", "NOREPLICAS", "MASTERDOWN", "BUSY", "CLUSTERDOWN",
	"TRYAGAIN", "MOVED", "ASK", "NOAUTH", "WRONGPASS", "NOPERM", "NOSCRIPT", "UNBLOCKED",
	"ERR max number of clients",
}

// WriteError maps what a write came back with. A reply of Redis is final; with
// anything else the outcome is unknown, unless no connection was ever made.
func WriteError(err error) error {
	if err == nil {
		return nil
	}
	if reply, ok := errors.AsType[redis.Error](err); ok {
		for _, prefix := range notWritten {
			if strings.HasPrefix(reply.Error(), prefix) {
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		}
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if neverSent(err) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return fmt.Errorf("%w: %w", ErrUnknown, err)
}

func neverSent(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return errors.Is(err, redis.ErrClosed) || errors.Is(err, redis.ErrPoolTimeout) || errors.Is(err, redis.ErrPoolExhausted)
}

// ReadError maps what a read came back with: reads can be repeated, so all
// trouble is ErrUnavailable, except that the caller stopped waiting.
func ReadError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if redis.HasErrorPrefix(err, "WRONGTYPE") {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// replyOf reads the reply of a script: a list of texts, or one text by itself, which
// is less work for Redis and is what the usual append comes back with.
func replyOf(cmd *redis.Cmd) ([]string, error) {
	if text, single := cmd.Val().(string); single {
		return []string{text}, nil
	}
	reply, err := cmd.StringSlice()
	if err != nil {
		return nil, fmt.Errorf("reading a script's reply: %w: %w", ErrCorrupt, err)
	}
	return reply, nil
}

// outcome turns the reply of a script into its result: the values after "ok", or
// the error it names.
func outcome(reply []string) ([]string, error) {
	if len(reply) == 0 {
		return nil, fmt.Errorf("reading a script's reply: it is empty: %w", ErrCorrupt)
	}
	rest := reply[1:]
	switch {
	case reply[0] == "ok":
		return rest, nil
	case reply[0] == "noowner":
		return nil, ErrNoOwner
	case reply[0] == "exists":
		return nil, ErrExists
	case reply[0] == "notfrozen":
		return nil, ErrNotFrozen
	case reply[0] == "conflict":
		return nil, ErrAssignConflict
	case reply[0] == "old":
		return nil, ErrOldSnapshot
	case reply[0] == "gap" && len(rest) == 1:
		last, err := ParsePosition(rest[0])
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		return nil, &GapError{Last: last}
	case reply[0] == "stale" && len(rest) == 3:
		owner, err := parseOwner(rest[0], rest[1], rest[2])
		if err != nil {
			return nil, err
		}
		return nil, &StaleError{Owner: owner}
	case reply[0] == "notassigned" && len(rest) == 5:
		a, err := parseAssignment("", rest)
		if err != nil {
			return nil, err
		}
		return nil, &AssignedError{Assignment: a}
	}
	return nil, fmt.Errorf("reading a script's reply %.80q: %w", reply, ErrCorrupt)
}

// OwnerFields are the fields of the owner hash in the order of ParseOwner.
func OwnerFields() []string { return []string{"shard", "incarnation", "epoch"} }

// ParseOwner reads what HMGET gives for OwnerFields. Errors: ErrNoOwner, ErrCorrupt.
func ParseOwner(values []any) (Owner, error) {
	fields := texts(values)
	if len(fields) != 3 {
		return Owner{}, fmt.Errorf("reading the owner: %d fields: %w", len(fields), ErrCorrupt)
	}
	if fields[2] == "" {
		return Owner{}, ErrNoOwner
	}
	return parseOwner(fields[0], fields[1], fields[2])
}

func parseOwner(shard, incarnation, epoch string) (Owner, error) {
	n, err := strconv.ParseUint(epoch, 10, 64)
	if err != nil {
		return Owner{}, fmt.Errorf("reading the owner's epoch %.40q: %w", epoch, ErrCorrupt)
	}
	return Owner{Shard: shard, Incarnation: incarnation, Epoch: n}, nil
}

// AssignmentFields are the fields of the assign hash in the order of
// ParseAssignment.
func AssignmentFields() []string { return []string{"epoch", "shard", "pool", "mode", "from"} }

// ParseAssignment reads what HMGET gives for AssignmentFields. Errors:
// ErrNotAssigned when there is none, ErrCorrupt.
func ParseAssignment(id string, values []any) (Assignment, error) {
	fields := texts(values)
	if len(fields) != 5 {
		return Assignment{}, fmt.Errorf("reading the assignment: %d fields: %w", len(fields), ErrCorrupt)
	}
	a, err := parseAssignment(id, fields)
	if err == nil && a.Epoch == 0 {
		return Assignment{}, &AssignedError{}
	}
	return a, err
}

// parseAssignment is ParseAssignment that gives a zero assignment for none.
func parseAssignment(id string, fields []string) (Assignment, error) {
	if fields[0] == "" {
		return Assignment{}, nil
	}
	epoch, err := strconv.ParseUint(fields[0], 10, 64)
	if err != nil {
		return Assignment{}, fmt.Errorf("reading the assignment's epoch %.40q: %w", fields[0], ErrCorrupt)
	}
	return Assignment{
		Session: id, Epoch: epoch, Shard: fields[1], Pool: fields[2], Mode: Mode(fields[3]), From: fields[4],
	}, nil
}

// texts reads the values of an HMGET; a missing one is empty.
func texts(values []any) []string {
	fields := make([]string, len(values))
	for i, v := range values {
		fields[i], _ = v.(string)
	}
	return fields
}
