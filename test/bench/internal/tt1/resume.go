// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"errors"
	"sync"
	"time"
)

// missed is how many updates a client has missed that comes back.
const missed = 1000

// Resumer is a game that lets players come back and catch up.
type Resumer interface {
	// Resume comes back with the updates up to from, and returns when those up to
	// upTo are there.
	Resume(table, seat int, from, upTo uint64) error
}

var errNoResume = errors.New("nobody can come back to this server")

// resume plays until there is enough to miss, and then has every player come back,
// some at a time.
func (m *Measured) resume(l *Line, c Case, room *Room) error {
	game, can := m.Game.(Resumer)
	if !can {
		return errNoResume
	}
	long := time.Duration(float64(time.Second) * 1.2 * missed / c.Rate)
	if _, err := room.Play(Pace{Rate: c.Rate, Warm: warmUp, For: long}); err != nil {
		return err
	}
	times := make([]time.Duration, room.Connections())
	errs := make([]error, atOnce)
	var all sync.WaitGroup
	for worker := range atOnce {
		all.Go(func() {
			for i := worker; i < len(times) && errs[worker] == nil; i += atOnce {
				upTo := room.tables[i/Seats].seq
				begun := time.Now()
				errs[worker] = game.Resume(i/Seats, i%Seats, upTo-missed, upTo)
				times[i] = time.Since(begun)
			}
		})
	}
	all.Wait()
	l.Missed = missed
	l.ResumeP50, l.ResumeP99 = Millis(times, 0.5), Millis(times, 0.99)
	return errors.Join(errs...)
}
