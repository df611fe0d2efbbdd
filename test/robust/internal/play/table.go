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

// perSecond is how many commands one client gives in a second.
const perSecond = 32

// Clients is how many clients a history has.
const Clients = 8

// Table is one session and those who play it.
type Table struct {
	number  int
	id      string
	keys    *auth.Keys
	record  *Record
	players []*player
	fights  bool // plays a shipped scenario
	reader  *reader
	rng     *rand.Rand // of moves
}

func (t *Table) token(player string, role auth.Role) (string, error) {
	now := time.Now()
	return t.keys.Sign(auth.Claims{Session: t.id, Player: player, Role: role, IssuedAt: now.Unix(), Expires: now.Add(time.Hour).Unix()})
}

// Play is the play of all sessions of a stage.
type Play struct {
	Record *Record
	stage  *stage.Stage
	tables []*Table
	// moves is how many moves were asked for.
	mu    sync.Mutex
	moves int

	acting context.CancelFunc // ends new commands
	giveUp context.CancelFunc // ends waiting for answers
	all    context.Context
	actors sync.WaitGroup
}

// New seats the clients and waits until all are connected.
func New(ctx context.Context, st *stage.Stage, rng *rand.Rand) (*Play, error) {
	p := &Play{Record: NewRecord(), stage: st}
	p.all, p.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	for i, id := range st.Sessions() {
		t := &Table{number: i, id: id, fights: st.Fights(i), keys: st.Keys, record: p.Record, rng: rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64()))}
		t.reader = &reader{table: t, player: stage.Masters()[0], door: newDoor(st.Ready)}
		p.tables = append(p.tables, t)
	}
	var dialling sync.WaitGroup
	failed := make(chan error, Clients)
	for n := range Clients {
		t := p.tables[n%len(p.tables)]
		one := &player{
			table: t, number: n, follow: rng.IntN(2) == 0, door: newDoor(st.Ready),
			rng:  rand.New(rand.NewPCG(rng.Uint64(), rng.Uint64())),
			name: stage.Masters()[len(t.players)], role: auth.GameMaster,
		}
		if n == Clients-1 { // one sees less than the others, and may do nothing
			one.name, one.role = stage.Players()[0], auth.Player
		}
		t.players = append(t.players, one)
		dialling.Go(func() {
			if err := one.dial(ctx); err != nil {
				failed <- fmt.Errorf("seating client %d: %w", n, err)
			}
		})
	}
	dialling.Wait()
	select {
	case err := <-failed:
		return p, err
	default:
		return p, nil
	}
}

// Start begins to play.
func (p *Play) Start() {
	ctx, cancel := context.WithCancel(p.all)
	p.acting = cancel
	for _, t := range p.tables {
		p.actors.Go(func() { t.reader.run(ctx) })
		for _, one := range t.players {
			p.actors.Go(func() { p.drive(ctx, one) })
		}
		p.actors.Go(func() { p.move(ctx, t) })
	}
}

// drive is the life of one client: commands at a rate, and from time to time a
// lost connection or a lost memory.
func (p *Play) drive(ctx context.Context, one *player) {
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch n := one.rng.IntN(1000); {
		case one.role == auth.Player && n > 250: // it is refused whatever it does
		case n < 12:
			one.door.slam()
		case n < 14:
			if one.forget(ctx) != nil {
				return
			}
		default:
			one.act(p.all)
		}
	}
}

// move asks for the session to be moved, again when that is done.
func (p *Play) move(ctx context.Context, t *Table) {
	for i := 0; pause(ctx, time.Duration(20+t.rng.IntN(180))*time.Millisecond); i++ {
		id := fmt.Sprintf("move-%d", i)
		if p.stage.Move(ctx, t.number, id) != nil {
			continue
		}
		p.mu.Lock()
		p.moves++
		p.mu.Unlock()
		// One in four is asked for before the last one is done.
		if t.rng.IntN(4) > 0 {
			p.await(ctx, t.number, id)
		}
	}
}

// await waits a while for a move to be done.
func (p *Play) await(ctx context.Context, session int, id string) {
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until) && pause(ctx, 10*time.Millisecond); {
		if !p.stage.Handled(ctx, session, id) {
			continue
		}
		_, placed := p.stage.Placement(ctx, session)
		if _, owned := p.stage.Owner(ctx, session); owned >= placed {
			return
		}
	}
}

// Slam cuts every connection of every client at once.
func (p *Play) Slam() {
	for _, t := range p.tables {
		t.reader.door.slam()
		for _, one := range t.players {
			one.door.slam()
		}
	}
}

// Finish gives no more commands, waits for the answers to those that were given
// for at most d, and ends all clients.
func (p *Play) Finish(d time.Duration) error {
	if p.acting != nil {
		p.acting()
	}
	p.actors.Wait()
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for _, t := range p.tables {
			for _, one := range t.players {
				one.open.Wait()
			}
		}
	}()
	err := awaitAnswers(answered, d)
	p.giveUp()
	<-answered
	for _, t := range p.tables {
		for _, one := range t.players {
			if one.client != nil {
				one.client.Close()
			}
		}
	}
	return err
}

// awaitAnswers waits until answered is closed, while there is patience for d.
func awaitAnswers(answered <-chan struct{}, d time.Duration) error {
	for patience := stage.NewPatience(d); ; {
		select {
		case <-answered:
			return nil
		default:
		}
		if !patience.Wait() {
			return fmt.Errorf("commands have no answer after %s", d)
		}
	}
}

// Moves is how many moves were asked for.
func (p *Play) Moves() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.moves
}
