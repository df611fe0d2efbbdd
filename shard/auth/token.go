// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Role says what a player may see and do in a session.
type Role string

// The roles.
const (
	GameMaster Role = "gm"
	Player     Role = "player"
	Spectator  Role = "spectator"
)

// Peer is the role of a shard that speaks to another: its token names the shard
// as player. It is never a player's role.
const Peer Role = "shard"

// Valid says whether r is one of the roles that a client can have.
func (r Role) Valid() bool { return r == GameMaster || r == Player || r == Spectator }

// Class is a kind of caller. It decides about limits, never about rights.
type Class string

// The classes.
const (
	ClassPlayer  Class = ""
	ClassBot     Class = "bot"
	ClassService Class = "service"
)

// Valid says whether c is one of the classes.
func (c Class) Valid() bool { return c == ClassPlayer || c == ClassBot || c == ClassService }

// Claims is what a session token says.
type Claims struct {
	Session string `json:"sid"`
	Player  string `json:"sub"`
	Role    Role   `json:"role"`
	// Character is the one creature that the token may act for; empty: all of the
	// player's.
	Character string `json:"chr,omitempty"`
	// Class is that of the caller for whom the token was made.
	Class Class `json:"cls,omitempty"`
	// Generation grows when a player's tokens are taken out of use.
	Generation uint64 `json:"gen,omitempty"`
	// IssuedAt and Expires are in seconds since the Unix epoch.
	IssuedAt int64 `json:"iat"`
	Expires  int64 `json:"exp"`
}

// ExpiresAt returns the instant from which the token is no longer valid.
func (c Claims) ExpiresAt() time.Time { return time.Unix(c.Expires, 0) }

// Errors of [Keys.Verify]. They tell the shard's log what was wrong; a client
// learns only that its token is not valid or has expired.
var (
	ErrMalformed  = errors.New("malformed session token")
	ErrUnknownKey = errors.New("session token signed with an unknown key")
	ErrSignature  = errors.New("session token with a wrong signature")
	ErrExpired    = errors.New("session token has expired")
)

const (
	tokenPrefix   = "gst1"
	maxTokenBytes = 1024
	// leeway is how far the clocks of who signs and who checks may differ.
	leeway = 30 * time.Second
)

// IsSessionToken says whether a token that a client hands over means to be a
// session token.
func IsSessionToken(token string) bool { return strings.HasPrefix(token, tokenPrefix+".") }

var playerID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,63}$`)

// ValidPlayer says whether id can name a player.
func ValidPlayer(id string) bool { return playerID.MatchString(id) }

var encoding = base64.RawURLEncoding.Strict()

// Sign returns a token for c, signed with the newest key.
func (k *Keys) Sign(c Claims) (string, error) {
	if err := c.validate(); err != nil {
		return "", fmt.Errorf("signing session token: %w", err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("signing session token: %w", err)
	}
	return k.seal(tokenPrefix, payload), nil
}

// seal returns payload as text that only who has the keys can make.
func (k *Keys) seal(prefix string, payload []byte) string {
	id, key := k.newest()
	signed := prefix + "." + id + "." + encoding.EncodeToString(payload)
	return signed + "." + encoding.EncodeToString(mac(key, signed))
}

// Verify returns what token says if one of the keys signed it and it is valid
// at the instant now.
func (k *Keys) Verify(token string, now time.Time) (Claims, error) {
	var c Claims
	payload, err := k.open(tokenPrefix, token)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(payload, &c); err != nil || c.validate() != nil {
		return Claims{}, ErrMalformed
	}
	if !now.Before(c.ExpiresAt()) {
		return Claims{}, ErrExpired
	}
	if time.Unix(c.IssuedAt, 0).After(now.Add(leeway)) {
		return Claims{}, fmt.Errorf("%w: issued in the future", ErrMalformed)
	}
	return c, nil
}

// open returns the payload of what seal returned.
func (k *Keys) open(prefix, token string) ([]byte, error) {
	// The decoder passes over line breaks: a token would have several spellings.
	if len(token) > maxTokenBytes || strings.ContainsAny(token, "\r\n") {
		return nil, ErrMalformed
	}
	parts := strings.Split(token, ".")
	if len(parts) != 4 || parts[0] != prefix {
		return nil, ErrMalformed
	}
	key, ok := k.byID(parts[1])
	if !ok {
		return nil, ErrUnknownKey
	}
	signature, err := encoding.DecodeString(parts[3])
	if err != nil {
		return nil, ErrMalformed
	}
	signed := token[:len(token)-len(parts[3])-1]
	if !hmac.Equal(signature, mac(key, signed)) {
		return nil, ErrSignature
	}
	payload, err := encoding.DecodeString(parts[2])
	if err != nil {
		return nil, ErrMalformed
	}
	return payload, nil
}

func (c Claims) validate() error {
	switch {
	case c.Session == "" || len(c.Session) > 64:
		return errors.New("session must have 1 to 64 characters")
	case !ValidPlayer(c.Player):
		return errors.New("player must have 1 to 63 characters of A-Z a-z 0-9 . _ -")
	case !c.Role.Valid() && c.Role != Peer:
		return fmt.Errorf("role %q is not one of gm, player, spectator", c.Role)
	case !c.Class.Valid():
		return fmt.Errorf("class %q is not bot or service", c.Class)
	case len(c.Character) > 64:
		return errors.New("character must have at most 64 characters")
	case c.Expires <= c.IssuedAt:
		return errors.New("expiry must lie behind the time of issue")
	}
	return nil
}

func mac(key []byte, signed string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(signed))
	return h.Sum(nil)
}
