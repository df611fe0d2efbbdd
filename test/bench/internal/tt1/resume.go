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

// resume plays until there is enough to miss, and then has every player come back:
// one after the other, and some at a time.
func (m *Measured) resume(l *Line, c Case, room *Room) error {
	game, can := m.Game.(Resumer)
	if !can {
		return errNoResume
	}
	long := time.Duration(float64(time.Second) * 1.2 * missed / c.Rate)
	if _, err := room.Play(Pace{Rate: c.Rate, Warm: warmUp, For: long}); err != nil {
		return err
	}
	alone, err := room.comeBack(game, 1)
	if err != nil {
		return err
	}
	together, err := room.comeBack(game, atOnce)
	if err != nil {
		return err
	}
	l.Missed = missed
	l.ResumeP50, l.ResumeP99 = Millis(alone, 0.5), Millis(alone, 0.99)
	l.ResumesP50, l.ResumesP99 = Millis(together, 0.5), Millis(together, 0.99)
	return nil
}

// comeBack has every player come back, so many at a time, and returns how long each
// took.
func (r *Room) comeBack(game Resumer, many int) ([]time.Duration, error) {
	times := make([]time.Duration, r.Connections())
	errs := make([]error, many)
	var all sync.WaitGroup
	for worker := range many {
		all.Go(func() {
			for i := worker; i < len(times) && errs[worker] == nil; i += many {
				upTo := r.tables[i/Seats].seq
				begun := time.Now()
				errs[worker] = game.Resume(i/Seats, i%Seats, upTo-missed, upTo)
				times[i] = time.Since(begun)
			}
		})
	}
	all.Wait()
	return times, errors.Join(errs...)
}
