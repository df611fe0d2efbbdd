// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"slices"

	"github.com/redis/go-redis/v9"
)

// maxPending bounds the names that wait for a slow reader of wake-ups. Past it
// they are replaced by one "look at everything".
const maxPending = 256

// everything is the wake-up that names nothing.
const everything = ""

// Wake delivers the ids of sessions that a shard should look at, and "" for "look
// at everything": at the start, after every (re)connection, and instead of too
// many. Wake-ups get lost while there is no connection, so readers also poll. The
// channel is closed when ctx ends.
func (r *Registry) Wake(ctx context.Context, shard string) <-chan string {
	return r.listen(ctx, r.keys.Wake(shard))
}

// Wakeups is Wake for the operator: it delivers the names of shards of a pool.
func (r *Registry) Wakeups(ctx context.Context, pool string) <-chan string {
	return r.listen(ctx, r.keys.Beat(pool))
}

// WakeShard tells a shard to look at a session, or with "" at everything.
func (r *Registry) WakeShard(ctx context.Context, shard, id string) error {
	if err := r.client.Publish(ctx, r.keys.Wake(shard), id).Err(); err != nil {
		return fail(ctx, "waking a shard", err)
	}
	return nil
}

// NotifyPool tells the operator to look at a shard: it drains, or took or lost a
// session.
func (r *Registry) NotifyPool(ctx context.Context, pool, shard string) error {
	if err := r.client.Publish(ctx, r.keys.Beat(pool), shard).Err(); err != nil {
		return fail(ctx, "waking the operator", err)
	}
	return nil
}

func (r *Registry) listen(ctx context.Context, channel string) <-chan string {
	out := make(chan string)
	go func() {
		defer close(out)
		sub := r.client.Subscribe(ctx, channel)
		defer func() { _ = sub.Close() }()
		deliver(ctx, sub.ChannelWithSubscriptions(), out)
	}()
	return out
}

// deliver passes messages on, each name once however often it came while the
// reader was busy.
func deliver(ctx context.Context, in <-chan any, out chan<- string) {
	pending := []string{everything}
	for {
		var send chan<- string
		var next string
		if len(pending) > 0 {
			send, next = out, pending[0]
		}
		select {
		case <-ctx.Done():
			return
		case send <- next:
			pending = pending[1:]
		case message, open := <-in:
			if !open {
				return
			}
			pending = merge(pending, message)
		}
	}
}

func merge(pending []string, message any) []string {
	name := everything
	if m, ok := message.(*redis.Message); ok {
		name = m.Payload
	}
	switch {
	case slices.Contains(pending, everything), slices.Contains(pending, name):
		return pending // everything covers every name
	case name == everything || len(pending) >= maxPending:
		return []string{everything}
	}
	return append(pending, name)
}
