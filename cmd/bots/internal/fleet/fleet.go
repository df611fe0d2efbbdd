// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/cmd/bots/botlog"
	"gamesession.dev/operator/cmd/bots/internal/check"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
)

// Options say what to run.
type Options struct {
	URL      string
	Seats    []Seat
	Rate     float64       // commands a second and session; 0: as fast as it goes
	Duration time.Duration // 0: until ctx ends
	Once     bool          // leave a session when its fight is over
	Follow   Follow
	LogDir   string    // empty: no logs
	Progress io.Writer // one line every two seconds
}

const (
	dialsAtOnce   = 32
	dialTimeout   = 60 * time.Second
	progressEvery = 2 * time.Second
	// answerGrace is how long commands on their way are waited for at the end,
	// settleTime then what was acknowledged in the players' own streams.
	answerGrace = 8 * time.Second
	settleTime  = 3 * time.Second
)

// fleet is one run.
type fleet struct {
	opts   Options
	bots   []*bot
	tables []*table
	tally  *tally
	began  time.Time
}

// Run plays until ctx ends, the duration is over, or no bot is left. It returns
// an error when it could not play at all; what was broken while it played is in
// the report.
func Run(ctx context.Context, opts Options) (*Report, error) {
	f, err := assemble(opts)
	if err != nil {
		return nil, err
	}
	if opts.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, opts.Duration)
		defer cancel()
	}
	hard, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	context.AfterFunc(ctx, func() { time.AfterFunc(answerGrace, stop) })

	progress := make(chan struct{})
	played, over := context.WithCancel(ctx)
	go func() {
		defer close(progress)
		f.progress(played)
	}()
	err = f.play(ctx, hard)
	over()
	<-progress
	f.settle()
	if e := f.close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, err
	}
	return f.report(), nil
}

// assemble gives each seat a bot, and the first game master of a session the
// lead.
func assemble(opts Options) (*fleet, error) {
	f := &fleet{opts: opts, tally: &tally{}, began: time.Now()}
	tables := map[string]*table{}
	places := map[string]int{}
	led := map[string]bool{}
	if opts.LogDir != "" {
		if err := os.MkdirAll(opts.LogDir, 0o755); err != nil {
			return nil, fmt.Errorf("making the folder of the logs: %w", err)
		}
	}
	for _, seat := range opts.Seats {
		t := tables[seat.Session]
		if t == nil {
			t = newTable(seat.Session, opts.Rate)
			tables[seat.Session] = t
			f.tables = append(f.tables, t)
		}
		b := newBot(seat, t, f.tally)
		b.kind, b.once = opts.Follow.kind(places[seat.Session]), opts.Once
		t.kinds[seat.Player] = b.kind
		places[seat.Session]++
		t.seated[seat.Player] = true
		if seat.Role == auth.GameMaster && !led[seat.Session] {
			b.lead, led[seat.Session] = true, true
		}
		if opts.LogDir != "" {
			log, err := botlog.Create(opts.LogDir, seat.Session, seat.Player, b.view)
			if err != nil {
				return nil, err
			}
			b.log = log
		}
		f.bots = append(f.bots, b)
	}
	return f, nil
}

// play dials and plays all bots until they are done.
func (f *fleet) play(ctx, hard context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var playing sync.WaitGroup
	dials := make(chan struct{}, dialsAtOnce)
	for _, b := range f.bots {
		playing.Go(func() {
			dials <- struct{}{}
			err := b.dial(ctx, f.opts.URL)
			<-dials
			if err != nil {
				if ctx.Err() == nil {
					fail(fmt.Errorf("bot %s: %w", b.seat.Player, err))
				}
				return
			}
			b.play(ctx, hard)
			b.ended(ctx)
		})
	}
	playing.Wait()
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) || errors.Is(cause, context.DeadlineExceeded) {
		return nil
	}
	return cause
}

func (b *bot) dial(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{
		URL: url, Session: b.seat.Session, Token: b.seat.Token,
		FollowMoves: b.kind != Ignores, PreConnect: b.kind == ConnectsAhead, Observe: b.observe,
	})
	if err != nil {
		return fmt.Errorf("joining: %w", err)
	}
	b.client = c
	return nil
}

// ended judges a client that ended before it was told to.
func (b *bot) ended(ctx context.Context) {
	err := b.client.Err()
	if err == nil || ctx.Err() != nil {
		return
	}
	if c, ok := errors.AsType[*websocket.CloseError](err); ok && c.Code == wire.CloseSessionEnded {
		return
	}
	b.broke(check.Violation{Kind: check.Ended, Detail: err.Error()})
}

// settle waits for the streams to reach what was acknowledged.
func (f *fleet) settle() {
	deadline := time.Now().Add(settleTime)
	for _, b := range f.bots {
		for b.unseen.Load() > 0 && time.Now().Before(deadline) {
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// close ends all clients and writes out all logs.
func (f *fleet) close() error {
	var closing sync.WaitGroup
	for _, b := range f.bots {
		if b.client != nil {
			closing.Go(b.client.Close)
		}
	}
	closing.Wait()
	var errs []error
	for _, b := range f.bots {
		if b.client != nil && b.stream.Waiting() > 0 && len(b.live) > 0 {
			b.broke(check.Violation{Kind: check.AckUnseen, Detail: fmt.Sprintf("%d commands at the end", b.stream.Waiting())})
		}
		errs = append(errs, b.log.Close())
	}
	for _, t := range f.tables {
		if t.acked.Load() == 0 {
			detail := "not one command was acknowledged"
			if err := f.tally.lastFailure(); err != nil {
				detail += "; the last attempt to connect: " + err.Error()
			}
			f.tally.violation(Violation{Violation: check.Violation{Kind: check.Silent, Detail: detail}, Session: t.session, At: time.Now()})
		}
	}
	return errors.Join(errs...)
}

// progress prints a line every now and then until ctx ends.
func (f *fleet) progress(ctx context.Context) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var before uint64
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		acked := f.tally.acked.Load()
		q := f.tally.acks.quantiles(0.5, 0.99)
		moves := 0
		for _, t := range f.tables {
			moves += len(t.moves.Done())
		}
		fmt.Fprintf(f.opts.Progress, "%4.0fs  bots %d/%d  acked %d (%d/s)  ack p50 %s p99 %s  moves %d  closes %d  refused %d  violations %d\n",
			time.Since(f.began).Seconds(), f.tally.live.Load(), len(f.bots), acked, (acked-before)/uint64(progressEvery/time.Second),
			round(q[0]), round(q[1]), moves, f.tally.closeCount(), f.tally.refused.Load(), f.tally.broken.Load())
		if err := f.tally.lastFailure(); err != nil && f.tally.live.Load() == 0 {
			fmt.Fprintf(f.opts.Progress, "       no bot is connected; the last attempt: %v\n", err)
		}
		before = acked
	}
}

func round(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }
