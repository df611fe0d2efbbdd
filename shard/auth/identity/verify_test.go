// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gamesession.dev/operator/shard/auth"
)

const issuer, audience = "https://login.example", "gamesession"

var now = time.Unix(1_700_000_000, 0)

// authority is an issuer with its keys, by id.
type authority struct {
	t       *testing.T
	private map[string]any
	set     jose.JSONWebKeySet
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	t.Setenv("GODEBUG", "rsa1024min=0") // there must be such a key to refuse it
	a := &authority{t: t, private: map[string]any{}}
	rsaKey := func(bits int) *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		check(t, err)
		return k
	}
	ec := func(c elliptic.Curve) *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		check(t, err)
		return k
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	check(t, err)
	big := rsaKey(2048)
	a.add("rsa", "RS256", big)
	a.add("rsa-pss", "PS256", big)
	a.add("rsa-plain", "", big)
	a.add("ec", "ES256", ec(elliptic.P256()))
	a.add("ec384", "", ec(elliptic.P384()))
	a.add("ed", "EdDSA", ed)
	a.add("small", "RS256", rsaKey(1024))
	a.add("wrong-alg", "ES256", big)
	a.add("as-secret", "HS256", big)
	encryption := a.add("enc", "RS256", big)
	encryption.Use = "enc"
	a.set.Keys[len(a.set.Keys)-1] = encryption
	return a
}

func (a *authority) add(id, algorithm string, private any) jose.JSONWebKey {
	a.private[id] = private
	jwk := jose.JSONWebKey{Key: private.(interface{ Public() crypto.PublicKey }).Public(), KeyID: id, Algorithm: algorithm, Use: "sig"}
	a.set.Keys = append(a.set.Keys, jwk)
	return jwk
}

func (a *authority) file() string {
	a.t.Helper()
	data, err := json.Marshal(a.set)
	check(a.t, err)
	path := filepath.Join(a.t.TempDir(), "keys.json")
	check(a.t, os.WriteFile(path, data, 0o600))
	return path
}

func (a *authority) verifier() *Verifier {
	a.t.Helper()
	v, err := New(Config{Issuers: []Issuer{{Issuer: issuer, Audience: audience, KeysFile: a.file(), ClassClaim: "class"}}},
		slog.New(slog.DiscardHandler), func() time.Time { return now })
	check(a.t, err)
	return v
}

type object = map[string]any

func good() object {
	return object{
		"iss": issuer, "aud": audience, "sub": "ann", "jti": "t-1",
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	}
}

func with(changes object) object {
	c := good()
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

// sign builds a token; the header's kid and alg may be overridden, and then the
// signature is still made with the given key and algorithm.
func (a *authority) sign(algorithm jose.SignatureAlgorithm, keyID string, key any, claims object, header object) string {
	a.t.Helper()
	o := (&jose.SignerOptions{}).WithHeader("kid", keyID)
	for k, v := range header {
		o = o.WithHeader(jose.HeaderKey(k), v)
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, o)
	check(a.t, err)
	payload, err := json.Marshal(claims)
	check(a.t, err)
	signed, err := s.Sign(payload)
	check(a.t, err)
	token, err := signed.CompactSerialize()
	check(a.t, err)
	return token
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestVerifyTakes(t *testing.T) {
	a := newAuthority(t)
	v := a.verifier()
	rs := func(c object, header object) string { return a.sign(jose.RS256, "rsa", a.private["rsa"], c, header) }
	tests := map[string]string{
		"RS256":                     rs(good(), nil),
		"PS256":                     a.sign(jose.PS256, "rsa-pss", a.private["rsa"], good(), nil),
		"RSA that names no alg":     a.sign(jose.RS256, "rsa-plain", a.private["rsa"], good(), nil),
		"ES256":                     a.sign(jose.ES256, "ec", a.private["ec"], good(), nil),
		"ES384 that names no alg":   a.sign(jose.ES384, "ec384", a.private["ec384"], good(), nil),
		"EdDSA":                     a.sign(jose.EdDSA, "ed", a.private["ed"], good(), nil),
		"typ JWT":                   rs(good(), object{"typ": "JWT"}),
		"typ at+jwt":                rs(good(), object{"typ": "application/at+jwt"}),
		"several audiences":         rs(with(object{"aud": []string{"other", audience}}), nil),
		"no nbf and no iat":         rs(with(object{"nbf": nil, "iat": nil}), nil),
		"expired within the leeway": rs(with(object{"exp": now.Add(-29 * time.Second).Unix()}), nil),
		"early within the leeway":   rs(with(object{"nbf": now.Add(29 * time.Second).Unix(), "iat": now.Add(29 * time.Second).Unix()}), nil),
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
		if got, err := v.Verify(rs(with(object{"class": class}), nil)); err != nil || got.Class != want {
			t.Errorf("class %s: %+v, %v", class, got, err)
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	var dialled atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { dialled.Add(1) }))
	defer trap.Close()
	a := newAuthority(t)
	v := a.verifier()
	own, err := rsa.GenerateKey(rand.Reader, 2048)
	check(t, err)
	rs := func(c object, header object) string { return a.sign(jose.RS256, "rsa", a.private["rsa"], c, header) }
	kid := func(id string) string { return a.sign(jose.RS256, id, a.private["rsa"], good(), nil) }
	fine := rs(good(), nil)
	parts := strings.Split(fine, ".")
	none := func(alg string) string {
		return encode(object{"alg": alg, "kid": "rsa"}) + "." + encode(good()) + "."
	}
	// The oldest trick: the public key, which everybody has, as a shared secret.
	public := a.private["rsa"].(*rsa.PrivateKey).Public()
	der, err := x509.MarshalPKIXPublicKey(public)
	check(t, err)
	confused := func(secret []byte, id string) string {
		return a.sign(jose.HS256, id, secret, good(), nil)
	}
	last := parts[2][len(parts[2])-1]
	variant := fine[:len(fine)-1] + string(last+1)
	minute := func(m int) int64 { return now.Add(time.Duration(m) * time.Minute).Unix() }
	tests := map[string]struct {
		token string
		want  error
	}{
		"empty":                      {"", ErrMalformed},
		"64 KiB":                     {parts[0] + "." + strings.Repeat("A", 64<<10) + "." + parts[2], ErrMalformed},
		"one part more than fits":    {strings.Repeat(".", maxTokenSize+1), ErrMalformed},
		"thousands of parts":         {strings.Repeat(".", 5000), ErrMalformed},
		"five parts":                 {fine + "..", ErrMalformed},
		"JSON serialization":         {`{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`, ErrMalformed},
		"alg none":                   {none("none"), ErrMalformed},
		"alg None":                   {none("None"), ErrMalformed},
		"alg NONE":                   {none("NONE"), ErrMalformed},
		"alg empty":                  {none(""), ErrMalformed},
		"signature taken off":        {parts[0] + "." + parts[1] + ".", ErrSignature},
		"HS256 with the public PEM":  {confused(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "rsa"), ErrAlgorithm},
		"HS256 with the public DER":  {confused(der, "rsa"), ErrAlgorithm},
		"HS256 with an RSA key's id": {confused(der, "as-secret"), ErrUnknownKey},
		"PS256 with an RS256 key":    {a.sign(jose.PS256, "rsa", a.private["rsa"], good(), nil), ErrAlgorithm},
		"RS512 with an RS256 key":    {a.sign(jose.RS512, "rsa", a.private["rsa"], good(), nil), ErrAlgorithm},
		"ES256 with an RSA key":      {a.sign(jose.ES256, "rsa", a.private["ec"], good(), nil), ErrAlgorithm},
		"another's key":              {a.sign(jose.RS256, "rsa", own, good(), nil), ErrSignature},
		"1024-bit RSA":               {a.sign(jose.RS256, "small", a.private["small"], good(), nil), ErrUnknownKey},
		"key with another's alg":     {a.sign(jose.RS256, "wrong-alg", a.private["rsa"], good(), nil), ErrUnknownKey},
		"encryption key":             {a.sign(jose.RS256, "enc", a.private["rsa"], good(), nil), ErrUnknownKey},
		"kid unknown":                {kid("other"), ErrUnknownKey},
		"kid empty":                  {kid(""), ErrUnknownKey},
		"kid in capitals":            {kid("RSA"), ErrUnknownKey},
		"kid a path":                 {kid("../../../../dev/null"), ErrUnknownKey},
		"kid SQL":                    {kid("rsa' OR '1'='1"), ErrUnknownKey},
		"kid with a zero byte":       {kid("rsa\x00"), ErrUnknownKey},
		"kid a URL":                  {kid(trap.URL), ErrUnknownKey},
		"kid of 4 KiB":               {kid(strings.Repeat("k", 4096)), ErrUnknownKey},
		"kid a number":               {a.sign(jose.RS256, "rsa", a.private["rsa"], good(), object{"kid": 7}), ErrMalformed},
		"jku":                        {a.sign(jose.RS256, "mine", own, good(), object{"jku": trap.URL}), ErrUnknownKey},
		"jku, id of a real key":      {a.sign(jose.RS256, "rsa", own, good(), object{"jku": trap.URL}), ErrSignature},
		"x5u":                        {a.sign(jose.RS256, "rsa", own, good(), object{"x5u": trap.URL}), ErrSignature},
		"jwk":                        {a.sign(jose.RS256, "rsa", own, good(), object{"jwk": jose.JSONWebKey{Key: own.Public(), KeyID: "rsa"}}), ErrSignature},
		"crit":                       {rs(good(), object{"crit": []string{"exp"}}), ErrSignature},
		"padding":                    {fine + "=", ErrMalformed},
		"a space":                    {fine + " ", ErrMalformed},
		"a line break":               {parts[0] + "." + parts[1] + "\n." + parts[2], ErrMalformed},
		"standard alphabet":          {parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+/", ErrMalformed},
		"unused bits":                {variant, ErrMalformed},
		"changed claims":             {parts[0] + "." + encode(with(object{"sub": "eve"})) + "." + parts[2], ErrSignature},
		"claims are a list":          {parts[0] + "." + encode([]int{1}) + "." + parts[2], ErrMalformed},
		"no iss":                     {rs(with(object{"iss": nil}), nil), ErrUnknownIssuer},
		"other iss":                  {rs(with(object{"iss": "https://evil.example"}), nil), ErrUnknownIssuer},
		"iss with a slash":           {rs(with(object{"iss": issuer + "/"}), nil), ErrUnknownIssuer},
		"no aud":                     {rs(with(object{"aud": nil}), nil), ErrAudience},
		"other aud":                  {rs(with(object{"aud": "gamesession-web"}), nil), ErrAudience},
		"no exp":                     {rs(with(object{"exp": nil}), nil), ErrClaims},
		"exp is text":                {rs(with(object{"exp": "2099"}), nil), ErrMalformed},
		"expired":                    {rs(with(object{"exp": minute(-1)}), nil), ErrExpired},
		"expired long ago":           {rs(with(object{"exp": 1}), nil), ErrExpired},
		"not yet":                    {rs(with(object{"nbf": minute(1)}), nil), ErrNotYet},
		"issued in the future":       {rs(with(object{"iat": minute(1)}), nil), ErrNotYet},
		"no jti":                     {rs(with(object{"jti": nil}), nil), ErrClaims},
		"long jti":                   {rs(with(object{"jti": strings.Repeat("x", maxKeyID+1)}), nil), ErrClaims},
		"no sub":                     {rs(with(object{"sub": nil}), nil), ErrClaims},
		"sub that is no name":        {rs(with(object{"sub": "a b"}), nil), ErrClaims},
		"ID token by nonce":          {rs(with(object{"nonce": "n"}), nil), ErrKind},
		"ID token by at_hash":        {rs(with(object{"at_hash": "h"}), nil), ErrKind},
		"ID token by typ":            {rs(with(object{"typ": "ID"}), nil), ErrKind},
		"ID token by token_use":      {rs(with(object{"token_use": "id"}), nil), ErrKind},
		"refresh token":              {rs(with(object{"typ": "Refresh"}), nil), ErrKind},
		"logout token":               {rs(good(), object{"typ": "logout+jwt"}), ErrKind},
		"typ a number":               {rs(good(), object{"typ": 1}), ErrKind},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got, err := v.Verify(tc.token); !errors.Is(err, tc.want) {
				t.Errorf("Verify = %+v, %v, want %v", got, err, tc.want)
			}
		})
	}
	if n := dialled.Load(); n != 0 {
		t.Errorf("%d connections were caused by tokens", n)
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
	a := newAuthority(t)
	data, err := json.Marshal(a.set)
	check(t, err)
	keys, err := parseKeys(data, Issuer{Algorithms: []string{"ES256", "EdDSA"}})
	check(t, err)
	for id := range a.private {
		if _, got := keys[id]; got != (id == "ec" || id == "ed") {
			t.Errorf("%s is taken: %v", id, got)
		}
	}
}

func TestParseKeysRefuses(t *testing.T) {
	a := newAuthority(t)
	twice := jose.JSONWebKeySet{Keys: append(a.set.Keys[:1:1], a.set.Keys[0])}
	many := jose.JSONWebKeySet{}
	for range maxKeys + 1 {
		many.Keys = append(many.Keys, a.set.Keys[0])
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
	f.Add(encode(object{"alg": "EdDSA", "kid": "ed"}) + "." + encode(good()) + ".AAAA")
	f.Add(encode(object{"alg": "none", "kid": "ed", "jwk": object{"kty": "oct"}}) + "." + encode(good()) + ".")
	f.Add(encode(object{"alg": "EdDSA", "crit": []string{"b64"}, "b64": false}) + ".e30.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if got, err := v.Verify(token); err == nil {
			t.Errorf("%q is taken as %+v", token, got)
		}
	})
}
