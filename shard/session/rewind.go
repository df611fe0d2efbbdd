// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Commands of the session itself that bring the fight back to an earlier
// version: to one that is named, or to the one before the last command. They are
// entries like any other: what is left behind stays in the history, and the dice
// go on where they were, so nobody learns the next roll by going back.
const (
	actionRollback = "rollback"
	actionUndo     = "undo"
)

// rewind is what the record of such a command holds.
type rewind struct {
	To    uint64          `json:"to"`
	Fight json.RawMessage `json:"fight"`
}

// back is such a command.
type back struct {
	undo    bool
	version uint64
	no      *refusal // not nil: it cannot be read
}

// backOf reads a command that goes back.
func backOf(action json.RawMessage) (b back, is bool) {
	switch {
	case isOwn(action, actionUndo):
		var undo struct {
			Type string `json:"type"`
		}
		return back{undo: true, no: readOwn(action, &undo)}, true
	case isOwn(action, actionRollback):
		var rollback struct {
			Type    string `json:"type"`
			Version uint64 `json:"version"`
		}
		no := readOwn(action, &rollback)
		return back{version: rollback.Version, no: no}, true
	}
	return back{}, false
}

// lookTimeout bounds how long the journal is looked up for a rollback.
const lookTimeout = 5 * time.Second

// errTooOld: the journal does not reach back that far any more.
var errTooOld = errors.New("the journal begins later")

// goBack answers a command that goes back: the journal is looked up beside
// play, once all before it is durable.
func (s *Session) goBack(c *command, b back, since time.Time) {
	no := s.admissible(c)
	version := b.version
	switch {
	case no != nil:
	case b.no != nil:
		no = b.no
	case c.member.claims.Role != auth.GameMaster:
		no = &refusal{code: wire.RefusalForbidden, message: "only a game master goes back"}
	case b.undo:
		if version = s.beforeLast(); version == 0 {
			no = &refusal{code: wire.RefusalBadCommand, message: "there is nothing to undo"}
		}
	case version == 0 || version >= s.state.Position.Version:
		no = &refusal{code: wire.RefusalBadCommand, message: fmt.Sprintf("version must be 1 to %d", s.state.Position.Version-1)}
	}
	if no != nil {
		s.refusals.remember(c, no)
		s.observer.Refused(no.code)
		s.after(step{run: func() { c.refuse(no) }})
		return
	}
	s.after(step{waiting: c, since: since, run: func() {
		go func() {
			fight, err := s.fightAt(version)
			s.post(func() { s.goneBack(c, version, fight, err, since) })
		}()
	}})
}

// beforeLast is the version before the last command or edit of anybody that still
// stands: what was left behind by going back is passed over, so that undoing again
// goes one command further. It is 0 if the ring holds none.
func (s *Session) beforeLast() uint64 {
	lists := [][]link{s.ring.links}
	lists = append(lists, s.undurable()...)
	stands := s.state.Position.Version // what lies above was left behind
	for _, links := range slices.Backward(lists) {
		for _, l := range slices.Backward(links) {
			at := l.entry.Position.Version
			if l.entry.Kind != journal.KindCommand || at > stands {
				continue
			}
			r, err := decodeRecord(l.entry.Data)
			switch {
			case err != nil:
			case r.Rewind != nil:
				stands = r.Rewind.To
			case cmp.Or(r.Player, r.By) != "" && len(r.events) > 0:
				return at - 1
			}
		}
	}
	return 0
}

// fightAt folds the journal up to a version.
func (s *Session) fightAt(version uint64) (*rules.State, error) {
	ctx, cancel := context.WithTimeout(s.stopping, lookTimeout)
	defer cancel()
	loaded, err := s.Log.Load(ctx, s.id)
	if err != nil {
		return nil, err
	}
	r, entries, err := begin(s.id, loaded)
	if err != nil {
		return nil, err
	}
	if r.state.Position.Version > version {
		return nil, errTooOld
	}
	for _, e := range entries {
		if r.state.Position.Version == version {
			break
		}
		if _, err := r.fold(e); err != nil {
			return nil, err
		}
	}
	if r.state.Position.Version != version {
		return nil, fmt.Errorf("the journal ends at %s", r.state.Position)
	}
	return r.state.Fight, nil
}

// goneBack makes the entry of a command that goes back, once the fight of then
// is known.
func (s *Session) goneBack(c *command, version uint64, fight *rules.State, err error, since time.Time) {
	if c.member.gone || s.freeze != nil || s.cause != nil {
		return // the client sends it again, to whoever owns the session then
	}
	if answer, known := s.answered(c); known {
		s.after(step{waiting: c, since: since, run: func() { c.ack(answer, true) }})
		return
	}
	var r *record
	if err == nil {
		r, err = rewound(version, fight)
	}
	switch {
	case errors.Is(err, errTooOld):
		s.observer.Refused(wire.RefusalBadCommand)
		s.after(step{run: func() {
			c.refuse(&refusal{code: wire.RefusalBadCommand, message: "the journal does not reach back that far"})
		}})
	case err != nil:
		s.logger.Warn("looking up an earlier version", "version", version, "error", err)
		s.refuseUnavailable(c)
	default:
		s.apply(c, r, since)
	}
}

// rewound is the record that brings back the fight of a version.
func rewound(version uint64, fight *rules.State) (*record, error) {
	raw, err := json.Marshal(fight)
	if err != nil {
		return nil, fmt.Errorf("encoding version %d: %w", version, err)
	}
	if len(raw) > journal.MaxEntryBytes/2 {
		return nil, errTooOld
	}
	return &record{Rewind: &rewind{To: version, Fight: raw}}, nil
}

// Back says where to go back to.
type Back struct {
	// To is the version; 0: the one before the last command or edit.
	To uint64
	// Base, if it is not 0, is the version that the caller has seen: should the
	// state have gone on, nothing is done.
	Base uint64
}

// GoBack brings the fight back to an earlier version, as an entry of its own, and
// returns that and the version gone back to. Errors are those of
// [Session.Permit], [*ConflictError], [*RefusedError], [ErrNotNow] and
// [ErrEnded]: nothing was done;
// [ErrUnknown]: it is not known.
func (s *Session) GoBack(ctx context.Context, c Caller, b Back) (at journal.Position, to uint64, err error) {
	if to, err = s.chooseBack(ctx, c, b); err != nil {
		return at, 0, err
	}
	fight, err := s.fightAt(to)
	if err != nil {
		return at, 0, s.notBack(to, err)
	}
	at, err = s.amend(ctx, func() (*record, error) {
		switch again, err := s.judgeBack(c, b); {
		case err != nil:
			return nil, err
		case again != to: // another command came, and would be undone as well
			return nil, ErrNotNow
		}
		r, err := rewound(to, fight)
		if err != nil {
			return nil, s.notBack(to, err)
		}
		r.By = s.claimsOf(c).Player
		return r, nil
	})
	return at, to, err
}

// chooseBack says to which version a caller goes back once all before is durable:
// what is not cannot be looked up, and must not show.
func (s *Session) chooseBack(ctx context.Context, c Caller, b Back) (uint64, error) {
	type choice struct {
		to  uint64
		err error
	}
	chosen, err := ask(ctx, s, func() (<-chan choice, error) {
		to, err := s.judgeBack(c, b)
		chosen := make(chan choice, 1)
		s.after(step{run: func() { chosen <- choice{to, err} }})
		return chosen, nil
	})
	if err != nil {
		return 0, err
	}
	select {
	case c := <-chosen:
		return c.to, c.err
	case <-s.done:
	case <-ctx.Done():
	}
	return 0, ErrNotNow
}

// judgeBack says to which version a caller goes back.
func (s *Session) judgeBack(c Caller, b Back) (uint64, error) {
	claims, err := s.permit(c, auth.Rewind, auth.Others)
	now := s.proj.in(viewOf(claims)).chain
	switch {
	case err != nil:
		return 0, err
	case s.state.Lifecycle == registry.LifecycleEnded:
		return 0, ErrEnded
	case b.Base > 0 && now > b.Base, b.Base > s.state.Position.Version:
		return 0, &ConflictError{Version: now}
	case b.To >= s.state.Position.Version:
		return 0, &RefusedError{Code: wire.RefusalBadCommand, Message: fmt.Sprintf("version must be 1 to %d", s.state.Position.Version-1)}
	case b.To > 0:
		return b.To, nil
	}
	if to := s.beforeLast(); to > 0 {
		return to, nil
	}
	return 0, &RefusedError{Code: wire.RefusalBadCommand, Message: "there is nothing to undo"}
}

// notBack says why a version cannot be looked up.
func (s *Session) notBack(version uint64, err error) error {
	if errors.Is(err, errTooOld) {
		return &RefusedError{Code: wire.RefusalBadCommand, Message: "the journal does not reach back that far"}
	}
	s.logger.Warn("looking up an earlier version", "version", version, "error", err)
	return ErrNotNow
}

// goBackTo brings the fight back to what a record holds.
func (s *State) goBackTo(r *rewind) error {
	var fight rules.State
	if err := json.Unmarshal(r.Fight, &fight); err != nil {
		return fmt.Errorf("going back to version %d: %w", r.To, err)
	}
	s.Fight = s.Fight.BackTo(&fight)
	return nil
}

// told is how everybody hears of it.
func (r *rewind) told() json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"type":"rewound","to":%d}`, r.To))
}
