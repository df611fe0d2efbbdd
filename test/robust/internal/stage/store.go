// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/test/redistest"
)

// Store is the Redis of a stage: the primary and, if asked for, one replica
// behind a link of its own.
type Store struct {
	dir     string
	network *Network

	mu      sync.Mutex
	count   int
	primary *redistest.Server
	replica *redistest.Server
	// Replication is the link from the replica to the primary; nil without one.
	replication *Link
	all         []*redistest.Server
	damaged     []Damage
}

// Damage is a stored snapshot that a fault has changed.
type Damage struct {
	Session  string
	Position string // as its field is called
}

func newStore(dir string, n *Network, replicated bool) (*Store, error) {
	s := &Store{dir: dir, network: n}
	var err error
	if s.primary, err = s.start(); err != nil {
		return nil, err
	}
	if replicated {
		s.replica, s.replication, err = s.follow(s.primary)
	}
	return s, err
}

// start runs a server whose append-only file tells everything from the first
// write on, in plain commands.
func (s *Store) start() (*redistest.Server, error) {
	s.count++
	dir := filepath.Join(s.dir, fmt.Sprintf("redis-%d", s.count))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	server, err := redistest.New(redistest.Options{Dir: dir, Args: []string{
		"--auto-aof-rewrite-percentage", "0", "--aof-use-rdb-preamble", "no",
	}})
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, server)
	return server, nil
}

// follow runs a replica of a server, and waits until it has everything.
func (s *Store) follow(of *redistest.Server) (*redistest.Server, *Link, error) {
	link, err := s.network.Link("replication", of.Addr())
	if err != nil {
		return nil, nil, err
	}
	host, port, err := net.SplitHostPort(link.Addr())
	if err != nil {
		return nil, nil, err
	}
	replica, err := s.start()
	if err != nil {
		return nil, nil, err
	}
	// Not on its command line: it may be promoted, killed and started again.
	client := redis.NewClient(replica.Options())
	defer func() { _ = client.Close() }()
	if err := client.Do(context.Background(), "REPLICAOF", host, port).Err(); err != nil {
		return nil, nil, fmt.Errorf("making a replica: %w", err)
	}
	if err := replica.AwaitLinked(context.Background()); err != nil {
		return nil, nil, fmt.Errorf("waiting for the replica: %w", err)
	}
	return replica, link, nil
}

// Primary is the server that shards are to use.
func (s *Store) Primary() *redistest.Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.primary
}

// Replicas is how many replicas confirm a write.
func (s *Store) Replicas() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replica == nil {
		return 0
	}
	return 1
}

// Replication is the link from the replica to the primary.
func (s *Store) Replication() *Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.replication
}

// Promote makes the replica the primary, with a new replica behind it, and
// returns what was the primary.
func (s *Store) Promote(ctx context.Context) (old *redistest.Server, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.replica.Promote(ctx); err != nil {
		return nil, err
	}
	old = s.primary
	s.primary = s.replica
	s.replica, s.replication, err = s.follow(s.primary)
	return old, err
}

// Ask runs one command on the primary, past all links.
func (s *Store) Ask(ctx context.Context, args ...any) (any, error) {
	return ask(ctx, s.Primary(), args...)
}

// Damage puts something else in the place of a stored snapshot, and notes it.
func (s *Store) Damage(ctx context.Context, d Damage, data []byte) error {
	s.mu.Lock()
	s.damaged = append(s.damaged, d)
	s.mu.Unlock()
	_, err := s.Ask(ctx, "HSET", "gs:{"+d.Session+"}:snapshots", d.Position, data)
	return err
}

// Damaged lists what Damage was asked for.
func (s *Store) Damaged() []Damage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.damaged)
}

// AskReplica runs one command on the replica, which there must be.
func (s *Store) AskReplica(ctx context.Context, args ...any) (any, error) {
	s.mu.Lock()
	replica := s.replica
	s.mu.Unlock()
	return ask(ctx, replica, args...)
}

func ask(ctx context.Context, server *redistest.Server, args ...any) (any, error) {
	client := redis.NewClient(server.Options())
	defer func() { _ = client.Close() }()
	return client.Do(ctx, args...).Result()
}

// Pid returns the process of the primary.
func (s *Store) Pid(ctx context.Context) (int, error) {
	info, err := s.Ask(ctx, "INFO", "server")
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(infoField(info, "process_id"))
}

// kill ends every server by SIGKILL.
func (s *Store) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, server := range s.all {
		server.Close()
	}
	if s.replication != nil {
		s.replication.Cut()
	}
}
