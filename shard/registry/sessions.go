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

// Sessions reads everything about the sessions with these ids, in that order. A
// session whose keys cannot be understood has Err set; trouble with Redis is the
// error of the call (ErrUnavailable).
func (r *Registry) Sessions(ctx context.Context, ids []string) ([]Session, error) {
	for _, id := range ids {
		if err := journal.CheckSession(id); err != nil {
			return nil, fmt.Errorf("reading sessions: %w", err)
		}
	}
	all := make([]Session, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), pipelineSessions)
		some, err := r.sessions(ctx, ids[:n])
		if err != nil {
			return nil, err
		}
		all, ids = append(all, some...), ids[n:]
	}
	return all, nil
}

// sessionRead are the commands that read one session.
type sessionRead struct {
	binding
	last           *redis.XMessageSliceCmd
	report, answer *redis.StringCmd
}

func (r *Registry) sessions(ctx context.Context, ids []string) ([]Session, error) {
	pipe := r.client.Pipeline()
	reads := make([]sessionRead, len(ids))
	for i, id := range ids {
		reads[i] = sessionRead{
			binding: r.readBinding(ctx, pipe, id),
			last:    pipe.XRevRangeN(ctx, r.keys.Journal(id), "+", "-", 1),
			report:  pipe.HGet(ctx, r.keys.Report(id), "data"),
			answer:  pipe.HGet(ctx, r.keys.Answer(id), "data"),
		}
	}
	if err := exec(ctx, pipe); err != nil {
		return nil, fail(ctx, "reading sessions", err)
	}
	sessions := make([]Session, len(ids))
	for i, read := range reads {
		sessions[i] = Session{ID: ids[i]}
		if err := read.into(&sessions[i]); err != nil {
			sessions[i] = Session{ID: ids[i], Err: err}
		}
	}
	return sessions, nil
}

func (read sessionRead) into(s *Session) error {
	a, err := read.result()
	if err != nil {
		return err
	}
	s.Generation = a.Generation
	if a.Epoch > 0 {
		s.Assignment = &a.Assignment
	}
	if a.Owner.Epoch > 0 {
		s.Owner = &a.Owner
	}
	messages, err := read.last.Result()
	if err != nil {
		return fmt.Errorf("reading the journal: %w: %w", journal.ErrCorrupt, err)
	}
	if len(messages) > 0 {
		if s.Last, err = journal.ParsePosition(messages[0].ID); err != nil {
			return fmt.Errorf("%w: %w", journal.ErrCorrupt, err)
		}
	}
	if s.Report, err = decode[Report](read.report); err != nil {
		return err
	}
	s.Answer, err = decode[Answer](read.answer)
	return err
}

// decode reads a JSON value; nil when there is none.
func decode[T any](cmd *redis.StringCmd) (*T, error) {
	data, err := cmd.Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a report: %w: %w", journal.ErrCorrupt, err)
	}
	value := new(T)
	if err := json.Unmarshal(data, value); err != nil {
		return nil, fmt.Errorf("reading a report: %w: %w", journal.ErrCorrupt, err)
	}
	return value, nil
}

// Health asks whether Redis takes writes now, and what it promises. Any error
// means that it does not, or that nobody knows.
func (r *Registry) Health(ctx context.Context) (Health, error) {
	if err := r.client.Set(ctx, r.keys.Marker(), "", 0).Err(); err != nil {
		return Health{}, fmt.Errorf("probing redis: %w", journal.WriteError(err))
	}
	durability, err := journal.ProbeServer(ctx, r.client)
	if err != nil {
		return Health{}, err
	}
	return Health{Durability: durability}, nil
}
