// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Caller is who asks something of a session apart from any connection.
type Caller struct {
	// Player names the caller.
	Player string
	// Token is what the caller's session token says; nil for a caller whom an
	// issuer vouches for: its role is then what the roster says.
	Token *auth.Claims
}

// ErrNotAllowed says that the caller's role may not do this.
var ErrNotAllowed = errors.New("the role may not do this")

// Permit says what the caller is in this session, if it may do something to
// itself or to others there. The error is [ErrNotMember], [ErrBanned],
// [ErrRevoked], [ErrNotAllowed], ctx's, or why the session has ended here.
func (s *Session) Permit(ctx context.Context, c Caller, verb auth.Verb, whose auth.Whose) (auth.Claims, error) {
	return ask(ctx, s, func() (auth.Claims, error) { return s.permit(c, verb, whose) })
}

// permit is [Session.Permit] on the session's goroutine.
func (s *Session) permit(c Caller, verb auth.Verb, whose auth.Whose) (auth.Claims, error) {
	claims := s.claimsOf(c)
	if err := s.admits(claims); err != nil {
		return claims, err
	}
	if !claims.Allowed(s.id, verb, whose) {
		return claims, fmt.Errorf("%s as %s: %s: %w", claims.Player, claims.Role, verb, ErrNotAllowed)
	}
	return claims, nil
}

func (s *Session) claimsOf(c Caller) auth.Claims {
	if c.Token != nil {
		return *c.Token
	}
	role := auth.Player
	if slices.Contains(s.spec.GameMasters, c.Player) {
		role = auth.GameMaster
	}
	return auth.Claims{Session: s.id, Player: c.Player, Role: role, Generation: s.state.Access[c.Player].Generation}
}

// ask is call for what gives an answer. It comes through a channel: f may run when
// nobody waits any more, and must write nothing that its caller has.
func ask[T any](ctx context.Context, s *Session, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	err := s.call(ctx, func() {
		value, err := f()
		done <- answer{value, err}
	})
	if err != nil {
		var none T
		return none, fmt.Errorf("asking session %s: %w", s.id, err)
	}
	a := <-done
	return a.value, a.err
}

// Look is a session as one caller sees it.
type Look struct {
	Player    string
	Role      auth.Role
	Title     string
	Ruleset   string
	Connected int // players
	Most      int // players
	Position  journal.Position
	// Time is the owner's clock: the state is that of then.
	Time time.Time
	// State has the leaves of the view, or those below the paths asked for, and
	// Hash is the whole view's.
	State map[string]json.RawMessage
	Hash  string
	LastN uint64
}

// Look shows the durable view of the caller, or the part of it below paths; none:
// all of it. Errors are those of [Session.Permit].
func (s *Session) Look(ctx context.Context, c Caller, paths []string) (Look, error) {
	return ask(ctx, s, func() (Look, error) {
		claims, err := s.permit(c, auth.Watch, auth.Own)
		if err != nil {
			return Look{}, err
		}
		return s.lookAs(claims, paths), nil
	})
}

func (s *Session) lookAs(claims auth.Claims, paths []string) Look {
	doc := s.state.at(viewOf(claims), s.durable, s.undurable()...)
	look := Look{
		Player: claims.Player, Role: claims.Role, Title: s.spec.Title, Ruleset: s.spec.Ruleset,
		Connected: len(s.connected()), Most: s.spec.MaxPlayers,
		Position: s.durable, Time: s.Now(), Hash: doc.Hash(), LastN: s.durableN(claims.Player),
	}
	if len(paths) == 0 {
		look.State = doc.Leaves()
	} else {
		look.State = doc.Below(paths)
	}
	return look
}

func viewOf(c auth.Claims) viewName {
	return rules.ViewFor(rules.Actor{Player: c.Player, Role: rules.Role(c.Role)})
}

// Page is a part of a view's chain.
type Page struct {
	// Updates follow the version asked for, oldest first.
	Updates []Told
	// Oldest is the version behind which history is at hand, Newest the
	// session's, and Last the version that the page reaches: the next one begins
	// behind it, if it is below Newest.
	Oldest, Last, Newest uint64
}

// Told is one link of a view's chain and the frame that tells of it.
type Told struct {
	Type   wire.Type
	Update wire.Update
}

// TooOldError says that history does not reach back to a version.
type TooOldError struct{ Oldest uint64 }

func (e *TooOldError) Error() string {
	return fmt.Sprintf("history is at hand behind version %d", e.Oldest)
}

// History returns at most limit updates behind a version, as the caller's view has
// them. Errors are those of [Session.Permit] and a [*TooOldError].
func (s *Session) History(ctx context.Context, c Caller, after uint64, limit int) (Page, error) {
	return ask(ctx, s, func() (Page, error) {
		claims, err := s.permit(c, auth.Watch, auth.Own)
		if err != nil {
			return Page{}, err
		}
		return s.page(viewOf(claims), after, limit)
	})
}

func (s *Session) page(view viewName, after uint64, limit int) (Page, error) {
	page := Page{Oldest: s.ring.oldest().Version, Last: s.durable.Version, Newest: s.durable.Version}
	// What is before the genesis entry is nothing.
	if after < page.Oldest && page.Oldest > 1 {
		return page, &TooOldError{Oldest: page.Oldest}
	}
	for _, l := range s.ring.links {
		in := l.in(view)
		if in.frame == nil || l.entry.Position.Version <= after {
			continue
		}
		if len(page.Updates) == limit {
			page.Last = page.Updates[limit-1].Update.Version
			break
		}
		page.Updates = append(page.Updates, Told{in.kind, in.update()})
	}
	return page, nil
}
