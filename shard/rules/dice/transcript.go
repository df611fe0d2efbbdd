// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
)

// TranscriptFormat names the form of a transcript, which is one [Line] of JSON
// after the other: one session, then nonces, then rolls, then one reveal; between
// and behind them what rolled no dice.
const TranscriptFormat = "gamesession-dice/2"

// Limits of a transcript that is read.
const (
	maxLine       = 1 << 20
	maxTranscript = 5_000_000 // dice
)

// LineKind says what a line tells.
type LineKind string

// The kinds of lines.
const (
	// LineSession comes first: format, session and commitment. A transcript
	// that does not reach back to the first die also has the nonces there were
	// and the number of its first die.
	LineSession LineKind = "session"
	LineNonce   LineKind = "nonce"  // player and nonce
	LineRolls   LineKind = "rolls"  // first and dice; the events as they were told
	LineReveal  LineKind = "reveal" // seed
	LineEntry   LineKind = "entry"  // an entry of the journal that is none of these
)

// Line is one line of a transcript. Epoch and Version are the position of the
// journal's entry.
type Line struct {
	Kind       LineKind          `json:"kind"`
	Format     string            `json:"format,omitempty"`
	Session    string            `json:"session,omitempty"`
	Commitment string            `json:"commitment,omitempty"`
	Nonces     map[string]string `json:"nonces,omitempty"`
	Epoch      uint64            `json:"epoch,omitempty"`
	Version    uint64            `json:"version,omitempty"`
	Player     string            `json:"player,omitempty"`
	Nonce      string            `json:"nonce,omitempty"`
	// First is the number of the first die, counted from 0.
	First  uint64          `json:"first,omitempty"`
	Dice   []Rolled        `json:"dice,omitempty"`
	Events json.RawMessage `json:"events,omitempty"`
	Seed   string          `json:"seed,omitempty"`
	// Journal is the rest of the entry, for who wants to fold it; no die depends
	// on it.
	Journal json.RawMessage `json:"journal,omitempty"`
}

// Report is what a transcript was found to hold.
type Report struct {
	Session    string
	Commitment string
	Nonces     map[string]string
	// First is the number of the first die; 0 if the transcript has them all.
	First uint64
	// Dice and Entries count what was rolled again.
	Dice, Entries int
}

// Verify rolls a transcript again. It wants the seed that was committed to, no
// nonce after a die, every die in its order without a gap and with the face
// that seed and nonces give, and events that tell of the same faces. The error
// names the line. An error means nothing about who cheated; a report means that
// nobody did, if the commitment and your own nonce are the ones you remember.
func Verify(r io.Reader) (*Report, error) {
	v := &verifier{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		v.line++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		if err := v.read(lines.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", v.line, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading line %d: %w", v.line+1, err)
	}
	switch {
	case v.report == nil:
		return nil, errors.New("the transcript is empty")
	case !v.revealed:
		return nil, errors.New("the seed is not revealed: the session has not ended")
	}
	return v.report, v.recompute()
}

type verifier struct {
	report   *Report
	line     int
	next     uint64
	rolls    []rolls
	seed     [32]byte
	revealed bool
}

// rolls are the dice of one line.
type rolls struct {
	line  int
	first uint64
	dice  []Rolled
}

func (v *verifier) read(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var line Line
	if err := decoder.Decode(&line); err != nil {
		return fmt.Errorf("not a line of a transcript: %w", err)
	}
	switch {
	case (line.Kind == LineSession) != (v.report == nil):
		return errors.New("one session line comes first")
	case v.revealed && line.Kind != LineEntry:
		return errors.New("something follows the reveal")
	}
	switch line.Kind {
	case LineSession:
		return v.session(line)
	case LineNonce:
		return v.nonce(line)
	case LineRolls:
		return v.roll(line)
	case LineReveal:
		return v.reveal(line)
	case LineEntry:
		return v.entry(line)
	}
	return fmt.Errorf("unknown kind %.20q", string(line.Kind))
}

func (v *verifier) session(line Line) error {
	if line.Format != TranscriptFormat {
		return fmt.Errorf("the format is %.40q, this program reads %s", line.Format, TranscriptFormat)
	}
	v.next = line.First
	v.report = &Report{Session: line.Session, Commitment: line.Commitment, Nonces: map[string]string{}, First: line.First}
	maps.Copy(v.report.Nonces, line.Nonces)
	return nil
}

func (v *verifier) nonce(line Line) error {
	if v.next > 0 {
		return fmt.Errorf("a nonce of %.80q comes after the first die", line.Player)
	}
	v.report.Nonces[line.Player] = line.Nonce
	return nil
}

func (v *verifier) roll(line Line) error {
	if line.First != v.next {
		return fmt.Errorf("it begins at die %d, the next one is %d", line.First, v.next)
	}
	if v.report.Dice += len(line.Dice); v.report.Dice > maxTranscript {
		return fmt.Errorf("more than %d dice", maxTranscript)
	}
	if err := told(line); err != nil {
		return err
	}
	v.rolls = append(v.rolls, rolls{v.line, line.First, line.Dice})
	v.next += uint64(len(line.Dice))
	v.report.Entries++
	return nil
}

func (v *verifier) entry(line Line) error {
	if len(line.Dice) > 0 {
		return errors.New("there are dice where none were rolled")
	}
	return told(line)
}

func (v *verifier) reveal(line Line) error {
	seed, err := hex.DecodeString(line.Seed)
	if err != nil || len(seed) != len(v.seed) {
		return errors.New("a seed has 64 hex digits")
	}
	v.seed, v.revealed = [32]byte(seed), true
	if got := Commit(v.seed); got != v.report.Commitment {
		return fmt.Errorf("the seed's commitment is %s, but %.64s was made known", got, v.report.Commitment)
	}
	return nil
}

// recompute rolls every die again.
func (v *verifier) recompute() error {
	key := Key(v.seed, v.report.Session, v.report.Nonces)
	for _, r := range v.rolls {
		counter := NewCounter(key, r.first)
		for i, d := range r.dice {
			if face := counter.Roll(d.Sides); face != d.Face {
				return fmt.Errorf("line %d: die %d, a d%d, shows %d, but seed and nonces give %d",
					r.line, r.first+uint64(i), d.Sides, d.Face, face)
			}
		}
	}
	return nil
}

// told compares the dice of a line with what its events say: wherever an event
// has the number of a first die and faces, those are the faces of those dice.
func told(line Line) error {
	if len(line.Events) == 0 {
		return nil
	}
	var events any
	if err := json.Unmarshal(line.Events, &events); err != nil {
		return fmt.Errorf("the events are no JSON: %w", err)
	}
	return toldBelow(line, events)
}

func toldBelow(line Line, value any) error {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			if err := toldBelow(line, item); err != nil {
				return err
			}
		}
	case map[string]any:
		first, numbered := value["first"].(float64)
		faces, rolled := value["faces"].([]any)
		for i := 0; numbered && rolled && i < len(faces); i++ {
			at := int(first) + i - int(line.First)
			if face, ok := faces[i].(float64); !ok || at < 0 || at >= len(line.Dice) || line.Dice[at].Face != int(face) {
				return fmt.Errorf("an event tells of %v for die %d, which was not rolled so", faces[i], int(first)+i)
			}
		}
		for _, item := range value {
			if err := toldBelow(line, item); err != nil {
				return err
			}
		}
	}
	return nil
}
