// SPDX-License-Identifier: Apache-2.0

package redistest

import (
	"context"
	"testing"
	"time"
)

func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	s := Start(t)
	c := s.Client(t)
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Fatal("a killed server answers")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Client(t).Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Fatalf("got %q, %v after the restart, want v", got, err)
	}
}

func TestPausedServerAnswersLater(t *testing.T) {
	s := Start(t)
	c := s.Client(t)
	if err := s.Pause(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { answered <- c.Ping(context.Background()).Err() }()
	select {
	case err := <-answered:
		t.Fatalf("a paused server answered: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := s.Resume(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
}

func TestPromotedReplicaHasTheData(t *testing.T) {
	primary := Start(t)
	c := primary.Client(t)
	replica := StartReplica(t, primary)
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Wait(t.Context(), 1, 5*time.Second).Result(); err != nil || n != 1 {
		t.Fatalf("WAIT: %d, %v", n, err)
	}
	primary.Kill()
	if err := replica.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	rc := replica.Client(t)
	if got, err := rc.Get(t.Context(), "k").Result(); err != nil || got != "v" {
		t.Fatalf("got %q, %v, want v", got, err)
	}
	if err := rc.Set(t.Context(), "k", "w", 0).Err(); err != nil {
		t.Fatalf("the promoted replica refuses a write: %v", err)
	}
}
