// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"gamesession.dev/operator/shard/tcp"
)

// Config says how a Redis journal behaves. Zero values mean the defaults.
type Config struct {
	// Keys names the keys; the zero value uses DefaultPrefix.
	Keys Keys
	// Replicas is how many replicas must confirm a write before it is
	// acknowledged (WAIT). It should be all that may ever be elected.
	Replicas int
	// WaitTimeout bounds that wait; default 1 s. Past it writes end with
	// ErrNotReplicated.
	WaitTimeout time.Duration
	// CommitTimeout bounds one pipeline of writes, without WaitTimeout; default
	// 2 s. Past it writes end with ErrUnknown. It also bounds dialling and reads.
	CommitTimeout time.Duration
	// QueueLength bounds the writes waiting for the committer; default 1024.
	// When it is full, callers wait (their context is heard).
	QueueLength int
	// MaxFollowers bounds the Follow calls that wait at once; default 64. More
	// are refused with ErrBusy.
	MaxFollowers int
	// Observer hears what happens; nil means nobody listens.
	Observer Observer
}

const maxReplicas = 16

func (c *Config) setDefaults() error {
	if c.Keys == (Keys{}) {
		c.Keys = Keys{prefix: DefaultPrefix}
	}
	c.WaitTimeout = cmp.Or(c.WaitTimeout, time.Second)
	c.CommitTimeout = cmp.Or(c.CommitTimeout, 2*time.Second)
	c.QueueLength = cmp.Or(c.QueueLength, 1024)
	c.MaxFollowers = cmp.Or(c.MaxFollowers, 64)
	if c.Observer == nil {
		c.Observer = deaf{}
	}
	if c.Replicas < 0 || c.Replicas > maxReplicas {
		return fmt.Errorf("waiting for %d replicas: 0 to %d are allowed: %w", c.Replicas, maxReplicas, ErrInvalid)
	}
	if c.WaitTimeout < time.Millisecond || c.CommitTimeout < time.Millisecond || c.QueueLength < 0 || c.MaxFollowers < 0 {
		return fmt.Errorf("timeouts under a millisecond or negative bounds: %w", ErrInvalid)
	}
	return nil
}

// Buffers of a connection: of those that read, of which there are many, and of the
// one that writes, which should send a pipeline in one piece.
const (
	readBuffer   = 8 << 10
	commitBuffer = 64 << 10
)

// clientOptions returns a copy of opt for one of the journal's own clients:
// nothing is retried behind the caller's back, contexts are obeyed, and the
// protocol has no pushes.
func (c *Config) clientOptions(opt *redis.Options, poolSize int) *redis.Options {
	own := *opt
	own.MaxRetries = -1
	own.DialerRetries = 1
	own.ContextTimeoutEnabled = true
	own.Protocol = 2
	own.DisableIdentity = true
	own.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	own.DialTimeout = c.CommitTimeout
	own.ReadTimeout = c.CommitTimeout
	own.WriteTimeout = c.CommitTimeout
	own.PoolTimeout = c.CommitTimeout
	own.PoolSize, own.PipelinePoolSize = poolSize, -1
	own.ReadBufferSize, own.WriteBufferSize = readBuffer, readBuffer
	own.MinIdleConns, own.MaxIdleConns, own.MaxActiveConns = 0, 0, 0
	dial := own.Dialer
	if dial == nil {
		dial = redis.NewDialer(&own)
	}
	own.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return tcp.Wrap(conn), nil
	}
	return &own
}

// deaf is the observer of those who want none.
type deaf struct{}

func (deaf) Committed(int, int, time.Duration) {}
func (deaf) Appended(int, time.Duration)       {}
func (deaf) Refused(string)                    {}
