// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gamesession.dev/operator/cmd/bots/botlog"
	"gamesession.dev/operator/shard/journal"
)

// TestPlayThenPlant lets bots play a session that moves under them, finds
// nothing wrong, and then finds each wrong that is planted into the logs.
func TestPlayThenPlant(t *testing.T) {
	s := newStage(t)
	s.create("s1")
	s.play(func() {
		for _, shard := range []string{"b", "a", "b"} {
			s.awaitProgress(40)
			s.own(shard)
		}
		// So far that the journal drops its beginning.
		s.await("a trimmed journal", func() bool {
			s.awaitProgress(40)
			_, err := s.log.Read(t.Context(), "s1", journal.Position{}, 1)
			return err != nil
		})
	})
	metrics := readMetrics(t, s.path("bots.json"))
	if metrics.Acked < 100 || len(metrics.Moves)+len(metrics.Quiet) != 3 || metrics.Followed == 0 || metrics.Ignored == 0 {
		t.Errorf("the bots saw %+v, want three moves under play, followed and ignored", metrics)
	}

	result, out, code := s.foldcheck(s.path("logs"))
	if code != 0 {
		t.Fatalf("foldcheck exited with %d: %s", code, out)
	}
	if result.Acked != metrics.Acked || result.Hashes == 0 || result.NotKept == 0 || result.NotKept == result.Acked {
		t.Errorf("result %s, want %d acknowledged, some of them not kept, some hashes compared", result, metrics.Acked)
	}

	tests := map[string]struct {
		plant func(lines []botlog.Line) []botlog.Line
		want  func(r *Result) bool
	}{
		"acknowledged, never written": {
			func(lines []botlog.Line) []botlog.Line {
				l := last(lines, botlog.Ack)
				l.N, l.ActionID = l.N+1000, "planted"
				return append(lines, l)
			},
			func(r *Result) bool { return len(r.Lost) == 1 },
		},
		"acknowledged elsewhere": {
			func(lines []botlog.Line) []botlog.Line {
				for i := len(lines) - 1; ; i-- {
					if lines[i].Kind == botlog.Ack {
						lines[i].Version++
						return lines
					}
				}
			},
			func(r *Result) bool { return len(r.Lost) == 1 },
		},
		"acknowledged where nothing is kept, unseen": {
			func(lines []botlog.Line) []botlog.Line {
				return append(lines, botlog.Line{UnixMillis: 1, Kind: botlog.Ack, N: 1000, ActionID: "planted", Epoch: 1, Version: 2})
			},
			func(r *Result) bool { return len(r.Lost) == 1 && r.NotKept == result.NotKept+1 },
		},
		"refused, but written": {
			func(lines []botlog.Line) []botlog.Line {
				l := last(lines, botlog.Ack)
				l.Kind, l.Code = botlog.Refusal, "not_your_turn"
				return append(lines, l)
			},
			func(r *Result) bool { return len(r.Refused) == 1 },
		},
		"seen twice": {
			func(lines []botlog.Line) []botlog.Line {
				l := last(lines, botlog.Update)
				l.Version += 1000
				return append(lines, l)
			},
			func(r *Result) bool { return len(r.Twice) > 0 },
		},
		"another document": {
			func(lines []botlog.Line) []botlog.Line {
				for i := len(lines) - 1; ; i-- {
					if lines[i].Kind == botlog.Update {
						lines[i].Hash = "0000000000000000"
						return lines
					}
				}
			},
			func(r *Result) bool { return r.Mismatched > 0 },
		},
		"a stream that goes back": {
			func(lines []botlog.Line) []botlog.Line { return append(lines, last(lines, botlog.Update)) },
			func(r *Result) bool { return r.Broken == 1 },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			logs := t.TempDir()
			check(t, os.CopyFS(logs, os.DirFS(s.path("logs"))))
			rewrite(t, filepath.Join(logs, "s1.gm.ndjson"), tc.plant)
			result, out, code := s.foldcheck(logs)
			if code != exitWrong || !tc.want(result) {
				t.Errorf("foldcheck exited with %d: %s", code, out)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	empty := t.TempDir()
	tests := map[string]struct {
		args []string
		want string
	}{
		"no logs flag": {[]string{"--redis-url", "redis://127.0.0.1:1"}, "--logs is missing"},
		"no redis":     {[]string{"--redis-url", "http://secret@host", "--logs", empty}, "--redis-url must be"},
		"bad prefix":   {[]string{"--redis-url", "redis://127.0.0.1:1", "--key-prefix", "a b", "--logs", empty}, "--key-prefix"},
		"empty logs":   {[]string{"--redis-url", "redis://127.0.0.1:1", "--logs", empty}, "no bots' logs"},
		"unknown flag": {[]string{"--nope"}, "not defined"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := run(t.Context(), tc.args, &out, &errOut)
			if code != exitUsage || !strings.Contains(errOut.String(), tc.want) || strings.Contains(errOut.String(), "secret") {
				t.Errorf("exit %d: %s; want %d and %q", code, errOut.String(), exitUsage, tc.want)
			}
		})
	}
}

func last(lines []botlog.Line, kind botlog.Kind) botlog.Line {
	for i := len(lines) - 1; ; i-- {
		if lines[i].Kind == kind {
			return lines[i]
		}
	}
}

// rewrite replaces a log by what plant makes of it.
func rewrite(t *testing.T, path string, plant func([]botlog.Line) []botlog.Line) {
	t.Helper()
	var lines []botlog.Line
	check(t, botlog.Read(path, func(l botlog.Line) error { lines = append(lines, l); return nil }))
	var out bytes.Buffer
	for _, l := range plant(lines) {
		check(t, json.NewEncoder(&out).Encode(l))
	}
	check(t, os.WriteFile(path, out.Bytes(), 0o600))
}

// foldcheck runs the program's main part.
func (s *stage) foldcheck(logs string) (*Result, string, int) {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "fold.json")
	var out bytes.Buffer
	code := run(s.t.Context(), []string{"--redis-url", s.redis.URL(), "--logs", logs, "--json", file}, &out, &out)
	result := &Result{}
	if data, err := os.ReadFile(file); err == nil {
		check(s.t, json.Unmarshal(data, result))
	}
	return result, out.String(), code
}

// metrics is the part of the bots' report that is looked at here.
type metrics struct {
	Acked    int               `json:"acked"`
	Moves    []json.RawMessage `json:"moves"`
	Quiet    []json.RawMessage `json:"quiet_moves"`
	Followed int               `json:"moved_followed"`
	Ignored  int               `json:"moved_ignored"`
}

func readMetrics(t *testing.T, path string) metrics {
	t.Helper()
	var m metrics
	data, err := os.ReadFile(path)
	check(t, err)
	check(t, json.Unmarshal(data, &m))
	return m
}
