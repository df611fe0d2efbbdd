// SPDX-License-Identifier: Apache-2.0

package identitytest

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// MaxToken and MaxID are one more than the longest token and id that are taken.
const (
	MaxToken = 8<<10 + 1
	MaxID    = 128 + 1
)

// Bad returns tokens that must not be taken, by what is wrong with them. Those that
// name a place to get keys from name trap: nobody must ask there.
func (a *Authority) Bad(trap string) map[string]string {
	a.t.Helper()
	all := map[string]string{}
	for _, some := range []map[string]string{a.badForm(), a.badAlgorithm(), a.badKey(trap), a.badClaims(), a.otherKind()} {
		for name, token := range some {
			all[name] = token
		}
	}
	return all
}

// badForm are other spellings of a good token, and what is none.
func (a *Authority) badForm() map[string]string {
	fine := a.RS256(a.Good(), nil)
	parts := strings.Split(fine, ".")
	last := parts[2][len(parts[2])-1]
	return map[string]string{
		"64 KiB":                  parts[0] + "." + strings.Repeat("A", 64<<10) + "." + parts[2],
		"one byte more than fits": strings.Repeat(".", MaxToken),
		"thousands of parts":      strings.Repeat(".", 5000),
		"five parts":              fine + "..",
		"JSON serialization":      `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"signature taken off":     parts[0] + "." + parts[1] + ".",
		"padding":                 fine + "=",
		"a space":                 fine + " x",
		"a line break":            parts[0] + "." + parts[1] + "\n." + parts[2],
		"standard alphabet":       parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+/",
		"unused bits":             fine[:len(fine)-1] + string(last+1),
		"changed claims":          parts[0] + "." + Encode(a.With(Object{"sub": "eve"})) + "." + parts[2],
		"claims are a list":       parts[0] + "." + Encode([]int{1}) + "." + parts[2],
	}
}

// badAlgorithm are tokens that say how they want to be checked.
func (a *Authority) badAlgorithm() map[string]string {
	none := func(alg string) string {
		return Encode(Object{"alg": alg, "kid": "rsa"}) + "." + Encode(a.Good()) + "."
	}
	// The oldest trick: the public key, which everybody has, as a shared secret.
	der, err := x509.MarshalPKIXPublicKey(a.Private["rsa"].(*rsa.PrivateKey).Public())
	a.check(err)
	confused := func(secret []byte, id string) string { return a.Sign(jose.HS256, id, secret, a.Good(), nil) }
	return map[string]string{
		"alg none":                   none("none"),
		"alg None":                   none("None"),
		"alg NONE":                   none("NONE"),
		"alg empty":                  none(""),
		"HS256 with the public PEM":  confused(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "rsa"),
		"HS256 with the public DER":  confused(der, "rsa"),
		"HS256 with an RSA key's id": confused(der, "as-secret"),
		"PS256 with an RS256 key":    a.Sign(jose.PS256, "rsa", a.Private["rsa"], a.Good(), nil),
		"RS512 with an RS256 key":    a.Sign(jose.RS512, "rsa", a.Private["rsa"], a.Good(), nil),
		"ES256 with an RSA key":      a.Sign(jose.ES256, "rsa", a.Private["ec"], a.Good(), nil),
	}
}

// badKey are tokens of keys that are not the issuer's, or not good enough.
func (a *Authority) badKey(trap string) map[string]string {
	own := a.rsa(2048)
	kid := func(id string) string { return a.Sign(jose.RS256, id, a.Private["rsa"], a.Good(), nil) }
	mine := func(id string, header Object) string { return a.Sign(jose.RS256, id, own, a.Good(), header) }
	return map[string]string{
		"another's key":          mine("rsa", nil),
		"1024-bit RSA":           a.Sign(jose.RS256, "small", a.Private["small"], a.Good(), nil),
		"key with another's alg": kid("wrong-alg"),
		"encryption key":         kid("enc"),
		"kid unknown":            kid("other"),
		"kid empty":              kid(""),
		"kid in capitals":        kid("RSA"),
		"kid a path":             kid("../../../../dev/null"),
		"kid SQL":                kid("rsa' OR '1'='1"),
		"kid with a zero byte":   kid("rsa\x00"),
		"kid a URL":              kid(trap),
		"kid of 4 KiB":           kid(strings.Repeat("k", 4096)),
		"kid a number":           a.RS256(a.Good(), Object{"kid": 7}),
		"jku":                    mine("mine", Object{"jku": trap}),
		"jku, id of a real key":  mine("rsa", Object{"jku": trap}),
		"x5u":                    mine("rsa", Object{"x5u": trap}),
		"jwk":                    mine("rsa", Object{"jwk": jose.JSONWebKey{Key: own.Public(), KeyID: "rsa"}}),
		"crit":                   a.RS256(a.Good(), Object{"crit": []string{"exp"}}),
	}
}

// badClaims are signed well and say the wrong thing.
func (a *Authority) badClaims() map[string]string {
	rs := func(changes Object) string { return a.RS256(a.With(changes), nil) }
	minute := func(m int) int64 { return a.Now.Add(time.Duration(m) * time.Minute).Unix() }
	return map[string]string{
		"no iss":               rs(Object{"iss": nil}),
		"other iss":            rs(Object{"iss": "https://evil.example"}),
		"iss with a slash":     rs(Object{"iss": Issuer + "/"}),
		"no aud":               rs(Object{"aud": nil}),
		"other aud":            rs(Object{"aud": "gamesession-web"}),
		"no exp":               rs(Object{"exp": nil}),
		"exp is text":          rs(Object{"exp": "2099"}),
		"expired":              rs(Object{"exp": minute(-1)}),
		"expired long ago":     rs(Object{"exp": 1}),
		"not yet":              rs(Object{"nbf": minute(2)}),
		"issued in the future": rs(Object{"iat": minute(2)}),
		"no jti":               rs(Object{"jti": nil}),
		"long jti":             rs(Object{"jti": strings.Repeat("x", MaxID)}),
		"no sub":               rs(Object{"sub": nil}),
		"sub that is no name":  rs(Object{"sub": "a b"}),
		"sub that is markup":   rs(Object{"sub": "<script>alert(1)</script>"}),
	}
}

// otherKind are tokens for something else.
func (a *Authority) otherKind() map[string]string {
	rs := func(changes, header Object) string { return a.RS256(a.With(changes), header) }
	return map[string]string{
		"ID token by nonce":     rs(Object{"nonce": "n"}, nil),
		"ID token by at_hash":   rs(Object{"at_hash": "h"}, nil),
		"ID token by typ":       rs(Object{"typ": "ID"}, nil),
		"ID token by token_use": rs(Object{"token_use": "id"}, nil),
		"refresh token":         rs(Object{"typ": "Refresh"}, nil),
		"logout token":          rs(nil, Object{"typ": "logout+jwt"}),
		"typ a number":          rs(nil, Object{"typ": 1}),
	}
}
