// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules/dice"
)

// WriteTranscript writes the dice of a session for [dice.Verify]: what is at
// hand of its journal, from the snapshot or the genesis entry on. The seed is
// in it only if the session has ended. The events are in it as they happened,
// hidden ones too, so a transcript is for players only after the end.
func WriteTranscript(w io.Writer, id string, loaded *journal.Loaded) error {
	r, entries, err := begin(id, loaded)
	if err != nil {
		return fmt.Errorf("writing the transcript of session %s: %w", id, err)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	lines := []dice.Line{{
		Kind: dice.LineSession, Format: dice.TranscriptFormat, Session: id, Version: r.state.Position.Version,
		Commitment: dice.Commit(r.state.Dice.Seed), Nonces: maps.Clone(r.state.Dice.Nonces), First: r.state.Fight.Rolled,
	}}
	if r.state.Dice.Revealed {
		lines = append(lines, revealLine(r.state))
	}
	for _, e := range entries {
		first := r.state.Fight.Rolled
		rec, err := r.fold(e)
		if err != nil {
			return fmt.Errorf("writing the transcript of session %s: %w", id, err)
		}
		if rec != nil {
			lines = append(lines, linesOf(r.state, rec, first)...)
		}
		if len(lines) >= transcriptBatch {
			if err := writeLines(out, lines); err != nil {
				return err
			}
			lines = lines[:0]
		}
	}
	return writeLines(out, lines)
}

// transcriptBatch bounds the lines in memory.
const transcriptBatch = 256

func writeLines(out *json.Encoder, lines []dice.Line) error {
	for _, line := range lines {
		if err := out.Encode(line); err != nil {
			return fmt.Errorf("writing a transcript: %w", err)
		}
	}
	return nil
}

// linesOf tells of one record after it was folded; first was the next die
// before.
func linesOf(s *State, r *record, first uint64) []dice.Line {
	version := s.Position.Version
	switch {
	case r.Nonce != "":
		return []dice.Line{{Kind: dice.LineNonce, Version: version, Player: r.Player, Nonce: r.Nonce}}
	case len(r.Dice) > 0:
		return []dice.Line{{Kind: dice.LineRolls, Version: version, Player: r.Player, First: first, Dice: r.Dice, Events: r.Events}}
	case r.Reveal != nil:
		return []dice.Line{revealLine(s)}
	}
	return nil
}

func revealLine(s *State) dice.Line {
	return dice.Line{Kind: dice.LineReveal, Version: s.Position.Version, Seed: fmt.Sprintf("%x", s.Dice.Seed)}
}
