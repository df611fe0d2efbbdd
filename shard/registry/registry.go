// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	_ "embed" // the scripts
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
)

// Errors beside those of package journal (ErrInvalid, ErrAssignConflict,
// ErrUnavailable, ErrCorrupt).
var (
	// ErrNotFound: there is no such spec.
	ErrNotFound = errors.New("not found")
	// ErrOutdated: a newer generation of the spec is stored.
	ErrOutdated = errors.New("a newer generation is stored")
)

//go:embed scripts/spec.lua
var specSource string

//go:embed scripts/raise.lua
var raiseSource string

// pipelineSessions bounds the sessions of one pipeline; longer lists are cut.
const pipelineSessions = 128

// Registry reads and writes the meeting point. It is safe for concurrent use and
// does not own its client.
type Registry struct {
	client redis.UniversalClient
	keys   journal.Keys
	spec   *redis.Script
	raise  *redis.Script
}

// New returns the registry behind client. The client's options should have
// MaxRetries -1 and ContextTimeoutEnabled. Every call may be repeated.
func New(client redis.UniversalClient, keys journal.Keys) *Registry {
	return &Registry{
		client: client,
		keys:   keys,
		spec:   redis.NewScript(specSource),
		raise:  redis.NewScript(raiseSource),
	}
}

// fail gives an error of the client its meaning and says what was being done.
func fail(ctx context.Context, doing string, err error) error {
	return fmt.Errorf("%s: %w", doing, journal.ReadError(ctx, err))
}

// exec runs a pipeline. A command's own error stays with the command; only
// trouble that concerns all of them is returned.
func exec(ctx context.Context, pipe redis.Pipeliner) error {
	_, err := pipe.Exec(ctx)
	if _, isReply := errors.AsType[redis.Error](err); isReply {
		return nil
	}
	return err
}
