// SPDX-License-Identifier: Apache-2.0

package product

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"gamesession.dev/operator/test/bench/internal/tt1"
)

const (
	issuer   = "https://login.example"
	audience = "gamesession"
	keyID    = "bench"
)

// identify makes an issuer that the shard is told to trust, and a token of it for
// each player. It returns the flags that say so, and that set every limit, high
// enough to be counted and never hit.
func (s *Stage) identify(dir string) ([]string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public, KeyID: keyID, Algorithm: string(jose.EdDSA), Use: "sig"}}})
	if err != nil {
		return nil, fmt.Errorf("writing keys: %w", err)
	}
	keys, issuers := filepath.Join(dir, "jwks.json"), filepath.Join(dir, "issuers.yaml")
	text := fmt.Sprintf("issuers:\n- {issuer: %q, audience: %s, keysFile: %q}\n", issuer, audience, keys)
	for path, data := range map[string][]byte{keys: set, issuers: []byte(text)} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, (&jose.SignerOptions{}).WithHeader("kid", keyID))
	if err != nil {
		return nil, fmt.Errorf("making a signer: %w", err)
	}
	s.identities = make([]string, tt1.Seats)
	for seat := range s.identities {
		now := time.Now()
		s.identities[seat], err = jwt.Signed(signer).Claims(jwt.Claims{
			Issuer: issuer, Audience: jwt.Audience{audience}, Subject: playerID(seat), ID: playerID(seat),
			IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(time.Hour)),
		}).Serialize()
		if err != nil {
			return nil, fmt.Errorf("signing a token: %w", err)
		}
	}
	const plenty = "1000000/1m"
	return []string{"--issuers", issuers, "--limit-connects", plenty, "--limit-messages", plenty, "--limit-actions", plenty}, nil
}
