// SPDX-License-Identifier: Apache-2.0

package limit_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/test/redistest"
)

// TestSharedIsShared: many shards together let through what the rule allows, no
// more and no less, and leave nothing behind that does not expire.
func TestSharedIsShared(t *testing.T) {
	client := redistest.Start(t).Client(t)
	rule := limit.Rule{N: 10, Per: time.Hour}
	var taken atomic.Int64
	var shards sync.WaitGroup
	for range 8 {
		shards.Go(func() {
			s := limit.NewShared(client, "gs", "connects", rule)
			for range 5 {
				wait, err := s.Take(t.Context(), "192.0.2.1")
				switch {
				case err != nil:
					t.Error(err)
				case wait == 0:
					taken.Add(1)
				case wait > rule.Per/10:
					t.Errorf("told to wait %s, one comes back every %s", wait, rule.Per/10)
				}
			}
		})
	}
	shards.Wait()
	if n := taken.Load(); n != 10 {
		t.Errorf("%d let through, want 10", n)
	}
	s := limit.NewShared(client, "gs", "connects", rule)
	if wait, err := s.Take(t.Context(), "192.0.2.2"); err != nil || wait != 0 {
		t.Errorf("another subject: %s, %v", wait, err)
	}
	keys, err := client.Keys(t.Context(), "*").Result()
	if err != nil || len(keys) != 2 {
		t.Errorf("keys %v, %v, want two", keys, err)
	}
	for _, key := range keys {
		if ttl, err := client.PTTL(t.Context(), key).Result(); err != nil || ttl <= 0 || ttl > rule.Per+time.Second {
			t.Errorf("%s lives for %s, %v", key, ttl, err)
		}
	}
}

// TestSharedComesBack after what it said, by the clock of Redis.
func TestSharedComesBack(t *testing.T) {
	client := redistest.Start(t).Client(t)
	s := limit.NewShared(client, "gs", "connects", limit.Rule{N: 10, Per: time.Second})
	for i := range 25 {
		for tries := 0; ; tries++ {
			wait, err := s.Take(t.Context(), "x")
			if err != nil {
				t.Fatal(err)
			}
			if wait == 0 {
				break
			}
			if tries == 3 {
				t.Fatalf("number %d is put off a third time", i)
			}
			<-time.After(wait + time.Millisecond)
		}
	}
	if wait, err := limit.NewShared(client, "gs", "other", limit.Rule{}).Take(t.Context(), "x"); err != nil || wait != 0 {
		t.Errorf("no rule: %s, %v", wait, err)
	}
}

func TestSharedWithoutRedis(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client(t)
	s := limit.NewShared(client, "gs", "connects", limit.Rule{N: 1, Per: time.Second})
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Take(t.Context(), "x"); err == nil {
		t.Error("nothing was counted, and nobody is told")
	}
}
