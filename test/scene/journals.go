// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
)

// Journals looks at how far the sessions' journals have come. It needs Redis
// and nothing else: it works while the API server is away.
type Journals struct {
	rdb    *redis.Client
	closer io.Closer
	names  map[string]string // key of the journal → name of the session
}

// Journals opens the journals of the sessions there are now.
func (s *Scene) Journals(ctx context.Context) (*Journals, error) {
	keys, err := journal.NewKeys("")
	if err != nil {
		return nil, err
	}
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return nil, err
	}
	address, closer, err := s.reach(ctx, redisName, "6379")
	if err != nil {
		return nil, err
	}
	j := &Journals{rdb: redis.NewClient(&redis.Options{Addr: address}), closer: closer, names: map[string]string{}}
	for _, gs := range sessions {
		j.names[keys.Journal(string(gs.UID))] = gs.Name
	}
	return j, nil
}

// Close ends the connections.
func (j *Journals) Close() error { return errors.Join(j.rdb.Close(), j.closer.Close()) }

// furtherCommands is how many versions show that a session is played.
const furtherCommands = 3

// AwaitPlay waits until every session has taken further commands.
func (j *Journals) AwaitPlay(ctx context.Context, limit time.Duration) error {
	begin, err := j.versions(ctx)
	if err != nil {
		return err
	}
	return Await(ctx, limit, "every session to be played", func(ctx context.Context) (string, error) {
		now, err := j.versions(ctx)
		if err != nil {
			return "", err
		}
		for key, version := range now {
			if version < begin[key]+furtherCommands {
				return fmt.Sprintf("%s stands at version %d", j.names[key], version), nil
			}
		}
		return "", nil
	})
}

// versions returns the number of the newest entry of each journal.
func (j *Journals) versions(ctx context.Context) (map[string]uint64, error) {
	pipe := j.rdb.Pipeline()
	replies := map[string]*redis.XMessageSliceCmd{}
	for key := range j.names {
		replies[key] = pipe.XRevRangeN(ctx, key, "+", "-", 1)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("reading the journals: %w", err)
	}
	last := map[string]uint64{}
	for key, reply := range replies {
		for _, m := range reply.Val() {
			position, err := journal.ParsePosition(m.ID)
			if err != nil {
				return nil, fmt.Errorf("reading the journal of %s: %w", j.names[key], err)
			}
			last[key] = position.Version
		}
	}
	return last, nil
}

// AwaitPlay waits until every session has taken further commands.
func (s *Scene) AwaitPlay(ctx context.Context, limit time.Duration) error {
	j, err := s.Journals(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }()
	return j.AwaitPlay(ctx, limit)
}
