// SPDX-License-Identifier: Apache-2.0

package session

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
)

// ReadTranscript reads what [WriteTranscript] wrote of a session that has ended, for
// folding: whoever kept the hash of a view can compare it. It rolls no dice.
func ReadTranscript(r io.Reader) (*Replay, error) {
	lines, err := readLines(r)
	if err != nil {
		return nil, fmt.Errorf("reading a transcript: %w", err)
	}
	loaded, err := loadedOf(lines)
	if err != nil {
		return nil, fmt.Errorf("reading a transcript: %w", err)
	}
	return NewReplay(lines[0].Session, loaded)
}

func readLines(r io.Reader) ([]dice.Line, error) {
	var lines []dice.Line
	decoder := json.NewDecoder(bufio.NewReader(r))
	for {
		var line dice.Line
		err := decoder.Decode(&line)
		switch {
		case errors.Is(err, io.EOF) && len(lines) > 0:
			return lines, nil
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", len(lines)+1, err)
		case (line.Kind == dice.LineSession) != (len(lines) == 0):
			return nil, fmt.Errorf("line %d: one session line comes first", len(lines)+1)
		}
		lines = append(lines, line)
	}
}

// loadedOf is the journal that a transcript tells of.
func loadedOf(lines []dice.Line) (*journal.Loaded, error) {
	seed, err := seedOf(lines)
	if err != nil {
		return nil, err
	}
	loaded, err := beginning(&lines[0], seed)
	if err != nil {
		return nil, err
	}
	for i := range lines[1:] {
		if line := &lines[1+i]; len(line.Journal) > 0 {
			e, err := entryOf(line, seed)
			if err != nil {
				return nil, fmt.Errorf("version %d: %w", line.Version, err)
			}
			loaded.Entries = append(loaded.Entries, e)
		}
	}
	return loaded, nil
}

func seedOf(lines []dice.Line) (seed rules.Seed, err error) {
	for _, line := range lines {
		if line.Kind == dice.LineReveal {
			raw, err := hex.DecodeString(line.Seed)
			if err != nil || len(raw) != len(seed) {
				return seed, fmt.Errorf("version %d: a seed has 64 hex digits", line.Version)
			}
			return rules.Seed(raw), nil
		}
	}
	return seed, errors.New("the seed is not revealed: the session has not ended")
}

// beginning is the snapshot or the genesis entry that a transcript begins with.
func beginning(line *dice.Line, seed rules.Seed) (*journal.Loaded, error) {
	var from start
	if err := json.Unmarshal(line.Journal, &from); err != nil {
		return nil, fmt.Errorf("the beginning: %w", err)
	}
	at := journal.Position{Epoch: line.Epoch, Version: line.Version}
	switch {
	case from.Genesis != nil:
		from.Genesis.Seed = seed
		data, err := json.Marshal(from.Genesis)
		return &journal.Loaded{Entries: []journal.Entry{{Position: at, Kind: journal.KindGenesis, Data: data}}}, err
	case from.State != nil && from.State.Fight != nil:
		from.State.Dice.Seed = seed
		from.State.keyDice()
		data, err := from.State.Encode()
		return &journal.Loaded{Snapshot: &journal.Snapshot{Position: at, Schema: Schema, Data: data}}, err
	}
	return nil, errors.New("the beginning holds neither a genesis nor a state")
}

// entryOf puts an entry together again.
func entryOf(line *dice.Line, seed rules.Seed) (journal.Entry, error) {
	e := journal.Entry{Position: journal.Position{Epoch: line.Epoch, Version: line.Version}}
	var other rest
	if err := json.Unmarshal(line.Journal, &other); err != nil {
		return e, err
	}
	e.Kind, e.Data = other.Kind, other.Data
	if e.Kind != journal.KindCommand {
		return e, nil
	}
	var r record
	if err := json.Unmarshal(other.Data, &r); err != nil {
		return e, err
	}
	r.Player, r.Nonce, r.Dice, r.Events = line.Player, line.Nonce, line.Dice, line.Events
	if line.Kind == dice.LineReveal {
		r.Reveal = &seed
	}
	var err error
	e.Data, err = json.Marshal(&r)
	return e, err
}
