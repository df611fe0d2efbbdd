// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var issued = time.Unix(1_700_000_000, 0)

func claims() Claims {
	return Claims{Session: "s1", Player: "ann", Role: Player, IssuedAt: issued.Unix(), Expires: issued.Add(time.Hour).Unix()}
}

func keys(t *testing.T, ids ...string) *Keys {
	t.Helper()
	data := map[string][]byte{}
	for _, id := range ids {
		data[id] = bytes.Repeat([]byte(id[:1]), MinKeyBytes)
	}
	k, err := NewKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestKeysAreNotPrinted by whoever prints what holds them.
func TestKeysAreNotPrinted(t *testing.T) {
	k := keys(t, "a")
	text := fmt.Sprintf("%v %+v %#v %+v", k, *k, k, struct{ k Keys }{*k})
	if strings.Contains(text, "aaaa") || strings.Contains(text, "97 97") || strings.Contains(text, "0x61") {
		t.Errorf("the key shows: %s", text)
	}
}

func TestSignThenVerify(t *testing.T) {
	token, err := keys(t, "a").Sign(claims())
	if err != nil {
		t.Fatal(err)
	}
	got, err := keys(t, "a", "b").Verify(token, issued)
	if err != nil {
		t.Fatal(err)
	}
	if want := claims(); got != want {
		t.Errorf("Verify = %+v, want %+v", got, want)
	}
}

func TestNewestKeySigns(t *testing.T) {
	token, err := keys(t, "a", "b").Sign(claims())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys(t, "a").Verify(token, issued); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("Verify with the old key only: %v, want %v", err, ErrUnknownKey)
	}
}

func TestVerifyRefuses(t *testing.T) {
	good, err := keys(t, "a").Sign(claims())
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	last := len(parts[3]) - 1
	// The last character of a 32-byte signature carries unused bits: a lax
	// decoder takes other spellings of the same bytes.
	variant := good[:len(good)-1] + string(parts[3][last]+1)
	tests := []struct {
		name  string
		token string
		now   time.Time
		want  error
	}{
		{"empty", "", issued, ErrMalformed},
		{"too long", strings.Repeat("x", maxTokenBytes+1), issued, ErrMalformed},
		{"other prefix", "gst2" + good[4:], issued, ErrMalformed},
		{"unknown key", strings.Replace(good, ".a.", ".z.", 1), issued, ErrUnknownKey},
		{"padding", good + "=", issued, ErrMalformed},
		{"a line break", good[:len(good)-9] + "\n" + good[len(good)-9:], issued, ErrMalformed},
		{"unused bits", variant, issued, ErrMalformed},
		{"other payload", strings.Replace(good, parts[2], parts[2][:len(parts[2])-4]+"AAAA", 1), issued, ErrSignature},
		{"expired", good, issued.Add(time.Hour), ErrExpired},
		{"issued in the future", good, issued.Add(-time.Minute), ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := keys(t, "a").Verify(tt.token, tt.now); !errors.Is(err, tt.want) {
				t.Errorf("Verify = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSignRefusesBadClaims(t *testing.T) {
	tests := map[string]func(*Claims){
		"no session":   func(c *Claims) { c.Session = "" },
		"bad player":   func(c *Claims) { c.Player = "a b" },
		"unknown role": func(c *Claims) { c.Role = "king" },
		"no lifetime":  func(c *Claims) { c.Expires = c.IssuedAt },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c := claims()
			change(&c)
			if _, err := keys(t, "a").Sign(c); err == nil {
				t.Error("Sign took them")
			}
		})
	}
}

func TestLoadKeys(t *testing.T) {
	dir := t.TempDir()
	if _, err := LoadKeys(dir); err == nil {
		t.Error("an empty directory was taken")
	}
	write := func(name, key string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(".hidden", "x")
	write("2026", strings.Repeat("k", MinKeyBytes)+"\n")
	if _, err := LoadKeys(dir); err != nil {
		t.Error(err)
	}
	write("2027", "short")
	if _, err := LoadKeys(dir); err == nil || !strings.Contains(err.Error(), "2027") {
		t.Errorf("short key: %v, want an error that names it", err)
	}
}
