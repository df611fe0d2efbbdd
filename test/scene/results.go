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

	"gamesession.dev/operator/cmd/bots/botlog"
)

// Seen is what the bots say at their end.
type Seen struct {
	Acked        int         `json:"acked"`
	AckMillis    Quantiles   `json:"ack_ms"`
	Moves        []SeenMove  `json:"moves"`
	MovedFollow  int         `json:"moved_followed"`
	MovedIgnored int         `json:"moved_ignored"`
	Closes       []SeenClose `json:"close_list"`
	Violations   []string    `json:"violations"`
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

// SeenClose is a connection that a shard ended, or that was cut.
type SeenClose struct {
	UnixMillis int64 `json:"t"`
	Code       int   `json:"code"`
	Follows    bool  `json:"follows"`
	Resumed    bool  `json:"resumed"` // came back along the chain
}

// Folded is what the check of the journals against the bots' logs says.
type Folded struct {
	Sessions   int       `json:"sessions"`
	Entries    int       `json:"entries"`
	Acked      int       `json:"acked"`
	Lost       []Command `json:"lost"`
	Twice      []Command `json:"twice"`
	Refused    []Command `json:"refused"` // and yet applied
	NotKept    int       `json:"not_kept"`
	Hashes     int       `json:"hashes"`
	Mismatched int       `json:"mismatched"`
	Broken     int       `json:"broken"` // gaps and fallen epochs
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
	Acks   []int64 // when each command was acknowledged, in unix milliseconds
	Failed error   // the bots or the check said no
}

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
	return r, s.readAcks(r)
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

// readAcks keeps when commands were acknowledged, for the report to count.
func (s *Scene) readAcks(r *Results) error {
	files, err := botlog.Files(s.logs())
	if err != nil {
		return err
	}
	for _, f := range files {
		err := botlog.Read(f, func(l botlog.Line) error {
			if l.Kind == botlog.Ack {
				r.Acks = append(r.Acks, l.UnixMillis)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

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
