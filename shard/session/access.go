// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
)

// Access is what the session's own history says about who may come in. It is
// part of the state: a takeover forgets no ban.
type Access struct {
	// Generation is the least generation of a token that is taken.
	Generation uint64 `json:"generation,omitempty"`
	Banned     bool   `json:"banned,omitempty"`
}

// AccessVerb changes a player's [Access].
type AccessVerb string

// The verbs. Each of the first three takes the player's tokens out of use.
const (
	// Kick lets a player go, who may join again.
	Kick AccessVerb = "kick"
	// Ban keeps a player out until a pardon.
	Ban AccessVerb = "ban"
	// Revoke takes tokens out of use whose holder has left or lost them.
	Revoke AccessVerb = "revoke"
	Pardon AccessVerb = "pardon"
)

// accessRecord is what a change of access leaves in the journal.
type accessRecord struct {
	Verb   AccessVerb `json:"verb"`
	Player string     `json:"player"`
	By     string     `json:"by"`
}

// maxAccess bounds the players of whom a session remembers something: there may
// be as many, and no more, who were never on its roster.
const maxAccess = 1024

// Errors of access.
var (
	// ErrRevoked says that a token was taken out of use.
	ErrRevoked = errors.New("the session token was revoked")
	// ErrOtherRole is the [ErrNotMember] of a player who is on the roster in
	// another role.
	ErrOtherRole = fmt.Errorf("%w in this role", ErrNotMember)
	// ErrBanned says that the player is kept out.
	ErrBanned = errors.New("the player is banned from the session")
	// ErrNotNow says that the session is about to move or has moved, or that its
	// journal does not answer: nothing was done, and it may be asked again.
	ErrNotNow = errors.New("the session takes no changes at the moment")
	// ErrEnded says that the session has ended and changes no more.
	ErrEnded = errors.New("the session has ended")
	// ErrTooMany says that the session remembers too many players already.
	ErrTooMany = errors.New("too many players with a history in this session")
)

func (s *State) changeAccess(a *accessRecord) {
	if s.Access == nil {
		s.Access = map[string]Access{}
	}
	now := s.Access[a.Player]
	if a.Verb == Pardon {
		now.Banned = false
	} else {
		now.Generation++
		now.Banned = now.Banned || a.Verb == Ban
	}
	s.Access[a.Player] = now
}

// admits checks a token against the roster that the operator wishes now, and
// against what the session remembers: a token that was signed earlier does not
// outlive a place in the session.
func (s *Session) admits(c auth.Claims) error {
	access := s.state.Access[c.Player]
	switch {
	case !onRoster(s.spec, c) && !s.hasRole(c):
		return fmt.Errorf("%s as %s: %w", c.Player, c.Role, ErrNotMember)
	case access.Banned:
		return fmt.Errorf("%s: %w", c.Player, ErrBanned)
	case !onRoster(s.spec, c):
		return fmt.Errorf("%s as %s: %w", c.Player, c.Role, ErrOtherRole)
	case c.Generation < access.Generation:
		return fmt.Errorf("%s: %w", c.Player, ErrRevoked)
	}
	return nil
}

// hasRole says whether a player is on the roster in a role that is not the token's.
func (s *Session) hasRole(c auth.Claims) bool {
	return slices.Contains(s.spec.GameMasters, c.Player) || slices.Contains(s.spec.Players, c.Player)
}

// IsRefused says whether an error means that a client has no place in the session,
// whichever shard it asks.
func IsRefused(err error) bool {
	return errors.Is(err, ErrNotMember) || errors.Is(err, ErrBanned) || errors.Is(err, ErrRevoked)
}

func onRoster(spec registry.SessionSpec, c auth.Claims) bool {
	switch c.Role {
	case auth.GameMaster:
		return slices.Contains(spec.GameMasters, c.Player)
	case auth.Player:
		return spec.Open || slices.Contains(spec.Players, c.Player)
	}
	return c.Role == auth.Spectator
}

// enforce lets go of the members that are not admitted any more.
func (s *Session) enforce() {
	for _, m := range slices.Clone(s.members) {
		if err := s.admits(m.claims); err != nil {
			s.drop(m)
			m.sub.Detached(err)
		}
	}
}

// neededFor are the verbs of who changes somebody's access.
var neededFor = map[AccessVerb]auth.Verb{Kick: auth.Kick, Ban: auth.Ban, Pardon: auth.Ban, Revoke: auth.Leave}

// ChangeAccess kicks, bans, revokes or pardons a player. When it returns nil the
// change is in the journal and the player's connections have been let go, here
// and wherever they are relayed. Errors are those of [Session.Permit], and
// [ErrNotNow], [ErrEnded] and [ErrTooMany]: nothing was done;
// [ErrUnknown]: it is not known.
func (s *Session) ChangeAccess(ctx context.Context, c Caller, player string, verb AccessVerb) (journal.Position, error) {
	return s.amend(ctx, func() (*record, error) {
		whose, needed := auth.Others, neededFor[verb]
		if player == c.Player {
			whose = auth.Own
		} else if verb == Revoke {
			needed = auth.Kick // another's tokens
		}
		claims, err := s.permit(c, needed, whose)
		if err != nil {
			return nil, err
		}
		if _, known := s.state.Access[player]; !known && len(s.state.Access) >= maxAccess {
			return nil, ErrTooMany
		}
		return &record{Access: &accessRecord{Verb: verb, Player: player, By: claims.Player}}, nil
	})
}
