// SPDX-License-Identifier: Apache-2.0

package redistest

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Start runs a server for the length of a test.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(t, Options{Dir: t.TempDir(), Args: args})
}

// StartTLS runs a server that speaks TLS alone, with the certificate in a directory,
// see Options.
func StartTLS(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	return start(t, Options{Dir: t.TempDir(), Args: args, TLSDir: dir})
}

// StartReplica runs a replica of primary for the length of a test and waits
// until it has everything.
func StartReplica(t testing.TB, primary *Server, args ...string) *Server {
	t.Helper()
	s := start(t, Options{Dir: t.TempDir(), Args: args, ReplicaOf: primary})
	if err := s.AwaitLinked(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func start(t testing.TB, opts Options) *Server {
	t.Helper()
	s, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Client returns a plain client that is closed with the test. It waits for answers as
// long as for a server that starts.
func (s *Server) Client(t testing.TB) *redis.Client {
	t.Helper()
	opts := s.Options()
	opts.DialTimeout, opts.ReadTimeout, opts.WriteTimeout = startTimeout, startTimeout, startTimeout
	c := redis.NewClient(opts)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// AwaitLinked waits until a replica has loaded its primary's data and follows.
func (s *Server) AwaitLinked(ctx context.Context) error {
	client := redis.NewClient(s.Options())
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := client.Info(ctx, "replication").Result()
		if err == nil && strings.Contains(info, "master_link_status:up") {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
