// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/shard/plant"
)

// Bounds of one pipeline. A single write is always taken, whatever its size.
const (
	maxPipelineWrites = 256
	maxPipelineBytes  = 8 << 20
	// commitConnections is how often dialling may fail in a row before the
	// client tries only once a second. One connection is used at a time.
	commitConnections = 64
)

// write is one script, or one marker, on its way through the committer.
type write struct {
	script *script // nil: a marker, for a barrier
	keys   []string
	args   []any
	bytes  int

	taken atomic.Bool // set by whoever decides its fate: the committer or a caller who left
	done  chan struct{}
	then  func()   // called in place of closing done, if there is one
	reply []string // valid after done or in then
	err   error    // valid after done or in then
}

// committer sends the writes of all sessions, in the order they came. Whatever is
// ready goes into one pipeline while the last one is in flight, and shares its
// fsync and its WAIT. It is one goroutine with one connection: WAIT speaks only
// for what its own connection wrote.
type committer struct {
	cfg     Config
	client  *redis.Client
	scripts []script
	queue   chan *write
	stop    chan struct{}
	stopped sync.WaitGroup
	once    sync.Once

	conn *redis.Conn // used by run alone; nil when there is none
}

func startCommitter(cfg Config, client *redis.Client, all []script) *committer {
	c := &committer{
		cfg:     cfg,
		client:  client,
		scripts: all,
		queue:   make(chan *write, cfg.QueueLength),
		stop:    make(chan struct{}),
	}
	c.stopped.Go(c.run)
	return c
}

func (c *committer) close() {
	c.once.Do(func() { close(c.stop) })
	c.stopped.Wait()
}

// do queues w and waits for its outcome. A caller who leaves before w was taken
// gets the context's error, and w is not written.
func (c *committer) do(ctx context.Context, w *write) ([]string, error) {
	w.done = make(chan struct{})
	select {
	case c.queue <- w:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-c.stop:
		return nil, fmt.Errorf("%w: the journal is closed", ErrUnavailable)
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		if w.taken.CompareAndSwap(false, true) {
			return nil, ctx.Err()
		}
		<-w.done
	case <-c.stop:
		if w.taken.CompareAndSwap(false, true) {
			return nil, fmt.Errorf("%w: the journal is closed", ErrUnavailable)
		}
		<-w.done
	}
	return w.reply, w.err
}

// start queues w if there is room, and does not wait: w.then is called with its
// outcome, unless the caller takes it back.
func (c *committer) start(w *write) bool {
	select {
	case <-c.stop:
		return false
	default:
	}
	select {
	case c.queue <- w:
		return true
	default:
		return false
	}
}

func (c *committer) run() {
	defer func() {
		c.giveUp()
		c.drop()
		_ = c.client.Close()
	}()
	batch := make([]*write, 0, maxPipelineWrites)
	var held *write // taken from the queue, too big for the last pipeline
	for {
		batch = batch[:0]
		if held != nil {
			batch = append(batch, held)
		} else {
			select {
			case w := <-c.queue:
				batch = take(batch, w)
			case <-c.stop:
				return
			}
		}
		batch, held = c.fill(batch)
		if len(batch) > 0 {
			c.commit(batch)
		}
		clear(batch)
	}
}

// giveUp ends the writes that nobody waits for; who waits sees the stop.
func (c *committer) giveUp() {
	for {
		select {
		case w := <-c.queue:
			if w.then != nil && w.taken.CompareAndSwap(false, true) {
				w.err = fmt.Errorf("%w: the journal is closed", ErrUnavailable)
				w.then()
			}
		default:
			return
		}
	}
}

// take adds w unless its caller has left.
func take(batch []*write, w *write) []*write {
	if w.taken.CompareAndSwap(false, true) {
		return append(batch, w)
	}
	return batch
}

// fill adds what is ready now. A write that would pass the bound in bytes is
// returned as held.
func (c *committer) fill(batch []*write) (filled []*write, held *write) {
	bytes := 0
	for _, w := range batch {
		bytes += w.bytes
	}
	for len(batch) < maxPipelineWrites {
		select {
		case w := <-c.queue:
			if !w.taken.CompareAndSwap(false, true) {
				continue
			}
			if bytes += w.bytes; bytes > maxPipelineBytes {
				return batch, w
			}
			batch = append(batch, w)
		default:
			return batch, nil
		}
	}
	return batch, nil
}

// commit sends one batch and gives every write in it its outcome.
func (c *committer) commit(batch []*write) {
	start := time.Now()
	failpoint.At(failpoint.BeforeSend)
	c.exchange(batch)
	bytes := 0
	for _, w := range batch {
		bytes += w.bytes
		if w.then != nil {
			w.then()
		} else {
			close(w.done)
		}
	}
	c.cfg.Observer.Committed(len(batch), bytes, time.Since(start))
}

// exchange fills reply and err of every write of a batch.
func (c *committer) exchange(batch []*write) {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.CommitTimeout+c.cfg.WaitTimeout)
	defer cancel()
	if err := c.connect(ctx); err != nil {
		for _, w := range batch {
			w.err = err
		}
		return
	}
	unknown := c.send(ctx, batch)
	if len(unknown) == 0 {
		return
	}
	// The server lost its scripts (restart, failover, flush): nothing of these
	// writes was done, so the same ids are sent again.
	if err := c.load(ctx); err != nil {
		c.drop()
		for _, w := range unknown {
			w.err = fmt.Errorf("%w: loading scripts: %w", ErrUnavailable, err)
		}
		return
	}
	for _, w := range c.send(ctx, unknown) {
		w.err = fmt.Errorf("%w: the server forgets its scripts", ErrUnavailable)
	}
}

// connect makes the connection if there is none: it loads the scripts and writes
// a marker, so that a later WAIT also covers what earlier connections wrote.
func (c *committer) connect(ctx context.Context) error {
	if c.conn != nil {
		return nil
	}
	c.conn = c.client.EphemeralConn()
	err := c.load(ctx)
	if err == nil && c.cfg.Replicas > 0 {
		err = c.conn.Set(ctx, c.cfg.Keys.Marker(), "", 0).Err()
	}
	if err != nil {
		c.drop()
		return fmt.Errorf("%w: connecting: %w", ErrUnavailable, err)
	}
	return nil
}

func (c *committer) load(ctx context.Context) error {
	pipe := c.conn.Pipeline()
	for _, s := range c.scripts {
		pipe.ScriptLoad(ctx, s.source)
	}
	_, err := pipe.Exec(ctx)
	return err
}

// drop gives up the connection; the next batch makes another one.
func (c *committer) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// send sends a batch and, when replicas are asked for, a WAIT behind it. It
// returns the writes whose script the server does not know.
func (c *committer) send(ctx context.Context, batch []*write) (unknown []*write) {
	pipe := c.conn.Pipeline()
	cmds := make([]redis.Cmder, len(batch))
	for i, w := range batch {
		if w.script == nil {
			cmds[i] = pipe.Set(ctx, c.cfg.Keys.Marker(), "", 0)
		} else {
			cmds[i] = pipe.EvalSha(ctx, w.script.sha, w.keys, w.args...)
		}
	}
	var wait *redis.IntCmd
	if c.cfg.Replicas > 0 {
		wait = redis.NewIntCmd(ctx, "wait", c.cfg.Replicas, c.cfg.WaitTimeout.Milliseconds())
		_ = pipe.Process(ctx, wait)
	}
	_, _ = pipe.Exec(ctx) // each command carries its own error
	confirmed := wait == nil || plant.On(plant.WaitIgnored) || (wait.Err() == nil && wait.Val() >= int64(c.cfg.Replicas))
	spoiled := wait != nil && wait.Err() != nil
	for i, w := range batch {
		err := cmds[i].Err()
		if w.script != nil && isNoScript(err) {
			unknown = append(unknown, w)
			continue
		}
		spoiled = spoiled || spoils(err)
		w.settle(cmds[i], confirmed)
	}
	if spoiled {
		// A fresh connection holds no old reply and finds a new primary.
		c.drop()
		return c.reconnect(ctx, unknown)
	}
	return unknown
}

// spoils says that the connection must not be used again: it broke in the middle,
// or leads to a server that is no primary any more.
func spoils(err error) bool {
	return err != nil && (!isReply(err) || redis.HasErrorPrefix(err, "READONLY"))
}

// reconnect makes a connection for writes that have to be sent again, or ends
// them.
func (c *committer) reconnect(ctx context.Context, again []*write) []*write {
	if len(again) == 0 {
		return nil
	}
	if err := c.connect(ctx); err != nil {
		for _, w := range again {
			w.err = err
		}
		return nil
	}
	return again
}

// settle sets the outcome of w from the reply to its command.
func (w *write) settle(cmd redis.Cmder, confirmed bool) {
	if err := cmd.Err(); err != nil {
		w.err = WriteError(err)
		return
	}
	if script, ok := cmd.(*redis.Cmd); ok {
		reply, err := replyOf(script)
		if err != nil {
			w.err = err
			return
		}
		if w.reply, w.err = outcome(reply); w.err != nil {
			return
		}
	}
	if !confirmed {
		w.err = ErrNotReplicated
	}
}
