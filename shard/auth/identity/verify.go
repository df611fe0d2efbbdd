// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"gamesession.dev/operator/shard/auth"
)

// Identity is who calls.
type Identity struct {
	Issuer string
	// Player names the caller in sessions: its issuer's prefix and claim.
	Player string
	Class  auth.Class
	// TokenID is the token's jti: what a single use is kept by.
	TokenID string
	Expires time.Time
}

const (
	maxTokenSize = 8 << 10
	leeway       = 30 * time.Second
)

// Errors of [Verifier.Verify]. They are for the log; a client learns only that
// its token is not valid, or that it has expired.
var (
	ErrMalformed     = errors.New("malformed token")
	ErrUnknownIssuer = errors.New("token of an unknown issuer")
	ErrUnknownKey    = errors.New("token signed with an unknown key")
	ErrAlgorithm     = errors.New("token with another algorithm than its key's")
	ErrSignature     = errors.New("token with a wrong signature")
	ErrAudience      = errors.New("token for another audience")
	ErrExpired       = errors.New("token has expired")
	ErrNotYet        = errors.New("token is not valid yet")
	ErrClaims        = errors.New("token without a claim that is needed")
	ErrKind          = errors.New("token of another kind")
)

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	sources map[string]*source
	logger  *slog.Logger
	now     func() time.Time
}

// New returns a verifier for a valid config. Keys in files are read now; those by
// URL are there when [Verifier.Run] has fetched them.
func New(c Config, logger *slog.Logger, now func() time.Time) (*Verifier, error) {
	v := &Verifier{sources: map[string]*source{}, logger: logger, now: now}
	for _, issuer := range c.Issuers {
		s := &source{issuer: issuer, client: newClient()}
		if issuer.KeysFile != "" {
			if err := s.refresh(context.Background(), now()); err != nil {
				return nil, err
			}
		}
		v.sources[issuer.Issuer] = s
	}
	return v, nil
}

// Run keeps the keys fresh until ctx ends.
func (v *Verifier) Run(ctx context.Context) {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		v.refresh(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (v *Verifier) refresh(ctx context.Context) {
	for _, s := range v.sources {
		if err := s.refresh(ctx, v.now()); err != nil && ctx.Err() == nil {
			v.logger.Warn("keys of an issuer stay as they were", "error", err)
		}
	}
}

// claims are what is read of a token.
type claims struct {
	jwt.Claims
	// What marks an ID token: it tells a client who logged in, and is no key to
	// anything.
	Nonce           *string `json:"nonce"`
	AccessTokenHash *string `json:"at_hash"`
	CodeHash        *string `json:"c_hash"`
	Kind            string  `json:"typ"`
	Use             string  `json:"token_use"`
}

// Verify returns whose token it is. The error is one of this package's, perhaps
// wrapped; only [ErrUnavailable] is worth another try.
func (v *Verifier) Verify(token string) (Identity, error) {
	if err := checkForm(token); err != nil {
		return Identity{}, err
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil || len(parsed.Headers) != 1 {
		return Identity{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var c claims
	var all map[string]any
	if err := parsed.UnsafeClaimsWithoutVerification(&c); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	s := v.sources[c.Issuer]
	if s == nil {
		return Identity{}, ErrUnknownIssuer
	}
	header := parsed.Headers[0]
	k, err := s.byID(header.KeyID, v.now())
	if err != nil {
		return Identity{}, err
	}
	if jose.SignatureAlgorithm(header.Algorithm) != k.algorithm {
		return Identity{}, ErrAlgorithm
	}
	c = claims{}
	if err := parsed.Claims(k.public, &c, &all); err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if err := checkKind(header, c); err != nil {
		return Identity{}, err
	}
	return s.issuer.identity(c, all, v.now())
}

// checkForm refuses what has another spelling of the same bytes, before anything
// of it is parsed.
func checkForm(token string) error {
	if len(token) > maxTokenSize {
		return fmt.Errorf("%w: more than %d bytes", ErrMalformed, maxTokenSize)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return fmt.Errorf("%w: not three parts", ErrMalformed)
	}
	for _, part := range parts {
		// The decoder passes over line breaks.
		if _, err := base64.RawURLEncoding.Strict().DecodeString(part); err != nil || strings.ContainsAny(part, "\r\n") {
			return fmt.Errorf("%w: not strict base64url", ErrMalformed)
		}
	}
	return nil
}

// checkKind refuses tokens that were made for something else.
func checkKind(header jose.Header, c claims) error {
	if typ, given := header.ExtraHeaders[jose.HeaderType]; given {
		text, ok := typ.(string)
		text = strings.TrimPrefix(strings.ToLower(text), "application/")
		if !ok || text != "jwt" && text != "at+jwt" {
			return ErrKind
		}
	}
	if c.Nonce != nil || c.AccessTokenHash != nil || c.CodeHash != nil || c.Kind == "ID" || c.Kind == "Refresh" || c.Use == "id" {
		return ErrKind
	}
	return nil
}

// identity reads the claims of a token whose signature is right.
func (i Issuer) identity(c claims, all map[string]any, now time.Time) (Identity, error) {
	switch {
	case c.Issuer != i.Issuer:
		return Identity{}, ErrUnknownIssuer
	case !c.Audience.Contains(i.Audience):
		return Identity{}, ErrAudience
	case c.Expiry == nil || c.ID == "" || len(c.ID) > maxKeyID:
		return Identity{}, fmt.Errorf("%w: exp and jti", ErrClaims)
	case !now.Before(c.Expiry.Time().Add(leeway)):
		return Identity{}, ErrExpired
	case c.NotBefore != nil && now.Add(leeway).Before(c.NotBefore.Time()),
		c.IssuedAt != nil && now.Add(leeway).Before(c.IssuedAt.Time()):
		return Identity{}, ErrNotYet
	}
	name := c.Subject
	if i.PlayerClaim != "" {
		name, _ = all[i.PlayerClaim].(string)
	}
	player := i.PlayerPrefix + name
	if name == "" || !auth.ValidPlayer(player) {
		return Identity{}, fmt.Errorf("%w: one that names a player", ErrClaims)
	}
	id := Identity{Issuer: i.Issuer, Player: player, TokenID: c.ID, Expires: c.Expiry.Time()}
	if i.ClassClaim != "" {
		if class, _ := all[i.ClassClaim].(string); auth.Class(class).Valid() {
			id.Class = auth.Class(class)
		}
	}
	return id, nil
}
