// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys     = 32
	maxKeyID    = 128
	minRSABits  = 2048
	maxRSABits  = 8192
	minHMACSize = 32
)

// algorithms are those that a token may be signed with. Which one it must be is
// up to its key.
var algorithms = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.EdDSA, jose.HS256,
}

// key verifies signatures of one algorithm.
type key struct {
	algorithm jose.SignatureAlgorithm
	public    any
}

// keySet are the keys of one issuer by id.
type keySet map[string]key

var errNoUsableKey = errors.New("there is no usable key")

// parseKeys reads a JWK set of an issuer. What is in it and cannot be used is left
// out: an issuer may publish keys for others, too. Shared secrets are taken from
// files alone.
func parseKeys(data []byte, from Issuer) (keySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("parsing keys: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("parsing keys: %d of them, at most %d are taken", len(set.Keys), maxKeys)
	}
	out := keySet{}
	for _, raw := range set.Keys {
		var jwk jose.JSONWebKey
		if json.Unmarshal(raw, &jwk) != nil {
			continue
		}
		k, ok := usable(jwk, from.KeysFile != "")
		if !ok || len(from.Algorithms) > 0 && !slices.Contains(from.Algorithms, string(k.algorithm)) {
			continue
		}
		if _, twice := out[jwk.KeyID]; twice {
			return nil, fmt.Errorf("parsing keys: the id %.40q is there twice", jwk.KeyID)
		}
		out[jwk.KeyID] = k
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("parsing keys: %w", errNoUsableKey)
	}
	return out, nil
}

// usable pins a key to its one algorithm.
func usable(jwk jose.JSONWebKey, secrets bool) (key, bool) {
	if jwk.KeyID == "" || len(jwk.KeyID) > maxKeyID || jwk.Use != "" && jwk.Use != "sig" {
		return key{}, false
	}
	if secret, ok := jwk.Key.([]byte); ok {
		return key{jose.HS256, secret}, secrets && len(secret) >= minHMACSize && jwk.Algorithm == string(jose.HS256)
	}
	public := jwk.Public()
	if !public.Valid() {
		return key{}, false
	}
	k := key{algorithm: jose.SignatureAlgorithm(jwk.Algorithm), public: public.Key}
	usual, fits := fitting(public.Key)
	if k.algorithm == "" {
		k.algorithm = usual
	}
	return k, fits(k.algorithm)
}

// fitting returns the algorithm that a key has when it names none, and which
// ones it may name.
func fitting(public any) (usual jose.SignatureAlgorithm, fits func(jose.SignatureAlgorithm) bool) {
	only := func(a jose.SignatureAlgorithm) (jose.SignatureAlgorithm, func(jose.SignatureAlgorithm) bool) {
		return a, func(b jose.SignatureAlgorithm) bool { return a == b }
	}
	switch p := public.(type) {
	case *rsa.PublicKey:
		if bits := p.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			break
		}
		return jose.RS256, func(a jose.SignatureAlgorithm) bool {
			switch a {
			case jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512:
				return true
			}
			return false
		}
	case *ecdsa.PublicKey:
		switch p.Curve {
		case elliptic.P256():
			return only(jose.ES256)
		case elliptic.P384():
			return only(jose.ES384)
		}
	case ed25519.PublicKey:
		return only(jose.EdDSA)
	}
	return "", func(jose.SignatureAlgorithm) bool { return false }
}
