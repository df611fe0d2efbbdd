// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"gamesession.dev/operator/test/bench/internal/sock"
)

// Pace says how a room is played.
type Pace struct {
	// Rate is actions a second and table; 0 is as fast as it goes.
	Rate float64
	// Warm is played before what counts, For is what counts.
	Warm, For time.Duration
	// Begun is called between the two, Ended right after; they may be nil.
	Begun, Ended func()
}

// Played is what came of it.
type Played struct {
	Actions uint64
	Took    time.Duration
	All10   []time.Duration // from send until the last of the ten has it
	Behind  []time.Duration // from a slot until its action is sent
	Frames  uint64          // updates received
	Bytes   uint64          // their payloads
	Acks    uint64
	AckSize uint64
	SentOut uint64 // bytes of actions
}

// run is one Play.
type run struct {
	*Room
	Played
	start   time.Time
	now     time.Duration // as of the last look at the clock
	counts  bool
	period  time.Duration // between two slots of a table; 0: flat out
	slot    int           // the next slot: table slot%n, at slot*period/n
	out     []byte
	problem error
}

// Play plays for a while. It returns an error when the server refuses an action,
// ends a connection, or tells of another order than it should.
func (r *Room) Play(pace Pace) (*Played, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p := &run{Room: r, start: time.Now()}
	if pace.Rate > 0 {
		p.period = time.Duration(float64(time.Second) / pace.Rate)
	} else {
		for _, t := range r.tables {
			p.act(t)
		}
	}
	if err := p.until(pace.Warm); err != nil {
		return nil, err
	}
	if pace.Begun != nil {
		pace.Begun()
	}
	p.look()
	begun := p.now
	p.counts = true
	err := p.until(begun + pace.For)
	p.counts = false
	p.Took = p.now - begun
	if pace.Ended != nil {
		pace.Ended()
	}
	if err == nil {
		err = p.settle()
	}
	return &p.Played, err
}

// settle waits for what is under way, so that the room can be played again.
func (p *run) settle() error {
	p.period = -1
	deadline := p.now + 5*time.Second
	for p.problem == nil {
		open := 0
		for _, t := range p.tables {
			if t.slots = 0; t.busy {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		if p.now > deadline {
			return fmt.Errorf("%d tables still wait for an update", open)
		}
		if err := p.poller.Poll(10*time.Millisecond, p); err != nil {
			return err
		}
		p.look()
	}
	return p.problem
}

func (p *run) look() { p.now = time.Since(p.start) }

func (p *run) until(end time.Duration) error {
	for p.look(); p.now < end && p.problem == nil; p.look() {
		wait := end - p.now
		if p.period > 0 {
			wait = min(wait, p.schedule())
		}
		if err := p.poller.Poll(wait, p); err != nil {
			return err
		}
	}
	return p.problem
}

// schedule lets the slots come that are due, and returns how long it is until the
// next one.
func (p *run) schedule() time.Duration {
	n := len(p.tables)
	for {
		due := time.Duration(p.slot) * p.period / time.Duration(n)
		if due > p.now {
			return due - p.now
		}
		t := p.tables[p.slot%n]
		p.slot++
		if t.slots++; t.slots == 1 {
			t.first = due
		}
		if !t.busy {
			p.use(t)
		}
	}
}

// use takes the oldest slot of a table.
func (p *run) use(t *table) {
	if p.counts {
		p.Behind = append(p.Behind, p.now-t.first)
	}
	t.slots--
	t.first += p.period
	p.act(t)
}

// act lets the player on turn act.
func (p *run) act(t *table) {
	seat := t.turn
	t.n[seat]++
	p.out = p.game.Act(p.out[:0], seat, t.n[seat])
	t.busy, t.told = true, 0
	t.sent = time.Since(p.start)
	if err := t.seats[seat].Write(p.out); err != nil {
		p.problem = fmt.Errorf("acting: %w", err)
	}
	if p.counts {
		p.SentOut += uint64(len(p.out))
	}
}

var errRefused = errors.New("an action was refused")

// Frame takes one frame of one client.
func (p *run) Frame(c *sock.Conn, _ byte, payload []byte) {
	told := p.game.Read(payload)
	t, seat := p.tables[c.Tag/Seats], c.Tag%Seats
	switch told.Kind {
	case Update:
		p.update(t, seat, told)
		if p.counts {
			p.Frames++
			p.Bytes += uint64(len(payload))
		}
	case Ack:
		if p.counts {
			p.Acks++
			p.AckSize += uint64(len(payload))
		}
	case Refused:
		p.problem = fmt.Errorf("table %d, seat %d: %w: %.300s", c.Tag/Seats, seat, errRefused, payload)
	case Other:
	}
}

func (p *run) update(t *table, seat int, told Told) {
	if had := t.has[seat]; had != 0 && told.Seq != had+1 {
		p.problem = fmt.Errorf("seat %d got update %d after %d", seat, told.Seq, had)
	}
	t.has[seat] = told.Seq
	if !t.busy || told.Seq == t.seq {
		p.problem = fmt.Errorf("seat %d got update %d, for which nobody acted", seat, told.Seq)
		return
	}
	if t.told++; t.told < Seats {
		return
	}
	t.busy, t.seq, t.turn = false, told.Seq, told.Turn
	p.look()
	if p.counts {
		p.Actions++
		p.All10 = append(p.All10, p.now-t.sent)
	}
	switch {
	case p.period == 0:
		p.act(t)
	case p.period > 0 && t.slots > 0:
		p.use(t)
	}
}

// Ended takes the end of a connection.
func (p *run) Ended(c *sock.Conn, err error) {
	p.problem = fmt.Errorf("table %d, seat %d: %w", c.Tag/Seats, c.Tag%Seats, err)
}
