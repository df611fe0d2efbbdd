// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"strconv"
	"time"

	"github.com/gorilla/websocket"

	"gamesession.dev/operator/cmd/bots/botlog"
	"gamesession.dev/operator/cmd/bots/internal/check"
	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
)

// observe takes everything that happens to the bot's client: it is logged,
// judged, and wakes the bot when the view has changed.
func (b *bot) observe(e client.Event) {
	switch e := e.(type) {
	case client.Connected:
		b.write(botlog.Line{Kind: botlog.Open})
	case client.Live:
		b.came(e)
	case client.Applied:
		b.applied(&e.Update)
	case client.Synced:
		b.synced(e)
	case client.Answered:
		b.answered(&e.Answer)
	case client.Moved:
		b.table.moves.Sign(e.Position.Epoch, time.Now())
		b.write(botlog.Line{Kind: botlog.Moved, Followed: e.Follow, Reason: e.Reason}.At(e.Position))
	case client.HistoryLost:
		b.write(botlog.Line{Kind: botlog.Lost, Reason: e.Reason})
		if e.Reason != wire.ReasonTooOld {
			b.broke(check.Violation{Kind: check.HistoryLost, Detail: e.Reason})
		}
	case client.Closed:
		b.closed(e)
	case client.OpenFailed:
		b.tally.failure(e.Err)
	case client.Fault:
		b.broke(check.Violation{Kind: faultKind(e.Err), Detail: e.Err.Error()})
	}
}

func (b *bot) wakeUp() {
	select {
	case b.wake <- struct{}{}:
	default: // it has been woken already
	}
}

func (b *bot) applied(u *wire.Update) {
	b.table.moves.Sign(u.Epoch, time.Now())
	b.write(botlog.Line{Kind: botlog.Update, Hash: u.Hash, By: u.By, ActionID: u.ActionID}.At(u.Position))
	b.broke(b.stream.Applied(u)...)
	b.unseen.Store(int64(b.stream.Waiting()))
	b.broke(b.table.hashes.Saw(b.view, u.Position, u.Hash)...)
	b.wakeUp()
}

func (b *bot) synced(e client.Synced) {
	b.write(botlog.Line{Kind: botlog.Sync, Hash: e.Hash}.At(e.Position))
	b.broke(b.stream.Synced(e.Before, e.Position)...)
	b.unseen.Store(int64(b.stream.Waiting()))
	b.wakeUp()
}

func (b *bot) answered(a *client.Answer) {
	line := botlog.Line{N: a.N, ActionID: a.ActionID}
	if a.Refusal != nil {
		line.Kind, line.Code = botlog.Refusal, a.Refusal.Code
		b.write(line)
		return
	}
	line.Kind, line.Repeated = botlog.Ack, a.Repeated
	b.write(line.At(a.Position))
	if a.Repeated {
		b.tally.repeated.Add(1)
	}
	b.broke(b.stream.Acked(a.ActionID, a.Position, a.Repeated)...)
	b.unseen.Store(int64(b.stream.Waiting()))
}

func (b *bot) came(e client.Live) {
	b.table.moves.Sign(e.Current.Epoch, time.Now())
	if len(b.live) == 0 {
		b.tally.live.Add(1)
	}
	clear(b.live) // a connection that it replaced is left
	b.live[e.Link] = true
	if e.Resumed {
		b.write(botlog.Line{Kind: botlog.Resumed, Followed: e.Followed}.At(e.Position))
	}
	if !b.awayAt.IsZero() {
		b.tally.back(b.away, time.Since(b.awayAt), e.Resumed)
		b.awayAt = time.Time{}
	}
	b.wakeUp()
}

// closed judges a close. A bot that ignores moves may see only two: a shard
// that leaves for good after its grace, and one that was cut off. A connection
// that did not carry the chain yet was one more attempt to come back.
func (b *bot) closed(e client.Closed) {
	b.write(botlog.Line{Kind: botlog.Close, Code: strconv.Itoa(e.Code), Reason: e.Reason, Epoch: e.Epoch})
	if !b.live[e.Link] {
		b.tally.attempts.Add(1)
		return
	}
	delete(b.live, e.Link)
	b.tally.live.Add(-1)
	b.awayAt = time.Now()
	b.away = b.tally.closed(Close{
		Session: b.seat.Session, Player: b.seat.Player, UnixMillis: b.awayAt.UnixMilli(),
		Code: e.Code, Reason: e.Reason, Kind: b.kind,
	})
	switch e.Code {
	case websocket.CloseServiceRestart, websocket.CloseAbnormalClosure, wire.CloseSessionEnded:
		return
	}
	if b.kind == Ignores {
		b.broke(check.Violation{Kind: check.Closed, Detail: "code " + strconv.Itoa(e.Code) + " " + e.Reason})
	}
}

func faultKind(err error) check.Kind {
	switch {
	case errors.Is(err, wire.ErrHole):
		return check.Hole
	case errors.Is(err, wire.ErrDiverged):
		return check.Diverged
	case errors.Is(err, client.ErrTwoAnswers):
		return check.Twice
	case errors.Is(err, client.ErrEpochFell):
		return check.EpochFell
	}
	return check.Protocol
}

// maxPerBot bounds the violations that one bot logs: a broken promise tends to
// be broken again with every update.
const maxPerBot = 20

func (b *bot) broke(list ...check.Violation) {
	for _, v := range list {
		b.tally.violation(Violation{Violation: v, Session: b.seat.Session, Player: b.seat.Player, At: time.Now()})
		b.mu.Lock()
		if b.broken++; b.broken <= maxPerBot {
			b.log.Write(botlog.Line{Kind: botlog.Violation, What: v.String()})
		}
		b.mu.Unlock()
	}
}

func (b *bot) write(l botlog.Line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.log.Write(l)
}
