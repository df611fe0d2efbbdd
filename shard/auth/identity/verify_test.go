// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity/identitytest"
)

const issuer, audience = identitytest.Issuer, identitytest.Audience

type object = identitytest.Object

var now = time.Unix(1_700_000_000, 0)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func verifier(t *testing.T, a *identitytest.Authority) *Verifier {
	t.Helper()
	v, err := New(Config{Issuers: []Issuer{{Issuer: issuer, Audience: audience, KeysFile: a.File(), ClassClaim: "class"}}},
		slog.New(slog.DiscardHandler), func() time.Time { return now })
	check(t, err)
	return v
}

func TestVerifyTakes(t *testing.T) {
	a := identitytest.New(t, now)
	v := verifier(t, a)
	key := func(alg jose.SignatureAlgorithm, id string) string {
		return a.Sign(alg, id, a.Private[id], a.Good(), nil)
	}
	tests := map[string]string{
		"RS256":                     a.RS256(a.Good(), nil),
		"PS256":                     key(jose.PS256, "rsa-pss"),
		"RSA that names no alg":     key(jose.RS256, "rsa-plain"),
		"ES256":                     key(jose.ES256, "ec"),
		"ES384 that names no alg":   key(jose.ES384, "ec384"),
		"EdDSA":                     key(jose.EdDSA, "ed"),
		"typ JWT":                   a.RS256(a.Good(), object{"typ": "JWT"}),
		"typ at+jwt":                a.RS256(a.Good(), object{"typ": "application/at+jwt"}),
		"several audiences":         a.RS256(a.With(object{"aud": []string{"other", audience}}), nil),
		"no nbf and no iat":         a.RS256(a.With(object{"nbf": nil, "iat": nil}), nil),
		"expired within the leeway": a.RS256(a.With(object{"exp": now.Add(-29 * time.Second).Unix()}), nil),
		"early within the leeway":   a.RS256(a.With(object{"nbf": now.Add(29 * time.Second).Unix(), "iat": now.Add(29 * time.Second).Unix()}), nil),
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := v.Verify(token)
			if err != nil || got.Player != "ann" || got.Class != auth.ClassPlayer || got.TokenID != "t-1" || got.Issuer != issuer {
				t.Errorf("Verify = %+v, %v", got, err)
			}
		})
	}
	for class, want := range map[string]auth.Class{"bot": auth.ClassBot, "service": auth.ClassService, "player": auth.ClassPlayer, "gm": auth.ClassPlayer} {
		if got, err := v.Verify(a.RS256(a.With(object{"class": class}), nil)); err != nil || got.Class != want {
			t.Errorf("class %s: %+v, %v", class, got, err)
		}
	}
}

// wrong says why each of the bad tokens is refused.
var wrong = map[string]error{
	"64 KiB":                     ErrMalformed,
	"one byte more than fits":    ErrMalformed,
	"thousands of parts":         ErrMalformed,
	"five parts":                 ErrMalformed,
	"JSON serialization":         ErrMalformed,
	"alg none":                   ErrMalformed,
	"alg None":                   ErrMalformed,
	"alg NONE":                   ErrMalformed,
	"alg empty":                  ErrMalformed,
	"signature taken off":        ErrSignature,
	"HS256 with the public PEM":  ErrAlgorithm,
	"HS256 with the public DER":  ErrAlgorithm,
	"HS256 with an RSA key's id": ErrUnknownKey,
	"PS256 with an RS256 key":    ErrAlgorithm,
	"RS512 with an RS256 key":    ErrAlgorithm,
	"ES256 with an RSA key":      ErrAlgorithm,
	"another's key":              ErrSignature,
	"1024-bit RSA":               ErrUnknownKey,
	"key with another's alg":     ErrUnknownKey,
	"encryption key":             ErrUnknownKey,
	"kid unknown":                ErrUnknownKey,
	"kid empty":                  ErrUnknownKey,
	"kid in capitals":            ErrUnknownKey,
	"kid a path":                 ErrUnknownKey,
	"kid SQL":                    ErrUnknownKey,
	"kid with a zero byte":       ErrUnknownKey,
	"kid a URL":                  ErrUnknownKey,
	"kid of 4 KiB":               ErrUnknownKey,
	"kid a number":               ErrMalformed,
	"jku":                        ErrUnknownKey,
	"jku, id of a real key":      ErrSignature,
	"x5u":                        ErrSignature,
	"jwk":                        ErrSignature,
	"crit":                       ErrSignature,
	"padding":                    ErrMalformed,
	"a space":                    ErrMalformed,
	"a line break":               ErrMalformed,
	"standard alphabet":          ErrMalformed,
	"unused bits":                ErrMalformed,
	"changed claims":             ErrSignature,
	"claims are a list":          ErrMalformed,
	"no iss":                     ErrUnknownIssuer,
	"other iss":                  ErrUnknownIssuer,
	"iss with a slash":           ErrUnknownIssuer,
	"no aud":                     ErrAudience,
	"other aud":                  ErrAudience,
	"no exp":                     ErrClaims,
	"exp is text":                ErrMalformed,
	"expired":                    ErrExpired,
	"expired long ago":           ErrExpired,
	"not yet":                    ErrNotYet,
	"issued in the future":       ErrNotYet,
	"no jti":                     ErrClaims,
	"long jti":                   ErrClaims,
	"no sub":                     ErrClaims,
	"sub that is no name":        ErrClaims,
	"ID token by nonce":          ErrKind,
	"ID token by at_hash":        ErrKind,
	"ID token by typ":            ErrKind,
	"ID token by token_use":      ErrKind,
	"refresh token":              ErrKind,
	"logout token":               ErrKind,
	"typ a number":               ErrKind,
	"sub that is markup":         ErrClaims,
}

func TestVerifyRefuses(t *testing.T) {
	var dialled atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dialled.Add(1) }))
	defer trap.Close()
	a := identitytest.New(t, now)
	v := verifier(t, a)
	tokens := a.Bad(trap.URL)
	tokens["nothing"] = ""
	if len(tokens) != len(wrong)+1 {
		t.Errorf("%d tokens, of %d is known why they are refused", len(tokens)-1, len(wrong))
	}
	for name, token := range tokens {
		t.Run(name, func(t *testing.T) {
			want := cmp.Or(wrong[name], ErrMalformed)
			if got, err := v.Verify(token); !errors.Is(err, want) {
				t.Errorf("Verify = %+v, %v, want %v", got, err, want)
			}
		})
	}
	if n := dialled.Load(); n != 0 {
		t.Errorf("%d connections were caused by tokens", n)
	}
	if maxTokenSize+1 != identitytest.MaxToken || maxKeyID+1 != identitytest.MaxID {
		t.Error("the bad tokens do not lie right behind the bounds")
	}
}

// TestSharedSecretsComeFromFiles and never from a URL.
func TestSharedSecretsComeFromFiles(t *testing.T) {
	secret := bytes.Repeat([]byte("s"), minHMACSize)
	set := func(secret []byte, algorithm string) []byte {
		data, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: secret, KeyID: "shared", Algorithm: algorithm}}})
		check(t, err)
		return data
	}
	byFile, byURL := Issuer{KeysFile: "/keys"}, Issuer{JWKSURL: "https://a/keys"}
	if _, err := parseKeys(set(secret, "HS256"), byFile); err != nil {
		t.Error(err)
	}
	for name, tc := range map[string]struct {
		data []byte
		from Issuer
	}{
		"by URL":       {set(secret, "HS256"), byURL},
		"no alg":       {set(secret, ""), byFile},
		"short":        {set(secret[1:], "HS256"), byFile},
		"not accepted": {set(secret, "HS256"), Issuer{KeysFile: "/keys", Algorithms: []string{"ES256"}}},
	} {
		if _, err := parseKeys(tc.data, tc.from); !errors.Is(err, errNoUsableKey) {
			t.Errorf("%s: %v, want %v", name, err, errNoUsableKey)
		}
	}
}

// TestAlgorithmsOfAnIssuer: keys of others are not its keys.
func TestAlgorithmsOfAnIssuer(t *testing.T) {
	a := identitytest.New(t, now)
	data, err := json.Marshal(a.Set)
	check(t, err)
	keys, err := parseKeys(data, Issuer{Algorithms: []string{"ES256", "EdDSA"}})
	check(t, err)
	for id := range a.Private {
		if _, got := keys[id]; got != (id == "ec" || id == "ed") {
			t.Errorf("%s is taken: %v", id, got)
		}
	}
}

func TestParseKeysRefuses(t *testing.T) {
	a := identitytest.New(t, now)
	twice := jose.JSONWebKeySet{Keys: append(a.Set.Keys[:1:1], a.Set.Keys[0])}
	many := jose.JSONWebKeySet{}
	for range maxKeys + 1 {
		many.Keys = append(many.Keys, a.Set.Keys[0])
	}
	for name, set := range map[string]any{"nothing": "", "no keys": object{}, "an id twice": twice, "too many": many, "keys is text": object{"keys": "x"}} {
		data, err := json.Marshal(set)
		check(t, err)
		if keys, err := parseKeys(data, Issuer{}); err == nil {
			t.Errorf("%s: %v", name, keys)
		}
	}
	if _, err := parseKeys([]byte(`{"keys":[{"kty":"new"},{"kty":"RSA","n":"!"},7]}`), Issuer{}); !errors.Is(err, errNoUsableKey) {
		t.Errorf("keys of other kinds: %v", err)
	}
}

// FuzzVerify: no text crashes it, and none without the issuer's signature is
// taken.
func FuzzVerify(f *testing.F) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	v := &Verifier{now: func() time.Time { return now }, sources: map[string]*source{issuer: {
		issuer: Issuer{Issuer: issuer, Audience: audience},
		keys:   keySet{"ed": {jose.EdDSA, ed.Public().(ed25519.PublicKey)}},
	}}}
	f.Add(identitytest.Encode(object{"alg": "EdDSA", "kid": "ed"}) + "." + identitytest.Encode(object{"iss": issuer, "aud": audience, "sub": "ann"}) + ".AAAA")
	f.Add(identitytest.Encode(object{"alg": "none", "kid": "ed", "jwk": object{"kty": "oct"}}) + "." + identitytest.Encode(object{"iss": issuer, "aud": audience, "sub": "ann"}) + ".")
	f.Add(identitytest.Encode(object{"alg": "EdDSA", "crit": []string{"b64"}, "b64": false}) + ".e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := v.Verify(token); err == nil {
			t.Errorf("%q is taken as %+v", token, got)
		}
	})
}

// FuzzParseKeys: whatever an issuer answers, no key is taken that is weak, secret or
// good for two algorithms.
func FuzzParseKeys(f *testing.F) {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: ed.Public(), KeyID: "ed", Algorithm: "EdDSA", Use: "sig"}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	for _, text := range []string{`{"keys":[]}`, `{"keys":[{"kty":"oct","k":"AAAA","kid":"x","alg":"HS256"}]}`, `{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"x"}]}`,
		`{"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA","kid":"x"}]}`, `{"keys":[7,null,"x",{}]}`, `{"keys":{}}`, `[`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := parseKeys(data, Issuer{JWKSURL: "https://a/keys"})
		if err != nil {
			return
		}
		for id, k := range keys {
			usual, fits := fitting(k.public)
			if id == "" || len(id) > maxKeyID || usual == "" || !fits(k.algorithm) {
				t.Errorf("%q: a key %T for %s is taken", id, k.public, k.algorithm)
			}
		}
	})
}
