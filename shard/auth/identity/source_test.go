// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"gamesession.dev/operator/shard/auth/identity/identitytest"
)

// publisher serves a key set, or whatever else it is told to.
type publisher struct {
	mu     sync.Mutex
	status int
	body   []byte
	asked  int
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.status == http.StatusFound {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(p.status)
	_, _ = w.Write(p.body)
}

func (p *publisher) publish(t *testing.T, keys ...jose.JSONWebKey) {
	t.Helper()
	data, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	check(t, err)
	p.answer(http.StatusOK, data)
}

func (p *publisher) answer(status int, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body = status, body
}

// TestKeysByURL: rotation, an outage, and who may cause a connection.
func TestKeysByURL(t *testing.T) {
	a := identitytest.New(t, now)
	p := &publisher{}
	s := httptest.NewServer(p)
	defer s.Close()
	clock := now
	v, err := New(Config{Issuers: []Issuer{{Issuer: issuer, Audience: audience, JWKSURL: s.URL + "/keys"}}},
		slog.New(slog.DiscardHandler), func() time.Time { return clock })
	check(t, err)
	old := a.Sign(jose.RS256, "rsa", a.Private["rsa"], a.With(object{"exp": now.Add(1000 * time.Hour).Unix()}), nil)
	fresh := a.Sign(jose.EdDSA, "ed", a.Private["ed"], a.With(object{"exp": now.Add(1000 * time.Hour).Unix()}), nil)
	expect := func(what, token string, want error) {
		t.Helper()
		if _, err := v.Verify(token); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	expect("before the first fetch", old, ErrUnavailable)
	p.publish(t, a.Set.Keys[0])
	v.refresh(t.Context())
	expect("published", old, nil)
	for range 100 {
		expect("not published yet", fresh, ErrUnknownKey)
	}
	if p.asked != 1 {
		t.Errorf("the issuer was asked %d times, want once: a token caused it", p.asked)
	}
	p.publish(t, a.Set.Keys[0], a.Set.Keys[5])
	v.refresh(t.Context())
	expect("old key beside the new one", old, nil)
	expect("new key", fresh, nil)
	p.publish(t, a.Set.Keys[5])
	v.refresh(t.Context())
	expect("old key after rotation", old, ErrUnknownKey)
	for name, outage := range map[string]struct {
		status int
		body   string
	}{
		"500":          {500, ""},
		"not JSON":     {200, "<html>"},
		"no keys":      {200, `{"keys":[]}`},
		"too long":     {200, `{"keys":[]}` + strings.Repeat(" ", maxSetSize)},
		"a redirect":   {302, ""},
		"another file": {200, `{"issuer":"x"}`},
	} {
		p.answer(outage.status, []byte(outage.body))
		asked := p.asked
		v.refresh(t.Context())
		expect("while it answers with "+name, fresh, nil)
		if p.asked != asked+1 {
			t.Errorf("%s: %d requests, want one", name, p.asked-asked)
		}
	}
	s.Close()
	v.refresh(t.Context())
	expect("while it is gone", fresh, nil)
	clock = now.Add(keepFor + time.Second)
	expect("gone for more than a day", fresh, ErrUnavailable)
}

func TestConfig(t *testing.T) {
	load := func(text string) (Config, error) {
		path := filepath.Join(t.TempDir(), "issuers.yaml")
		check(t, os.WriteFile(path, []byte(text), 0o600))
		return Load(path)
	}
	c, err := load("issuers:\n- {issuer: 'https://a', audience: x, jwksURL: 'https://a/keys', playerPrefix: a.}\n- {issuer: b, audience: x, keysFile: /keys, playerPrefix: b.}\n")
	if err != nil || len(c.Issuers) != 2 || c.Issuers[0].PlayerPrefix != "a." {
		t.Errorf("Load = %+v, %v", c, err)
	}
	for name, text := range map[string]string{
		"empty":          "",
		"unknown field":  "issuers:\n- {issuer: a, audience: x, keysFile: /keys, algorithm: none}",
		"no audience":    "issuers:\n- {issuer: a, keysFile: /keys}",
		"no issuer":      "issuers:\n- {audience: x, keysFile: /keys}",
		"no keys":        "issuers:\n- {issuer: a, audience: x}",
		"two sources":    "issuers:\n- {issuer: a, audience: x, keysFile: /keys, jwksURL: 'https://a'}",
		"plain http":     "issuers:\n- {issuer: a, audience: x, jwksURL: 'http://a/keys'}",
		"a file URL":     "issuers:\n- {issuer: a, audience: x, jwksURL: 'file:///keys'}",
		"a user":         "issuers:\n- {issuer: a, audience: x, jwksURL: 'https://u:p@a/keys'}",
		"twice":          "issuers:\n- {issuer: a, audience: x, keysFile: /k, playerPrefix: a}\n- {issuer: a, audience: x, keysFile: /k, playerPrefix: b}",
		"no prefix":      "issuers:\n- {issuer: a, audience: x, keysFile: /k}\n- {issuer: b, audience: x, keysFile: /k, playerPrefix: b}",
		"prefixes begin": "issuers:\n- {issuer: a, audience: x, keysFile: /k, playerPrefix: goo}\n- {issuer: b, audience: x, keysFile: /k, playerPrefix: google}",
		"odd prefix":     "issuers:\n- {issuer: a, audience: x, keysFile: /k, playerPrefix: 'a b'}",
		"no algorithm":   "issuers:\n- {issuer: a, audience: x, keysFile: /k, algorithms: [none]}",
		"too long":       "issuers:\n- {issuer: a, audience: x, keysFile: /k}" + strings.Repeat("\n", maxConfigSize),
	} {
		if c, err := load(text); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if _, err := Load("/none"); err == nil {
		t.Error("a file that is not there was read")
	}
	if _, err := load("issuers:\n- {issuer: a, audience: x, jwksURL: 'http://127.0.0.1:1/keys'}"); err != nil {
		t.Errorf("http on the loopback: %v", err)
	}
}
