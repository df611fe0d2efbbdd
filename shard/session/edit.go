// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Edit is what a game master wants to set right, made against a version of its
// view.
type Edit struct {
	// ID is the caller's own name for it, at most [wire.MaxActionID] characters.
	ID string
	// Base is the version that the caller has seen.
	Base uint64
	// Rebase lets the edit be made though the state has gone on, unless one of
	// its paths has changed since.
	Rebase bool
	// Changes are made in their order, all of them or none.
	Changes []LeafEdit
}

// LeafEdit is a wish for one leaf, see [rules.Edit].
type LeafEdit struct {
	Path  string
	Value json.RawMessage
}

// ConflictError says that the state has gone on since the version that a caller
// has seen. Nothing was done.
type ConflictError struct {
	// Version is the session's in the caller's view.
	Version uint64
	// Changed are the leaves in the way as they are now, those that are gone
	// without a value; none when the caller asked for no change at all.
	Changed []wire.Change
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("the state is at version %d", e.Version)
}

// RefusedError is a legal, coded "no". Nothing was done.
type RefusedError struct {
	Code, Message string
	Details       map[string]any
}

func (e *RefusedError) Error() string { return e.Code + ": " + e.Message }

func (r *refusal) asError() error {
	return &RefusedError{Code: r.code, Message: r.message, Details: r.details}
}

// repeatedError says that a change was made before.
type repeatedError struct{ at journal.Position }

func (e *repeatedError) Error() string { return "made before at " + e.at.String() }

// Edit sets leaves right by overrides that are entries like any other. It is made
// once, whatever is asked again: what it did conflicts with its own repetition,
// and by its ID it gets its first answer, as long as the base is at hand. Errors
// are those of [Session.Permit], [*ConflictError], [*TooOldError],
// [*RefusedError], [ErrNotNow] and [ErrEnded]: nothing was done;
// [ErrUnknown]: it is not known.
func (s *Session) Edit(ctx context.Context, c Caller, e Edit) (at journal.Position, repeated bool, err error) {
	body, err := json.Marshal(e)
	if err != nil {
		return at, false, fmt.Errorf("editing: %w", err)
	}
	sum := digest(body)
	at, err = s.amend(ctx, func() (*record, error) {
		claims, err := s.permit(c, auth.Edit, auth.Others)
		if err != nil {
			return nil, err
		}
		return s.judgeEdit(claims, e, sum)
	})
	if before, is := errors.AsType[*repeatedError](err); is {
		return before.at, true, nil
	}
	return at, false, err
}

func (s *Session) judgeEdit(by auth.Claims, e Edit, sum string) (*record, error) {
	since, err := s.since(e.Base)
	if err != nil {
		return nil, err
	}
	if err := repetition(since, by.Player, e.ID, sum); err != nil {
		return nil, err
	}
	if err := s.conflict(viewOf(by), since, e); err != nil {
		return nil, err
	}
	actions := make([]json.RawMessage, len(e.Changes))
	for i, change := range e.Changes {
		command, no := rules.Edit(change.Path, change.Value)
		if no != nil {
			return nil, fromRules(no).asError()
		}
		if actions[i], err = rules.EncodeCommand(command); err != nil {
			return nil, fmt.Errorf("encoding an override: %w", err)
		}
	}
	r, no := s.decideAll(rules.Actor{Player: by.Player, Role: rules.RoleGM}, actions)
	if no != nil {
		return nil, no.asError()
	}
	r.By, r.ActionID, r.Digest = by.Player, e.ID, sum
	return r, nil
}

// since returns all links behind a version, those that are not durable included.
func (s *Session) since(version uint64) ([]link, error) {
	oldest := s.ring.oldest().Version
	switch {
	case version > s.state.Position.Version:
		return nil, &ConflictError{Version: s.state.Position.Version}
	case version < oldest:
		return nil, &TooOldError{Oldest: oldest}
	}
	all := slices.Concat(append([][]link{s.ring.links}, s.undurable()...)...)
	first := slices.IndexFunc(all, func(l link) bool { return l.entry.Position.Version > version })
	if first < 0 {
		return nil, nil
	}
	return all[first:], nil
}

// repetition finds the first answer to a change of this name.
func repetition(since []link, player, id, sum string) error {
	if id == "" {
		return nil
	}
	for _, l := range since {
		if l.entry.Kind != journal.KindCommand || !bytes.Contains(l.entry.Data, []byte(`"by":`)) {
			continue
		}
		r, err := decodeRecord(l.entry.Data)
		switch {
		case err != nil || r.By != player || r.ActionID != id:
			continue
		case r.Digest != sum:
			return &RefusedError{Code: wire.RefusalIDReuse, Message: "the id was used for another edit"}
		}
		return &repeatedError{at: l.entry.Position}
	}
	return nil
}

// conflict says what lies in the way of an edit.
func (s *Session) conflict(view viewName, since []link, e Edit) error {
	if !e.Rebase {
		if now := s.proj.in(view).chain; now > e.Base {
			return &ConflictError{Version: now}
		}
		return nil
	}
	changed := map[string]bool{}
	for _, l := range since {
		for _, c := range l.in(view).changes() {
			if slices.ContainsFunc(e.Changes, func(want LeafEdit) bool { return touches(want.Path, c.Path) }) {
				changed[c.Path] = true
			}
		}
	}
	if len(changed) == 0 {
		return nil
	}
	conflict := &ConflictError{Version: s.proj.in(view).chain}
	now := s.state.at(view, s.state.Position)
	for path := range changed {
		conflict.Changed = append(conflict.Changed, wire.Change{Path: path, Value: now.Get(path)})
	}
	slices.SortFunc(conflict.Changed, func(a, b wire.Change) int { return strings.Compare(a.Path, b.Path) })
	return conflict
}

// touches says whether one of two paths is the other, or leads to it.
func touches(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || strings.HasPrefix(b, a+"/")
}
