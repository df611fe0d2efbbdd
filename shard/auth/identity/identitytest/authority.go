// SPDX-License-Identifier: Apache-2.0

// Package identitytest is an issuer for tests of who checks its tokens: keys of
// every kind, tokens that are good, and those that must not be taken.
package identitytest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Issuer and Audience are those of every good token.
const (
	Issuer   = "https://login.example"
	Audience = "gamesession"
)

// Authority is an issuer with its keys, by id.
type Authority struct {
	// Now is when its tokens are issued.
	Now     time.Time
	Private map[string]any
	Set     jose.JSONWebKeySet

	t *testing.T
}

// New returns an issuer that has every kind of key, those that must not be used
// among them.
func New(t *testing.T, now time.Time) *Authority {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // there must be such a key to refuse it
	a := &Authority{Now: now, Private: map[string]any{}, t: t}
	ec := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		a.check(err)
		return k
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	a.check(err)
	big := a.rsa(2048)
	a.add("rsa", "RS256", big)
	a.add("rsa-pss", "PS256", big)
	a.add("rsa-plain", "", big)
	a.add("ec", "ES256", ec(elliptic.P256()))
	a.add("ec384", "", ec(elliptic.P384()))
	a.add("ed", "EdDSA", ed)
	a.add("small", "RS256", a.rsa(1024))
	a.add("wrong-alg", "ES256", big)
	a.add("as-secret", "HS256", big)
	a.add("enc", "RS256", big)
	a.Set.Keys[len(a.Set.Keys)-1].Use = "enc"
	return a
}

func (a *Authority) rsa(bits int) *rsa.PrivateKey {
	k, err := rsa.GenerateKey(rand.Reader, bits)
	a.check(err)
	return k
}

func (a *Authority) add(id, algorithm string, private any) {
	a.Private[id] = private
	public := private.(interface{ Public() crypto.PublicKey }).Public()
	a.Set.Keys = append(a.Set.Keys, jose.JSONWebKey{Key: public, KeyID: id, Algorithm: algorithm, Use: "sig"})
}

// File returns the path of a file with the keys.
func (a *Authority) File() string {
	a.t.Helper()
	data, err := json.Marshal(a.Set)
	a.check(err)
	path := filepath.Join(a.t.TempDir(), "keys.json")
	a.check(os.WriteFile(path, data, 0o600))
	return path
}

// Object is JSON.
type Object = map[string]any

// Good returns claims that are taken.
func (a *Authority) Good() Object {
	return Object{
		"iss": Issuer, "aud": Audience, "sub": "ann", "jti": "t-1",
		"iat": a.Now.Unix(), "nbf": a.Now.Unix(), "exp": a.Now.Add(time.Hour).Unix(),
	}
}

// With returns good claims with changes; nil takes one out.
func (a *Authority) With(changes Object) Object {
	c := a.Good()
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// Sign builds a token; the header's kid and alg may be overridden, and then the
// signature is still made with the given key and algorithm.
func (a *Authority) Sign(algorithm jose.SignatureAlgorithm, keyID string, key any, claims, header Object) string {
	a.t.Helper()
	o := (&jose.SignerOptions{}).WithHeader("kid", keyID)
	for k, v := range header {
		o = o.WithHeader(jose.HeaderKey(k), v)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, o)
	a.check(err)
	payload, err := json.Marshal(claims)
	a.check(err)
	signed, err := s.Sign(payload)
	a.check(err)
	token, err := signed.CompactSerialize()
	a.check(err)
	return token
}

// RS256 is Sign with the RSA key that is in use.
func (a *Authority) RS256(claims, header Object) string {
	a.t.Helper()
	return a.Sign(jose.RS256, "rsa", a.Private["rsa"], claims, header)
}

// Encode returns a part of a token.
func Encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func (a *Authority) check(err error) {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
}
