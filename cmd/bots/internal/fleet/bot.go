// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gamesession.dev/operator/cmd/bots/botlog"
	"gamesession.dev/operator/cmd/bots/internal/check"
	"gamesession.dev/operator/cmd/bots/tactics"
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// bot is one player. What changes while it plays belongs to the goroutine that
// the client observes from, unless it says otherwise.
type bot struct {
	seat   Seat
	table  *table
	tally  *tally
	view   string
	kind   Kind
	lead   bool // plays the game master's creatures and starts the fights
	once   bool // leaves when its fight is over
	client *client.Client
	wake   chan struct{} // has room for one: the view has changed

	stream *check.Stream
	unseen atomic.Int64    // acknowledged commands that the stream has not reached
	live   map[uint64]bool // connections that carry the chain
	away   int             // number of the close that it has to come back from
	awayAt time.Time

	sent   uint64 // belongs to play, as do nonced and fought
	nonced bool
	fought bool // it has seen a fight go on

	mu     sync.Mutex // guards the rest
	log    *botlog.Writer
	broken int // violations so far
}

func newBot(seat Seat, t *table, all *tally) *bot {
	view := rules.ViewFor(rules.Actor{Player: seat.Player, Role: rules.Role(seat.Role)})
	return &bot{
		seat: seat, table: t, tally: all, view: string(view),
		wake: make(chan struct{}, 1), log: &botlog.Writer{},
		stream: check.NewStream(seat.Player), live: map[uint64]bool{},
	}
}

// play acts whenever it is the bot's turn, until ctx ends or the client does, or
// the fight does and the bot plays only one. Commands on their way get until hard
// ends for their answer.
func (b *bot) play(ctx, hard context.Context) {
	var reached wire.Position // of the last acknowledgement
	stuck := 0
	for {
		next := b.decide(reached, stuck)
		switch {
		case next.leaves:
			return
		case next.mixes:
			b.nonced = true
			if _, err := b.send(hard, nonce()); err != nil {
				return
			}
			continue
		case next.action == nil:
			select {
			case <-b.wake:
				continue
			case <-b.client.Done():
			case <-ctx.Done():
			}
			return
		}
		if !b.table.pace.wait(ctx) {
			return
		}
		answer, err := b.do(hard, next.action)
		switch {
		case err != nil:
			return
		case answer.Refusal == nil:
			reached, stuck = answer.Position, 0
		default:
			// The view has moved on, or the tactics misread it: look again, and
			// after a while only end the turn.
			stuck++
			if !pause(ctx, time.Duration(min(stuck, 10))*20*time.Millisecond) {
				return
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// nonce is a command that adds a nonce to the dice of the session.
func nonce() []byte {
	return fmt.Appendf(nil, `{"type":%q,"nonce":%q}`, wire.ActionNonce, rand.Text())
}

// step is what a bot does next: nothing, if it is empty.
type step struct {
	action rules.Command
	mixes  bool // adds a nonce to the dice: nobody has rolled yet
	leaves bool // its one fight is over
}

// decide returns what to do now: nothing while it is another's turn, or the view
// has not reached what the last command did.
func (b *bot) decide(reached wire.Position, stuck int) (next step) {
	var err error
	b.client.View(func(doc *wire.Document) {
		if doc.Position().Version < reached.Version {
			return
		}
		var turn tactics.Turn
		if turn, err = tactics.ReadTurn(doc); err != nil {
			return
		}
		b.fought = b.fought || turn.Phase == rules.Fighting
		switch {
		case turn.Phase == rules.Over && b.fought && b.once:
			next.leaves = true
		case turn.Phase == rules.Idle && !b.nonced && b.seat.Role != auth.Spectator:
			next.mixes = true
		case turn.Phase != rules.Fighting:
			if b.lead {
				next.action = rules.StartCombat{}
			}
		case b.acts(turn.Controller):
			next.action, err = b.act(doc, turn, stuck)
		}
	})
	if err != nil {
		b.broke(check.Violation{Kind: check.BadView, Detail: err.Error()})
	}
	return next
}

// act chooses the command of who is to act. For a player without a bot, and when
// the tactics were refused, it only goes on.
func (b *bot) act(doc *wire.Document, turn tactics.Turn, stuck int) (rules.Command, error) {
	mine := turn.Controller == b.controls()
	switch {
	case turn.Window != nil && (!mine || stuck > 1):
		return rules.Decline{Window: turn.Window.ID}, nil
	case !mine || stuck > 2:
		return rules.EndTurn{Creature: turn.Creature}, nil
	}
	board, err := tactics.ReadBoard(doc, turn.Creature)
	switch {
	case err != nil:
		return nil, err
	case turn.Window != nil:
		return tactics.Answer(board, turn.Window), nil
	}
	return tactics.Next(board, turn.Creature), nil
}

// controls is what the bot's creatures name as their controller.
func (b *bot) controls() string {
	if b.seat.Role == auth.GameMaster {
		return rules.GameMaster
	}
	return b.seat.Player
}

// acts says whether the bot acts on the turn of a controller's creature. The
// leading game master also ends the turns of players without a bot: a fight
// must not wait for somebody who does not come.
func (b *bot) acts(controller string) bool {
	if b.seat.Role != auth.GameMaster {
		return controller == b.seat.Player
	}
	return b.lead && (controller == rules.GameMaster || !b.table.seated[controller])
}

// do gives one command and waits for its answer.
func (b *bot) do(ctx context.Context, action rules.Command) (client.Answer, error) {
	raw, err := rules.EncodeCommand(action)
	if err != nil {
		return client.Answer{}, fmt.Errorf("encoding %s: %w", action.Kind(), err)
	}
	return b.send(ctx, raw)
}

// send is do for a command in its JSON form.
func (b *bot) send(ctx context.Context, raw []byte) (client.Answer, error) {
	b.sent++
	trip := check.Trip{Player: b.seat.Player, Seq: b.sent}
	b.table.moves.Sent(trip, time.Now())
	b.tally.sent.Add(1)
	answer, err := b.client.Do(ctx, json.RawMessage(raw))
	switch {
	case err != nil:
		b.tally.unanswered.Add(1)
		b.table.moves.Dropped(trip)
	case answer.Refusal != nil:
		b.tally.refusal(answer.Refusal.Code)
		b.table.moves.Dropped(trip)
	default:
		b.table.moves.Acked(trip, answer.Position.Epoch, answer.Received)
		b.tally.acks.add(answer.Received.Sub(answer.Declared))
		b.tally.acked.Add(1)
		b.table.acked.Add(1)
	}
	return answer, err
}
