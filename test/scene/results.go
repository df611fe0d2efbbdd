// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Seen is what the bots say at their end.
type Seen struct {
	Acked        int              `json:"acked"`
	AckMillis    Quantiles        `json:"ack_ms"`
	Moves        []SeenMove       `json:"moves"`
	MovedFollow  int              `json:"moved_followed"`
	MovedIgnored int              `json:"moved_ignored"`
	Resumed      int              `json:"resumed"`
	Closes       map[string]int64 `json:"closes"`
	Violations   []string         `json:"violations"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// SeenMove is a change of epoch as the players of one session saw it: the pause
// is the longest send → ack of a command that was in flight.
type SeenMove struct {
	Session     string  `json:"session"`
	UnixMillis  int64   `json:"t"`
	PauseMillis float64 `json:"pause_ms"`
}

// Folded is what the check of the journals against the bots' logs says.
type Folded struct {
	Sessions   int       `json:"sessions"`
	Entries    int       `json:"entries"`
	Acked      int       `json:"acked"`
	Lost       []Command `json:"lost"`
	Twice      []Command `json:"twice"`
	NotKept    int       `json:"not_kept"`
	Hashes     int       `json:"hashes"`
	Mismatched int       `json:"mismatched"`
}

// Command is one that went wrong, and when it was acknowledged.
type Command struct {
	Session    string `json:"session"`
	Player     string `json:"player"`
	N          uint64 `json:"n"`
	UnixMillis int64  `json:"t"`
}

// Results are everything a play left behind.
type Results struct {
	Phases []Phase
	Seen   Seen
	Folded Folded
	Log    []LogLine
	Failed error // the bots or the check said no
}

// LogLine is what the report needs of a line of a bot's log.
type LogLine struct {
	UnixMillis int64  `json:"t"`
	Kind       string `json:"k"`
}

// Time of the line.
func (l LogLine) Time() time.Time { return time.UnixMilli(l.UnixMillis) }

// Collect ends the play, folds the journals against the bots' logs, and gathers
// what both say. A violation is in Results.Failed; the error is for what could
// not be found out.
func (s *Scene) Collect(ctx context.Context, p *Play, phases []Phase) (*Results, error) {
	r := &Results{Phases: phases}
	if err := p.stop(); err != nil {
		r.Failed = fmt.Errorf("the bots saw a violation: %w: %s", err, p.output)
	}
	if err := readJSON(s.metrics(), &r.Seen); err != nil {
		return nil, errors.Join(err, r.Failed)
	}
	if err := s.fold(ctx, r); err != nil {
		return nil, errors.Join(err, r.Failed)
	}
	return r, s.readLogs(r)
}

func (s *Scene) fold(ctx context.Context, r *Results) error {
	address, closer, err := s.reach(ctx, redisName, "6379")
	if err != nil {
		return err
	}
	defer func() { _ = closer.Close() }()
	result := filepath.Join(s.out, "fold.json")
	_ = os.Remove(result)
	out, err := exec.CommandContext(ctx, filepath.Join(s.opts.Dist, "bin", "foldcheck"),
		"--redis-url", "redis://"+address, "--logs", s.logs(), "--json", result).CombinedOutput()
	if err != nil {
		r.Failed = errors.Join(r.Failed, fmt.Errorf("checking the journals: %w: %s", err, out))
	}
	return readJSON(result, &r.Folded)
}

// readLogs keeps the lines that the report counts by time.
func (s *Scene) readLogs(r *Results) error {
	files, err := filepath.Glob(filepath.Join(s.logs(), "*.ndjson"))
	if err != nil {
		return fmt.Errorf("finding the bots' logs: %w", err)
	}
	for _, f := range files {
		err := scanLines(f, func(line []byte) error {
			var l LogLine
			if err := json.Unmarshal(line, &l); err != nil {
				return fmt.Errorf("decoding a line: %w", err)
			}
			if l.Kind == kindAck || l.Kind == kindResumed || l.Kind == kindClose {
				r.Log = append(r.Log, l)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Kinds of lines in the bots' logs.
const (
	kindAck     = "ack"
	kindResumed = "resumed"
	kindClose   = "close"
)

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading results: %w", err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("reading results %s: %w", path, err)
	}
	return nil
}
