// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
)

// WriteTranscript writes what is at hand of a session's journal, from the snapshot
// or the genesis entry on: for [dice.Verify], which rolls its dice again, and for
// [ReadTranscript], which folds it. The seed is in it only if the session has ended.
// The events are in it as they happened, hidden ones too, so a transcript is for
// players only after the end.
func WriteTranscript(w io.Writer, id string, loaded *journal.Loaded) error {
	t := transcript{out: json.NewEncoder(w)}
	t.out.SetEscapeHTML(false)
	if err := t.write(id, loaded); err != nil {
		return fmt.Errorf("writing the transcript of session %s: %w", id, err)
	}
	return nil
}

// start is what a transcript begins with: the genesis entry or a state, without
// what is secret before the end.
type start struct {
	Genesis *genesisRecord `json:"genesis,omitempty"`
	State   *State         `json:"state,omitempty"`
}

// rest is what the dice of an entry do not depend on.
type rest struct {
	Kind journal.Kind    `json:"kind"`
	Data json.RawMessage `json:"data,omitempty"`
}

type transcript struct{ out *json.Encoder }

func (t *transcript) write(id string, loaded *journal.Loaded) error {
	r, entries, err := begin(id, loaded)
	if err != nil {
		return err
	}
	from, err := startOf(loaded)
	if err != nil {
		return err
	}
	err = t.line(dice.Line{
		Kind: dice.LineSession, Format: dice.TranscriptFormat, Session: id,
		Epoch: r.state.Position.Epoch, Version: r.state.Position.Version,
		Commitment: dice.Commit(r.state.Dice.Seed), Nonces: maps.Clone(r.state.Dice.Nonces), First: r.state.Fight.Rolled,
	}, from)
	if err == nil && r.state.Dice.Revealed {
		err = t.line(revealLine(r.state), nil)
	}
	for _, e := range entries {
		if err != nil {
			return err
		}
		err = t.entry(r, e)
	}
	return err
}

// startOf is where a transcript begins.
func startOf(loaded *journal.Loaded) (start, error) {
	if loaded.Snapshot != nil {
		s, err := decodeState(loaded.Snapshot)
		if err != nil {
			return start{}, err
		}
		s.Dice.Seed, s.Fight.Seed = rules.Seed{}, rules.Seed{}
		return start{State: s}, nil
	}
	g := &genesisRecord{}
	if err := json.Unmarshal(loaded.Entries[0].Data, g); err != nil {
		return start{}, fmt.Errorf("decoding genesis: %w", err)
	}
	g.Seed = [32]byte{}
	return start{Genesis: g}, nil
}

// entry folds an entry and tells of it.
func (t *transcript) entry(r *replica, e journal.Entry) error {
	first := r.state.Fight.Rolled
	rec, err := r.fold(e)
	if err != nil {
		return err
	}
	if rec == nil {
		line := dice.Line{Kind: dice.LineEntry, Epoch: e.Position.Epoch, Version: e.Position.Version}
		return t.line(line, rest{Kind: e.Kind, Data: e.Data})
	}
	line := lineOf(r.state, rec, first)
	other := *rec
	other.Player, other.Nonce, other.Dice, other.Events, other.Reveal = "", "", nil, nil, nil
	if rec.Rewind != nil {
		if other.Rewind, err = rec.Rewind.withoutSeed(); err != nil {
			return err
		}
	}
	data, err := json.Marshal(other)
	if err != nil {
		return fmt.Errorf("encoding entry %s: %w", e.Position, err)
	}
	return t.line(line, rest{Kind: e.Kind, Data: data})
}

func (t *transcript) line(line dice.Line, journal any) error {
	if journal != nil {
		var err error
		if line.Journal, err = json.Marshal(journal); err != nil {
			return fmt.Errorf("encoding version %d: %w", line.Version, err)
		}
	}
	return t.out.Encode(line)
}

// lineOf tells of a record after it was folded; first was the next die before.
func lineOf(s *State, r *record, first uint64) dice.Line {
	line := dice.Line{Kind: dice.LineEntry}
	switch {
	case r.Nonce != "":
		line = dice.Line{Kind: dice.LineNonce, Nonce: r.Nonce}
	case len(r.Dice) > 0:
		line = dice.Line{Kind: dice.LineRolls, First: first, Dice: r.Dice}
	case r.Reveal != nil:
		line = revealLine(s)
	}
	line.Epoch, line.Version, line.Player, line.Events = s.Position.Epoch, s.Position.Version, r.Player, r.Events
	return line
}

func revealLine(s *State) dice.Line {
	return dice.Line{
		Kind: dice.LineReveal, Epoch: s.Position.Epoch, Version: s.Position.Version, Seed: fmt.Sprintf("%x", s.Dice.Seed),
	}
}

// withoutSeed is a rewind as everybody may know it once the session has ended, and a
// game master before: the dice go on in any case.
func (r *rewind) withoutSeed() (*rewind, error) {
	var fight rules.State
	if err := json.Unmarshal(r.Fight, &fight); err != nil {
		return nil, fmt.Errorf("going back to version %d: %w", r.To, err)
	}
	fight.Seed = rules.Seed{}
	raw, err := json.Marshal(&fight)
	if err != nil {
		return nil, fmt.Errorf("going back to version %d: %w", r.To, err)
	}
	return &rewind{To: r.To, Fight: raw}, nil
}
