// SPDX-License-Identifier: Apache-2.0

package health

import (
	"context"
	"io"

	"gamesession.dev/operator/shard/registry"
)

// Source is what a Watcher reads.
type Source interface {
	Shards(ctx context.Context, pool string, names []string) ([]registry.Heartbeat, error)
	Wakeups(ctx context.Context, pool string) <-chan string
	Health(ctx context.Context) (registry.Health, error)
}

// Sessions is how the sessions of a pool are bound and read.
type Sessions interface {
	Sessions(ctx context.Context, ids []string) ([]registry.Session, error)
	Assign(ctx context.Context, a registry.Assignment, spec registry.SessionSpec) error
	Spec(ctx context.Context, id string) (registry.SessionSpec, error)
	PutSpec(ctx context.Context, spec registry.SessionSpec) error
	ForgetSession(ctx context.Context, id string, epoch uint64) error
}

// Shards is how the shards of a pool are told.
type Shards interface {
	SetHints(ctx context.Context, shard string, ids []string) error
	SetDrain(ctx context.Context, shard string, on bool) error
	ForgetShard(ctx context.Context, pool, shard string) error
}

// Registry is the operator's side of the registry. *registry.Registry is one.
type Registry interface {
	Source
	Sessions
	Shards
}

var _ Registry = (*registry.Registry)(nil)

// Link is a connection to the Redis of a pool.
type Link struct {
	Registry
	io.Closer
}
