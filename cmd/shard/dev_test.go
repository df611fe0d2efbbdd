// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/wire"
	"gamesession.dev/operator/test/port"
)

const patience = 30 * time.Second

// devShard runs a dev shard and returns what it prints once it plays, and what
// ends it, as Ctrl-C does.
func devShard(t *testing.T, flags ...string) (page string, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	opts, logger, err := parse(append([]string{"--dev", "--ops-listen", port.Need(t)}, flags...), io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		err := runDev(ctx, t.Context(), opts.Config, logger, write)
		_ = write.Close()
		ended <- err
	}()
	stop = func() {
		t.Helper()
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("it does not end")
		}
	}
	text := make([]byte, 8<<10)
	n, err := read.Read(text)
	if err != nil {
		t.Fatalf("it printed nothing: %v", <-ended)
	}
	return string(text[:n]), stop
}

// TestDevPlaysAFight takes URL and tokens from the page, as a developer does, and
// plays the sample fight to its end, over snapshots and trimmed journals.
func TestDevPlaysAFight(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	address := port.Need(t)
	page, stop := devShard(t, "--listen", address, "--snapshot-every", "4", "--check-every", "10ms")
	if want := "ws://" + address + "/api/v2/sessions/demo/ws"; strings.Count(page, want) != 2 {
		t.Errorf("the page has %s not twice:\n%s", want, page)
	}
	tokens := regexp.MustCompile(`(?m)^    (gst1\.\S+)$`).FindAllStringSubmatch(page, -1)
	if len(tokens) != 3 {
		t.Fatalf("%d tokens in:\n%s", len(tokens), page)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	dial := func(token string) *client.Client {
		c, err := client.Dial(ctx, client.Options{URL: "http://" + address, Session: "demo", Token: token})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	aria, gm := dial(tokens[0][1]), dial(tokens[1][1])
	do := func(c *client.Client, action map[string]any) {
		a, err := c.Do(ctx, action)
		if err != nil || a.Refusal != nil {
			t.Fatalf("%v: %+v, %v", action, a.Refusal, err)
		}
		for gm.Position().Version < a.Position.Version && ctx.Err() == nil {
			time.Sleep(time.Millisecond) // the update may come behind the acknowledgement
		}
	}
	leaf := func(path string) (text string) {
		gm.View(func(d *wire.Document) { _ = json.Unmarshal(d.Get(path), &text) })
		return text
	}
	do(gm, map[string]any{"type": "start_combat"})
	for leaf("/combat/phase") != "over" {
		turn := leaf("/combat/turn")
		if turn != "aria" {
			do(gm, map[string]any{"type": "end_turn", "creature": turn})
			continue
		}
		target := "goblin-1"
		if leaf("/creatures/goblin-1/status") != "standing" {
			target = "goblin-2"
		}
		do(aria, map[string]any{"type": "attack", "attacker": "aria", "target": target, "attack": "longbow"})
		if leaf("/combat/phase") == "fighting" {
			do(aria, map[string]any{"type": "end_turn", "creature": "aria"})
		}
	}
	if winner := leaf("/combat/winner"); winner != "heroes" {
		t.Errorf("%q won", winner)
	}
	aria.Close()
	gm.Close()
	stop()
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "shard-dev-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDevServesLoopbackOnly: whoever reaches a dev shard can read its tokens.
func TestDevServesLoopbackOnly(t *testing.T) {
	for _, address := range []string{":8080", "0.0.0.0:8080", "10.0.0.7:8080", "[::]:8080", "example.com:80", "127.0.0.1:0", "127.0.0.1"} {
		for _, flag := range []string{"--listen", "--ops-listen"} {
			_, _, err := parse([]string{"--dev", flag, address}, io.Discard, io.Discard)
			if err == nil || !strings.Contains(err.Error(), flag) || !strings.Contains(err.Error(), "this machine alone") {
				t.Errorf("%s %s: %v", flag, address, err)
			}
		}
	}
}
