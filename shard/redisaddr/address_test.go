// SPDX-License-Identifier: Apache-2.0

package redisaddr_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/test/tlstest"
)

// mount makes a certificate for names and returns its directory and who signed it.
func mount(t *testing.T, names ...string) (dir, ca string) {
	t.Helper()
	dir = t.TempDir()
	tlstest.New(t).Mount(dir, names...)
	return dir, read(t, dir, "ca.crt")
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOptions(t *testing.T) {
	dir, ca := mount(t, "redis")
	key := read(t, dir, "tls.key")
	_, other := mount(t, "redis")
	for name, tc := range map[string]struct {
		url, ca string
		want    string // of the error; empty: there is none
	}{
		"plain":               {"redis://redis:6379/0", "", ""},
		"TLS":                 {"rediss://user:secret@redis:6379/1", "", ""},
		"a CA":                {"rediss://user:secret@redis:6379/1", ca, ""},
		"two":                 {"rediss://redis", "# old\n" + ca + "\n# new\n" + other, ""},
		"no URL":              {"", "", "must be redis://"},
		"http":                {"http://user:secret@redis", "", "must be redis://"},
		"no number":           {"redis://user:secret@redis/x", "", "must be redis://"},
		"a CA without TLS":    {"redis://user:secret@redis", ca, "not rediss://"},
		"a CA, not looked at": {"rediss://user:secret@redis?skip_verify=true", ca, "skip_verify"},
		"blank":               {"rediss://redis", " \n", "no certificate"},
		"no PEM":              {"rediss://redis", "secret", "no certificate"},
		"a key":               {"rediss://redis", ca + key, `block 2 is a "PRIVATE KEY"`},
		"no DER":              {"rediss://redis", "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n", "certificate 1: x509"},
		"cut off":             {"rediss://redis", ca + other[:len(other)-40], "1 of 2 PEM blocks"},
		"cut off, then whole": {"rediss://redis", ca[:80] + "\n" + other, "1 of 2 PEM blocks"},
		"too many":            {"rediss://redis", strings.Repeat(ca, 64<<10/len(ca)+1), "bytes are too many"},
	} {
		t.Run(name, func(t *testing.T) {
			opt, err := redisaddr.Address{URL: tc.url, CA: tc.ca}.Options()
			switch {
			case tc.want == "" && err != nil:
				t.Fatalf("refused: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Fatalf("error %v, want one with %s", err, tc.want)
			case err != nil:
				if of := errors.Is(err, redisaddr.ErrURL); of != strings.HasPrefix(tc.want, "must") || strings.Contains(err.Error(), "secret") {
					t.Errorf("error %q, of the URL: %v", err, of)
				}
				return
			}
			config := opt.TLSConfig
			if !strings.HasPrefix(tc.url, "rediss") {
				if config != nil {
					t.Error("TLS that was not asked for")
				}
				return
			}
			if config.MinVersion != tls.VersionTLS12 || config.ServerName != "redis" || config.InsecureSkipVerify || (config.RootCAs == nil) != (tc.ca == "") {
				t.Errorf("from %x, for %q, not verified: %v, by roots of its own: %v", config.MinVersion, config.ServerName, config.InsecureSkipVerify, config.RootCAs != nil)
			}
		})
	}
}

func TestReadCA(t *testing.T) {
	dir, ca := mount(t, "redis")
	if got, err := redisaddr.ReadCA(filepath.Join(dir, "ca.crt")); err != nil || got != ca {
		t.Errorf("read %q, %v", got, err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// An empty one would be none, and the system would be trusted instead.
	for _, path := range []string{empty, filepath.Join(dir, "tls.key"), filepath.Join(dir, "nothing")} {
		if _, err := redisaddr.ReadCA(path); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}
