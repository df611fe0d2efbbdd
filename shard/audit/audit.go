// SPDX-License-Identifier: Apache-2.0

// Package audit writes who did what to whom into the log, in one form: the
// message "audit", with an event and the session. What changes a session is in
// its journal besides, for as long as that is kept.
package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"gamesession.dev/operator/shard/limit"
)

// Event is something that somebody may have to answer for.
type Event string

// The events. The log names with each of them the session, and by whom it was
// done.
const (
	Joined    Event = "joined"    // a client was let in: role, address
	Left      Event = "left"      // its connection ended: code
	Denied    Event = "denied"    // a client or shard was not let in: reason, address
	Kicked    Event = "kick"      // a player was let go, and may come again: player
	Banned    Event = "ban"       // a player is kept out: player
	Revoked   Event = "revoke"    // a player's tokens were taken out of use: player
	Pardoned  Event = "pardon"    // a ban was lifted: player
	Overrode  Event = "override"  // a game master set right what the rules decided: change
	Rewound   Event = "rollback"  // the fight was brought back: to
	Lifecycle Event = "lifecycle" // the session was paused, goes on or has ended: to
)

// Write writes an event.
func Write(logger *slog.Logger, what Event, attrs ...slog.Attr) {
	logger.LogAttrs(context.Background(), slog.LevelInfo, "audit", append([]slog.Attr{slog.String("event", string(what))}, attrs...)...)
}

// denials that are written: a stranger who tries without end fills no disk. The
// metrics count them all.
var denials = limit.Rule{N: 60, Per: time.Minute}

// maxName is how much of a name is written that a stranger chose.
const maxName = 64

// Denials writes those who were not let in, some of them. It is safe for
// concurrent use.
type Denials struct {
	logger *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	bucket limit.Bucket
	silent int
}

// NewDenials returns where they are written to.
func NewDenials(logger *slog.Logger, now func() time.Time) *Denials {
	return &Denials{logger: logger, now: now}
}

// Write writes one, or counts it for the next that is written.
func (d *Denials) Write(session, reason, address string) {
	d.mu.Lock()
	silent := d.silent
	if d.bucket.Take(denials, 1, d.now()) > 0 {
		d.silent++
		d.mu.Unlock()
		return
	}
	d.silent = 0
	d.mu.Unlock()
	Write(d.logger, Denied, slog.String("session", session[:min(len(session), maxName)]), slog.String("reason", reason), slog.String("address", address), slog.Int("unwritten_before", silent))
}
