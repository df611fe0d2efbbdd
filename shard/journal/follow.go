// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// followLimit is how many entries one Follow returns at most.
const followLimit = 256

// maxBlock bounds one XREAD; a longer Follow returns none earlier than asked.
const maxBlock = time.Minute

// follower is a client with one connection that can be cut, because XREAD does
// not hear contexts.
type follower struct {
	client *redis.Client
	mu     sync.Mutex
	conn   net.Conn
}

func newFollower(cfg Config, opt *redis.Options) *follower {
	f := &follower{}
	own := cfg.clientOptions(opt, 1)
	dial := own.Dialer
	if dial == nil {
		dial = redis.NewDialer(own)
	}
	own.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.conn = conn
		return conn, err
	}
	f.client = redis.NewClient(own)
	return f
}

func (f *follower) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.conn != nil {
		_ = f.conn.Close()
	}
}

// followers lends out followers, a bounded number at once.
type followers struct {
	cfg   Config
	opt   *redis.Options
	slots chan struct{}

	mu     sync.Mutex
	idle   []*follower
	closed bool
}

func newFollowers(cfg Config, opt *redis.Options) *followers {
	return &followers{cfg: cfg, opt: opt, slots: make(chan struct{}, cfg.MaxFollowers)}
}

func (p *followers) get() (*follower, error) {
	select {
	case p.slots <- struct{}{}:
	default:
		return nil, fmt.Errorf("%w: %d followers", ErrBusy, cap(p.slots))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		f := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return f, nil
	}
	return newFollower(p.cfg, p.opt), nil
}

// put takes a follower back; a broken one is closed.
func (p *followers) put(f *follower, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if broken || p.closed {
		_ = f.client.Close()
	} else {
		p.idle = append(p.idle, f)
	}
	<-p.slots
}

func (p *followers) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, f := range p.idle {
		_ = f.client.Close()
	}
	p.idle = nil
}

// Follow implements Reader.
func (r *Redis) Follow(ctx context.Context, id string, after Position, block time.Duration) ([]Entry, error) {
	if err := CheckSession(id); err != nil {
		return nil, fmt.Errorf("following the journal: %w", err)
	}
	f, err := r.followers.get()
	if err != nil {
		return nil, refused(r.cfg.Observer, fmt.Errorf("following the journal: %w", err))
	}
	entries, err := f.follow(ctx, r.keys.Journal(id), after, min(block, maxBlock))
	r.followers.put(f, err != nil)
	if err == nil {
		err = checkChain(after, entries)
	}
	if err != nil {
		return nil, fmt.Errorf("following the journal: %w", err)
	}
	return entries, nil
}

func (f *follower) follow(ctx context.Context, key string, after Position, block time.Duration) ([]Entry, error) {
	defer context.AfterFunc(ctx, f.cut)()
	// Redis takes 0 for "forever" and knows nothing below a millisecond.
	args := &redis.XReadArgs{Streams: []string{key, after.String()}, Count: followLimit, Block: max(block, time.Millisecond)}
	streams, err := f.client.XRead(ctx, args).Result()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, ReadError(ctx, err)
	}
	return parseEntries(streams[0].Messages)
}
