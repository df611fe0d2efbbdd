// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"gamesession.dev/operator/test/bench/internal/sock"
)

// Seats is the number of players at a table.
const Seats = 10

// Target is whom a player attacks: the one opposite.
func Target(seat int) int { return (seat + Seats/2) % Seats }

// Game is one server's way to play. Its methods are safe for concurrent use.
type Game interface {
	// Join opens a seat's connection and returns when the player is in the game:
	// whose turn it is, and how many actions of the seat were taken before.
	Join(table, seat int) (Joined, error)
	// Act appends the frame, head included, of a seat's n-th action.
	Act(out []byte, seat int, n uint64) []byte
	// Read says what a frame tells.
	Read(payload []byte) Told
}

// Joined is a player's place in the game.
type Joined struct {
	Conn *sock.Conn
	Turn int
	N    uint64
	// Size is how many bytes the frames of the join had.
	Size int
}

// Told is what a client learns from a frame.
type Told struct {
	Kind Kind
	// Turn is who is on turn after an update.
	Turn int
	// Seq numbers the updates of a table, one by one.
	Seq uint64
}

// Kind of a frame.
type Kind int

// The kinds of frames.
const (
	Other   Kind = iota
	Update       // the one frame that tells of an action
	Ack          // the actor's own, if the server sends one
	Refused      // the server says no: the run is worth nothing
)

// table is one table as its ten clients see it.
type table struct {
	seats [Seats]*sock.Conn
	n     [Seats]uint64 // actions sent by each seat
	has   [Seats]uint64 // updates that each seat got
	turn  int
	seq   uint64 // of the last action that all have
	told  int    // how many have the action under way
	busy  bool
	sent  time.Duration
	// slots is how many slots of the schedule have come and were not used yet.
	slots int
	first time.Duration // when the oldest of them came
}

// Room is an open game: tables with all their connections.
type Room struct {
	game   Game
	tables []*table
	poller *sock.Poller
	// Connects are the times from dial to being in the game.
	Connects []time.Duration
	// Joining is how long it took until all were in.
	Joining time.Duration
}

// Open joins every seat of n tables, so many at a time.
func Open(game Game, n, atOnce int) (*Room, error) {
	r := &Room{game: game, tables: make([]*table, n), Connects: make([]time.Duration, n*Seats)}
	poller, err := sock.NewPoller()
	if err != nil {
		return nil, err
	}
	r.poller = poller
	for i := range r.tables {
		r.tables[i] = &table{}
	}
	// Each waits in a system call with a processor of its own: with less, one that
	// has its answer waits for the scheduler's monitor, up to 10 ms.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(atOnce + 2))
	errs := make([]error, atOnce)
	var all sync.WaitGroup
	begun := time.Now()
	for worker := range atOnce {
		all.Go(func() {
			for i := worker; i < n*Seats && errs[worker] == nil; i += atOnce {
				errs[worker] = r.join(i/Seats, i%Seats)
			}
		})
	}
	all.Wait()
	r.Joining = time.Since(begun)
	for _, err := range errs {
		if err != nil {
			r.Close()
			return nil, err
		}
	}
	for _, t := range r.tables {
		for _, c := range t.seats {
			if err := poller.Add(c); err != nil {
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *Room) join(at, seat int) error {
	begun := time.Now()
	j, err := r.game.Join(at, seat)
	if err != nil {
		return fmt.Errorf("joining table %d as %d: %w", at, seat, err)
	}
	r.Connects[at*Seats+seat] = time.Since(begun)
	t := r.tables[at]
	j.Conn.Tag = at*Seats + seat
	t.seats[seat], t.n[seat] = j.Conn, j.N
	if seat == 0 {
		t.turn = j.Turn
	}
	return nil
}

// Close ends every connection.
func (r *Room) Close() {
	for _, t := range r.tables {
		for _, c := range t.seats {
			if c != nil {
				c.Close()
			}
		}
	}
	r.poller.Close()
}

// Connections returns how many there are.
func (r *Room) Connections() int { return len(r.tables) * Seats }
