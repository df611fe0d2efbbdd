// SPDX-License-Identifier: Apache-2.0

package tt1

import (
	"fmt"
	"sync"
	"time"

	"gamesession.dev/operator/test/bench/internal/sock"
)

// stalls are readers that do not read: a further connection of one player at each
// table. One that the server gives up on comes back, and stalls again.
type stalls struct {
	stop chan struct{}
	done sync.WaitGroup
}

// lookEvery is how often a stalled reader sees whether it was let go.
const lookEvery = 100 * time.Millisecond

func (r *Room) stall(game Game) (*stalls, error) {
	s := &stalls{stop: make(chan struct{})}
	for at := range r.tables {
		j, err := game.Join(at, Seats-1)
		if err != nil {
			s.end()
			return nil, fmt.Errorf("joining table %d to stall: %w", at, err)
		}
		s.done.Go(func() { s.keep(game, at, j.Conn) })
	}
	return s, nil
}

func (s *stalls) keep(game Game, at int, c *sock.Conn) {
	defer func() { c.Close() }()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		if !c.Gone() {
			continue
		}
		c.Close()
		if j, err := game.Join(at, Seats-1); err == nil {
			c = j.Conn
		}
	}
}

func (s *stalls) end() {
	close(s.stop)
	s.done.Wait()
}
