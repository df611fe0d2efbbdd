// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
)

// Seat is one person of a session.
type Seat struct {
	Player    string
	Role      auth.Role
	Connected bool
	// Banned is for game masters to know.
	Banned bool
}

// Roster is who may be, and is, in a session.
type Roster struct {
	// Seats are those who are on the roster of the GameSession, those who are
	// connected to an open one and, for game masters, those who are banned: by
	// role and name.
	Seats []Seat
	// Spectators are counted alone.
	Spectators int
}

// Roster lists who may be and who is here. Errors are those of [Session.Permit],
// and [ErrNotNow].
func (s *Session) Roster(ctx context.Context, c Caller) (Roster, error) {
	return ask(ctx, s, func() (Roster, error) {
		claims, err := s.permit(c, auth.Watch, auth.Own)
		if err != nil {
			return Roster{}, err
		}
		if s.accessInDoubt() {
			return Roster{}, ErrNotNow
		}
		return s.roster(claims.Role == auth.GameMaster), nil
	})
}

// accessInDoubt says whether a change of access is not durable yet: it must not
// show before.
func (s *Session) accessInDoubt() bool {
	for _, links := range s.undurable() {
		for _, l := range links {
			if bytes.Contains(l.entry.Data, []byte(`"access":`)) {
				return true
			}
		}
	}
	return false
}

func (s *Session) roster(all bool) Roster {
	seats := map[string]Seat{}
	for _, p := range s.spec.Players {
		seats[p] = Seat{Player: p, Role: auth.Player}
	}
	for _, p := range s.spec.GameMasters {
		seats[p] = Seat{Player: p, Role: auth.GameMaster}
	}
	spectators := map[string]bool{}
	for _, m := range s.members {
		if m.claims.Role == auth.Spectator {
			spectators[m.claims.Player] = true
			continue
		}
		seat, listed := seats[m.claims.Player]
		if !listed {
			seat = Seat{Player: m.claims.Player, Role: m.claims.Role}
		}
		seat.Connected = true
		seats[m.claims.Player] = seat
	}
	for p, access := range s.state.Access {
		if !all || !access.Banned {
			continue
		}
		seat, listed := seats[p]
		if !listed {
			seat = Seat{Player: p, Role: auth.Player}
		}
		seat.Banned = true
		seats[p] = seat
	}
	r := Roster{Spectators: len(spectators), Seats: make([]Seat, 0, len(seats))}
	for _, seat := range seats {
		r.Seats = append(r.Seats, seat)
	}
	slices.SortFunc(r.Seats, func(a, b Seat) int { return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Player, b.Player)) })
	return r
}

// Errors of [Session.Join].
var (
	// ErrFull says that as many players are connected as may be.
	ErrFull = errors.New("the session is full")
	// ErrNoCharacter says that the caller does not play such a creature.
	ErrNoCharacter = errors.New("no such character of this player")
)

// Join says what a session token for the caller may say, without its times, and
// what the caller sees: in the role it asks for, or in its own when that is
// empty, for one of its characters, or for all when that is empty. Who has a
// token gets none that may do more. Errors are those of [Session.Permit],
// [ErrFull] and [ErrNoCharacter].
func (s *Session) Join(ctx context.Context, c Caller, role auth.Role, character string) (auth.Claims, Look, error) {
	type joined struct {
		claims auth.Claims
		look   Look
	}
	j, err := ask(ctx, s, func() (joined, error) {
		claims, err := s.joins(c, role, character)
		if err != nil {
			return joined{}, err
		}
		return joined{claims, s.lookAs(claims, nil)}, nil
	})
	return j.claims, j.look, err
}

// joins is what a caller would join as.
func (s *Session) joins(c Caller, role auth.Role, character string) (auth.Claims, error) {
	claims, err := s.permit(c, auth.Join, auth.Own)
	if err != nil {
		return claims, err
	}
	if claims.Role, err = s.roleFor(c, claims.Role, role); err != nil {
		return claims, err
	}
	if character = cmp.Or(character, claims.Character); character != "" && !s.plays(claims, character) {
		return claims, ErrNoCharacter
	}
	if claims.Role == auth.Player && s.spec.MaxPlayers > 0 {
		if here := s.connected(); len(here) >= s.spec.MaxPlayers && !slices.Contains(here, claims.Player) {
			return claims, ErrFull
		}
	}
	claims.Character = character
	return claims, nil
}

// roleFor is the role in which a caller joins. Whoever is on the roster may watch
// only.
func (s *Session) roleFor(c Caller, own, wish auth.Role) (auth.Role, error) {
	switch {
	case wish == "" || wish == own:
		return own, nil
	case c.Token == nil && wish == auth.Spectator, c.Token == nil && wish == auth.Player && own == auth.GameMaster && s.mayPlay(c.Player):
		return wish, nil
	}
	return own, ErrNotAllowed
}

func (s *Session) mayPlay(player string) bool {
	return onRoster(s.spec, auth.Claims{Player: player, Role: auth.Player})
}

// plays says whether a creature can be the character of a token.
func (s *Session) plays(c auth.Claims, creature string) bool {
	if c.Character != "" && c.Character != creature {
		return false
	}
	controller := c.Player
	if c.Role == auth.GameMaster {
		controller = rules.GameMaster
	}
	creatures := s.state.Fight.Creatures
	i, found := slices.BinarySearchFunc(creatures, creature, func(have rules.Creature, id string) int { return cmp.Compare(have.ID, id) })
	return found && creatures[i].Controller == controller
}

// End ends the session for good: its dice are revealed, and it changes no more.
// It may have ended already. Errors are those of [Session.Permit], and
// [ErrNotNow]; after [ErrUnknown] it is not known.
func (s *Session) End(ctx context.Context, c Caller) error {
	_, err := s.amend(ctx, func() (*record, error) {
		claims, err := s.permit(c, auth.End, auth.Others)
		if err != nil {
			return nil, err
		}
		r := s.state.lifecycleRecord(registry.LifecycleEnded)
		r.By = claims.Player
		return r, nil
	})
	if errors.Is(err, ErrEnded) {
		_, err = s.Permit(ctx, c, auth.End, auth.Others)
	}
	return err
}
