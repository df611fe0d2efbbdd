// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/journal/journaltest"
	"gamesession.dev/operator/test/redistest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	journaltest.Run(t, openMemory)
}

func TestRedisKeepsTheContract(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Env {
		return openRedis(t, redistest.Start(t), journal.Config{})
	})
}

func TestRedisWithReplicaKeepsTheContract(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Env {
		primary := redistest.Start(t)
		redistest.StartReplica(t, primary)
		return openRedis(t, primary, journal.Config{Replicas: 1, WaitTimeout: 20 * time.Second})
	})
}

func TestMemoryInterleaved(t *testing.T) { journaltest.Interleave(t, openMemory(t)) }

func TestRedisInterleaved(t *testing.T) {
	journaltest.Interleave(t, openRedis(t, redistest.Start(t, "--appendfsync", "no"), journal.Config{}))
}

func openMemory(*testing.T) journaltest.Env {
	m := journal.NewMemory()
	rewind := func(_ context.Context, id string, p journal.Position, owner journal.Owner) error {
		m.Rewind(id, p, owner)
		return nil
	}
	return journaltest.Env{Store: m, Rewind: rewind}
}

func openRedis(t *testing.T, s *redistest.Server, cfg journal.Config) journaltest.Env {
	r := newRedis(t, s.Options(), cfg)
	client := s.Client(t)
	keys, err := journal.NewKeys("")
	if err != nil {
		t.Fatal(err)
	}
	rewind := func(ctx context.Context, id string, p journal.Position, owner journal.Owner) error {
		lost, err := client.XRange(ctx, keys.Journal(id), "("+p.String(), "+").Result()
		if err != nil {
			return err
		}
		_, err = client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, m := range lost {
				pipe.XDel(ctx, keys.Journal(id), m.ID)
			}
			pipe.Do(ctx, "XSETID", keys.Journal(id), p.String())
			pipe.HSet(ctx, keys.Owner(id), "shard", owner.Shard, "incarnation", owner.Incarnation, "epoch", owner.Epoch)
			pipe.Del(ctx, keys.Assign(id))
			return nil
		})
		return err
	}
	return journaltest.Env{Store: r, Rewind: rewind}
}

func newRedis(t testing.TB, opt *redis.Options, cfg journal.Config) *journal.Redis {
	t.Helper()
	cfg.CommitTimeout = 20 * time.Second // none of these tests is about timeouts
	r, err := journal.NewRedis(opt, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}
