// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/shard/wire"
)

// Client is one player at one session. Its methods are safe for concurrent use.
type Client struct {
	opts     Options
	renews   bool // it can have another token
	endpoint *url.URL
	cancel   context.CancelFunc
	done     chan struct{} // closed when the client has ended
	err      error         // why; set before done is closed
	synced   chan struct{} // closed when the document was first filled
	messages chan message
	commands chan *command
	says     chan []byte
	running  sync.WaitGroup
	prefix   string // of action ids

	mu     sync.Mutex // guards doc, stats and failed
	doc    *wire.Document
	stats  Stats
	failed error // the last attempt to connect

	// The rest belongs to the goroutine of run.
	role     string // whose view the document is
	primary  *link  // carries commands and the chain; nil between two attempts
	next     *link  // on its way to the new owner
	links    uint64
	pending  pending
	reopen   backoff
	reopenAt time.Time
	retry    backoff
	holdTo   time.Time // no command is sent before
	ids      uint64
}

// Dial connects and returns once the document holds the view. Until then it
// tries again after errors that may pass; it returns the error when one does
// not, and ctx's with that of the last attempt when that ends first. The client lives until [Client.Close],
// whatever becomes of ctx.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	endpoint, err := opts.endpoint()
	if err != nil {
		return nil, fmt.Errorf("dialling session: %w", err)
	}
	var prefix [4]byte
	rand.Read(prefix[:]) // never fails
	running, cancel := context.WithCancel(context.Background())
	c := &Client{
		opts:     opts.withDefaults(),
		renews:   opts.Credentials != nil,
		endpoint: endpoint,
		cancel:   cancel,
		done:     make(chan struct{}),
		synced:   make(chan struct{}),
		messages: make(chan message, outBound),
		commands: make(chan *command),
		says:     make(chan []byte),
		prefix:   hex.EncodeToString(prefix[:]),
		doc:      new(wire.Document),
		stats:    Stats{Closes: map[int]uint64{}},
	}
	go c.run(running)
	select {
	case <-c.synced:
		return c, nil
	case <-c.done:
		return nil, fmt.Errorf("dialling session %s: %w", opts.Session, c.err)
	case <-ctx.Done():
		c.Close()
		if c.failed != nil {
			return nil, fmt.Errorf("dialling session %s: %w; the last attempt: %w", opts.Session, ctx.Err(), c.failed)
		}
		return nil, fmt.Errorf("dialling session %s: %w", opts.Session, ctx.Err())
	}
}

// Do sends a command, any value whose JSON is an action of the rules, and waits
// for its answer over any number of reconnects. When ctx ends first the command
// stays what it is: on its way, and resent until it is answered; its [Answered]
// still comes.
func (c *Client) Do(ctx context.Context, action any) (Answer, error) {
	raw, err := json.Marshal(action)
	if err != nil {
		return Answer{}, fmt.Errorf("encoding action: %w", err)
	}
	cmd := &command{
		declare:  wire.ActionDeclare{Action: raw},
		declared: time.Now(),
		answer:   make(chan Answer, 1),
		refused:  make(chan error, 1),
	}
	select {
	case c.commands <- cmd:
	case <-c.done:
		return Answer{}, c.err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
	select {
	case a := <-cmd.answer:
		return a, nil
	case err := <-cmd.refused:
		return Answer{}, err
	case <-c.done:
		return Answer{}, c.err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// Say sends one of the wire package's Chat, Emote, MapPing, Typing and
// PresenceRequest, in a frame of its type. It is sent once, or not at all while there
// is no connection: nobody answers for it, and a presence is asked for again by who
// comes back.
func (c *Client) Say(t wire.Type, data any) error {
	select {
	case c.says <- wire.Encode(t, data):
		return nil
	case <-c.done:
		return c.err
	}
}

// View calls read with the document. Read must neither keep nor change it and
// must return soon: the client waits for it.
func (c *Client) View(read func(*wire.Document)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	read(c.doc)
}

// Position returns the position that the document has reached.
func (c *Client) Position() wire.Position {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.Position()
}

// Stats returns a copy of the counters.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stats
	s.Closes = maps.Clone(s.Closes)
	return s
}

// Done is closed when the client has ended: by [Client.Close], or because a
// shard told it not to come back. [Client.Err] says which.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err returns nil while the client lives, and why it ended afterwards.
func (c *Client) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}

// Close ends the client and its connections. It is safe to call it twice.
func (c *Client) Close() {
	c.cancel()
	<-c.done
	c.running.Wait()
}

func (c *Client) nextActionID() string {
	c.ids++
	return c.prefix + "-" + strconv.FormatUint(c.ids, 10)
}

// count changes the counters under the lock.
func (c *Client) count(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}

// run owns the client until it ends.
func (c *Client) run(ctx context.Context) {
	c.err = c.loop(ctx)
	for _, l := range []*link{c.primary, c.next} {
		if l != nil {
			l.retire(websocket.CloseNormalClosure)
		}
	}
	c.cancel()
	close(c.done)
}

func (c *Client) loop(ctx context.Context) error {
	c.open(c.endpoint, c.opts.Credentials, false)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if at := c.wakeAt(); !at.IsZero() {
			timer.Reset(time.Until(at))
		}
		var err error
		select {
		case <-ctx.Done():
			return ErrClosed
		case m := <-c.messages:
			if m.from == c.primary || m.from == c.next {
				err = c.take(m)
			}
		case cmd := <-c.commands:
			c.accept(cmd)
		case frame := <-c.says:
			if c.primary != nil && c.primary.live && !c.primary.send(frame) {
				c.count(func(s *Stats) { s.Overrun++ })
			}
		case now := <-timer.C:
			c.wake(now)
		}
		if err != nil {
			return err
		}
	}
}
