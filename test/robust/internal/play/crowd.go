// SPDX-License-Identifier: Apache-2.0

package play

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/test/robust/internal/stage"
)

// Crowd is many clients who only watch one session. What they are shown is
// recorded as that of everybody.
type Crowd struct {
	players []*player
}

// crowdNumber is the number of the first watcher, so that they are told from
// those who play.
const crowdNumber = 1000

// Crowd seats n watchers at a session.
func (p *Play) Crowd(ctx context.Context, session, n int) (*Crowd, error) {
	c := &Crowd{}
	t := p.tables[session]
	var dialling sync.WaitGroup
	failed := make(chan error, n)
	for i := range n {
		one := &player{
			table: t, number: crowdNumber + i, name: stage.Players()[1], role: auth.Player, door: newDoor(p.stage.Ready),
			rng: rand.New(rand.NewPCG(uint64(i), 0)),
		}
		c.players = append(c.players, one)
		dialling.Go(func() {
			if err := one.dial(ctx); err != nil {
				failed <- fmt.Errorf("seating a watcher: %w", err)
			}
		})
	}
	dialling.Wait()
	select {
	case err := <-failed:
		c.Leave()
		return nil, err
	default:
		return c, nil
	}
}

// SlamAndReturn cuts every connection of the crowd, and waits until everyone is
// back.
func (c *Crowd) SlamAndReturn(ctx context.Context) bool {
	want := make([]uint64, len(c.players))
	for i, one := range c.players {
		s := one.client.Stats()
		want[i] = s.Resumes + s.Syncs + 1
		one.door.slam()
	}
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); {
		back := 0
		for i, one := range c.players {
			if s := one.client.Stats(); s.Resumes+s.Syncs >= want[i] {
				back++
			}
		}
		if back == len(c.players) {
			return true
		}
		if !pause(ctx, 20*time.Millisecond) {
			return false
		}
	}
	return false
}

// Leave ends the crowd.
func (c *Crowd) Leave() {
	for _, one := range c.players {
		if one.client != nil {
			one.client.Close()
		}
	}
}

// Stall seats one more watcher who reads nothing for a while, and then goes on.
// It says whether the others played on meanwhile.
func (p *Play) Stall(ctx context.Context, session int, d time.Duration) (bool, error) {
	one := &player{
		table: p.tables[session], number: crowdNumber - 1, name: stage.Players()[2], role: auth.Player,
		door: newDoor(p.stage.Ready), rng: rand.New(rand.NewPCG(1, 1)),
	}
	one.door.small = true
	if err := one.dial(ctx); err != nil {
		return false, err
	}
	defer one.client.Close()
	before := p.Record.Count(session, Acked)
	one.door.stall(true)
	pause(ctx, d)
	played := p.Record.Count(session, Acked) - before
	at := one.client.Position()
	one.door.stall(false)
	for until := time.Now().Add(10 * time.Second); one.client.Position() == at && time.Now().Before(until); {
		if !pause(ctx, 10*time.Millisecond) {
			break
		}
	}
	return played >= 20, nil
}
