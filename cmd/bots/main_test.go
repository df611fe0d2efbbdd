// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/cmd/bots/internal/fleet"
	"gamesession.dev/operator/shard/auth"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUsage(t *testing.T) {
	key := write(t, "key-1", strings.Repeat("k", auth.MinKeyBytes))
	url := []string{"--url", "http://127.0.0.1:1"}
	tests := map[string]struct {
		args []string
		want string
	}{
		"no url":             {nil, "--url is missing"},
		"argument":           {append(url, "extra"), "unexpected argument"},
		"negative rate":      {append(url, "--rate", "-1"), "must not be negative"},
		"unknown follow":     {append(url, "--follow", "some"), "none, half, all"},
		"no keys":            {url, "--keys"},
		"no session":         {append(url, "--key-file", key), "--sessions"},
		"short key":          {append(url, "--key-file", write(t, "key-1", "k"), "--session", "s"), "at least 32"},
		"no such sessions":   {append(url, "--key-file", key, "--sessions", "/nope"), "/nope"},
		"sessions no JSON":   {append(url, "--key-file", key, "--sessions", write(t, "s", "hello")), "entry 1"},
		"sessions empty":     {append(url, "--key-file", key, "--sessions", write(t, "s", "")), "there are none"},
		"player not allowed": {append(url, "--key-file", key, "--session", "s", "--players", "a/b"), "a/b"},
		"token without role": {append(url, "--tokens", write(t, "t", `{"session":"s","player":"p","token":"x"}`)), "role"},
		"unknown flag":       {append(url, "--nope"), "not defined"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := run(t.Context(), tc.args, &out, &errOut)
			if code != exitUsage || !strings.Contains(errOut.String(), tc.want) {
				t.Errorf("exit %d: %s; want %d and %q", code, errOut.String(), exitUsage, tc.want)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var out, errOut bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, &out, &errOut); code != 0 || !strings.Contains(out.String(), "-once") || errOut.Len() > 0 {
		t.Errorf("exit %d: %s%s", code, out.String(), errOut.String())
	}
}

func TestSeats(t *testing.T) {
	key := write(t, "key-1", strings.Repeat("k", auth.MinKeyBytes))
	sessions := write(t, "sessions", `{"id":"s1","players":["p1","p2"],"gameMasters":["gm"]}
{"id":"s2","players":["p1"],"gameMasters":["boss"]}
`)
	opts, metrics, err := parse([]string{"--url", "http://host", "--key-file", key, "--sessions", sessions, "--metrics-json", "m"}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	if metrics != "m" || opts.Rate != 12 || opts.Follow != fleet.FollowThirds {
		t.Errorf("metrics %q, options %+v", metrics, opts)
	}
	var got []string
	for _, s := range opts.Seats {
		got = append(got, s.Session+"/"+s.Player+"/"+string(s.Role))
		if s.Token == "" {
			t.Errorf("%s has no token", s.Player)
		}
	}
	want := "s1/gm/gm s1/p1/player s1/p2/player s2/boss/gm s2/p1/player"
	if strings.Join(got, " ") != want {
		t.Errorf("seats = %v, want %s", got, want)
	}
}

func TestNobodyThere(t *testing.T) {
	tokens := write(t, "t", `{"session":"s","player":"p","role":"player","token":"x"}`)
	var out, errOut bytes.Buffer
	code := run(t.Context(), []string{"--url", "http://127.0.0.1:1", "--tokens", tokens, "--duration", "300ms"}, &out, &errOut)
	// It keeps trying as long as it may, and then says that nothing was played.
	if code != exitBroken || !strings.Contains(out.String(), "silent") || !strings.Contains(out.String(), "connection refused") {
		t.Errorf("exit %d: %s%s", code, out.String(), errOut.String())
	}
}
