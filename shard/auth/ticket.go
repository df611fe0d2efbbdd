// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
)

// Ticket lets a client open one connection: now, through any shard, when it names
// none; or ahead of a move, to the shard that the session moves to, for the epoch
// that begins there. It is good for nothing else, and no session token.
type Ticket struct {
	// ID is never given twice.
	ID      string `json:"jti"`
	Session string `json:"sid"`
	Player  string `json:"sub"`
	Role    Role   `json:"role"`
	Shard   string `json:"aud,omitempty"`
	Epoch   uint64 `json:"epoch,omitempty"`
	// IssuedAt and Expires are in milliseconds since the Unix epoch.
	IssuedAt int64 `json:"iat"`
	Expires  int64 `json:"exp"`
	// Until is when the session token of the client expires, in seconds since
	// the Unix epoch.
	Until int64 `json:"until"`
	// Character, Class and Generation are those of that token.
	Character  string `json:"chr,omitempty"`
	Class      Class  `json:"cls,omitempty"`
	Generation uint64 `json:"gen,omitempty"`
}

// TicketFor is how long a ticket can be taken up: long enough for clocks that
// differ.
const TicketFor = 30 * time.Second

// NewTicket returns a ticket for who has a session token, to be taken up from now
// on. With a shard and an epoch it is for a move.
func NewTicket(c Claims, shard string, epoch uint64, now time.Time) Ticket {
	return Ticket{
		ID: rand.Text(), Session: c.Session, Player: c.Player, Role: c.Role, Shard: shard, Epoch: epoch,
		Character: c.Character, Class: c.Class, Generation: c.Generation,
		IssuedAt: now.UnixMilli(), Expires: now.Add(TicketFor).UnixMilli(), Until: c.Expires,
	}
}

// ForMove says whether the ticket is for a move.
func (t Ticket) ForMove() bool { return t.Shard != "" }

// Claims are those of the session token that the ticket was given for.
func (t Ticket) Claims() Claims {
	return Claims{
		Session: t.Session, Player: t.Player, Role: t.Role, Character: t.Character, Class: t.Class, Generation: t.Generation, IssuedAt: min(t.IssuedAt/1000, t.Until-1), Expires: t.Until,
	}
}

// Errors of tickets.
var (
	// ErrSpent says that a ticket was used before, or may have been.
	ErrSpent = errors.New("ticket was used before")
	// ErrTooManyTickets says that too many were used of late to remember one
	// more.
	ErrTooManyTickets = errors.New("too many tickets")
)

const ticketPrefix = "gmt1"

// IsTicket says whether a token that a client hands over means to be a ticket.
func IsTicket(token string) bool { return strings.HasPrefix(token, ticketPrefix+".") }

// SignTicket returns the token of a ticket, signed with the newest key.
func (k *Keys) SignTicket(t Ticket) (string, error) {
	if err := t.validate(); err != nil {
		return "", fmt.Errorf("signing ticket: %w", err)
	}
	payload, err := json.Marshal(t)
	if err != nil {
		return "", fmt.Errorf("signing ticket: %w", err)
	}
	return k.seal(ticketPrefix, payload), nil
}

// VerifyTicket returns what a ticket says if one of the keys signed it and it is
// valid at the instant now. Its errors are those of [Keys.Verify]. Whether it was
// used before is for others to say: [Spent], of one that is for a move.
func (k *Keys) VerifyTicket(token string, now time.Time) (Ticket, error) {
	var t Ticket
	payload, err := k.open(ticketPrefix, token)
	if err != nil {
		return t, err
	}
	if err := json.Unmarshal(payload, &t); err != nil || t.validate() != nil {
		return Ticket{}, ErrMalformed
	}
	if now.UnixMilli() >= t.Expires {
		return Ticket{}, ErrExpired
	}
	return t, nil
}

func (t Ticket) validate() error {
	switch {
	case t.ID == "" || (t.Shard == "") != (t.Epoch == 0):
		return errors.New("an id is needed, and of shard and epoch both or none")
	case !t.Role.Valid():
		return fmt.Errorf("role %q is not a client's", t.Role)
	case t.Expires <= t.IssuedAt:
		return errors.New("expiry must lie behind the time of issue")
	}
	return t.Claims().validate()
}

// Spent remembers the tickets that were used on one shard, until they expire. It
// is safe for concurrent use.
type Spent struct {
	since int64
	most  int

	mu   sync.Mutex
	used map[string]int64 // expiry by id
}

// NewSpent returns the memory of a shard's run that begins at since. It holds
// most tickets.
func NewSpent(since time.Time, most int) *Spent {
	return &Spent{since: since.UnixMilli(), most: most, used: map[string]int64{}}
}

// Use marks a valid ticket as used. One that was issued before this run of the
// shard may have been used in an earlier one.
func (s *Spent) Use(t Ticket, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, used := s.used[t.ID]; used || t.IssuedAt < s.since {
		return ErrSpent
	}
	if len(s.used) >= s.most {
		maps.DeleteFunc(s.used, func(_ string, expires int64) bool { return expires <= now.UnixMilli() })
	}
	if len(s.used) >= s.most {
		return ErrTooManyTickets
	}
	s.used[t.ID] = t.Expires
	return nil
}
