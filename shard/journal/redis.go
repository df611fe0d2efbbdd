// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// readConnections is the pool for reads and snapshots; one more waits for its
// turn (back-pressure).
const readConnections = 16

// Redis is the Log of production: one Redis primary, found at an address or
// through Sentinel by the dialer of the options. It is safe for concurrent use.
type Redis struct {
	cfg       Config
	keys      Keys
	scripts   scripts
	reads     *redis.Client
	committer *committer
	followers *followers
}

var (
	_ Log     = (*Redis)(nil)
	_ Starter = (*Redis)(nil)
)

// NewRedis makes its own clients from opt (timeouts, retries and pool sizes of
// opt are replaced). It does not dial: a Redis that is away shows as
// ErrUnavailable on use, and everything goes on by itself when it is back. Close
// must be called.
func NewRedis(opt *redis.Options, cfg Config) (*Redis, error) {
	return newRedis(opt, cfg, embeddedScripts())
}

func newRedis(opt *redis.Options, cfg Config, s scripts) (*Redis, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, fmt.Errorf("configuring the journal: %w", err)
	}
	r := &Redis{
		cfg:       cfg,
		keys:      cfg.Keys,
		scripts:   s,
		reads:     redis.NewClient(cfg.clientOptions(opt, readConnections)),
		followers: newFollowers(cfg, opt),
	}
	commits := cfg.clientOptions(opt, commitConnections)
	commits.ReadTimeout += cfg.WaitTimeout
	commits.ReadBufferSize, commits.WriteBufferSize = commitBuffer, commitBuffer
	r.committer = startCommitter(cfg, redis.NewClient(commits), s.committed())
	return r, nil
}

// Close ends every connection. Calls under way end with ErrUnavailable or
// ErrUnknown.
func (r *Redis) Close() error {
	r.committer.close()
	r.followers.close()
	if err := r.reads.Close(); err != nil {
		return fmt.Errorf("closing the journal: %w", err)
	}
	return nil
}

// Ping asks whether Redis answers now.
func (r *Redis) Ping(ctx context.Context) error {
	if err := r.reads.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("pinging redis: %w", ReadError(ctx, err))
	}
	return nil
}

// runScript runs a script outside the committer, where waiting for replicas is
// not asked for. A script that the server does not know is sent whole.
func (r *Redis) runScript(ctx context.Context, s script, keys []string, args ...any) error {
	cmd := r.reads.EvalSha(ctx, s.sha, keys, args...)
	if isNoScript(cmd.Err()) {
		cmd = r.reads.Eval(ctx, s.source, keys, args...)
	}
	return finish(cmd)
}

func isNoScript(err error) bool { return redis.HasErrorPrefix(err, "NOSCRIPT") }

// refused tells the observer why a call failed and returns its error.
func refused(o Observer, err error) error {
	if err != nil {
		o.Refused(reason(err))
	}
	return err
}

// reason is the label of an error, from a closed set.
func reason(err error) string {
	for _, r := range []struct {
		err   error
		label string
	}{
		{ErrStale, "stale"}, {ErrGap, "gap"}, {ErrNoOwner, "noowner"},
		{ErrNotAssigned, "notassigned"}, {ErrNotFrozen, "notfrozen"}, {ErrUnknown, "unknown"},
		{ErrNotReplicated, "notreplicated"}, {ErrUnavailable, "unavailable"}, {ErrBusy, "busy"},
	} {
		if errors.Is(err, r.err) {
			return r.label
		}
	}
	return "other"
}
