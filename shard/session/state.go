// SPDX-License-Identifier: Apache-2.0

package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
)

// Schema is the version of the encoding of states and entries that this build
// writes and reads.
const Schema = "2"

// ErrSchema says that a stored state has an encoding that this build does not
// read.
var ErrSchema = errors.New("unknown schema version")

// ErrRuleset says that a session is pinned to a ruleset that this build does not
// have.
var ErrRuleset = rules.ErrRuleset

// keptAnswers is how many answers are kept for each player: a client may have
// at most this many commands without an answer and still learn what became of
// each.
const keptAnswers = 32

// State is all that a session is: the fight, each player's counter and answers,
// and the position of the last entry folded into it. It changes through
// [State.Apply] alone and is not safe for concurrent use.
type State struct {
	Session   string             `json:"session"`
	Position  journal.Position   `json:"position"`
	Lifecycle string             `json:"lifecycle"`
	Players   map[string]*Player `json:"players"`
	Dice      Dice               `json:"dice"`
	Fight     *rules.State       `json:"fight"`
	Access    map[string]Access  `json:"access,omitempty"`
}

// Player is what the session remembers of one player's commands.
type Player struct {
	// Last is the highest counter that was applied.
	Last uint64 `json:"last"`
	// Answers are the last few answers, oldest first.
	Answers []Answer `json:"answers"`
}

// Answer is the acknowledgement of an applied command.
type Answer struct {
	N        uint64           `json:"n"`
	ActionID string           `json:"action_id"`
	Digest   string           `json:"digest"`
	Position journal.Position `json:"position"`
}

// answer returns the kept answer to counter n.
func (p *Player) answer(n uint64) (Answer, bool) {
	for _, a := range p.Answers {
		if a.N == n {
			return a, true
		}
	}
	return Answer{}, false
}

// genesis builds the state that the first entry of a journal stands for.
func genesis(id string, e journal.Entry) (*State, error) {
	if e.Kind != journal.KindGenesis {
		return nil, fmt.Errorf("the first entry %s is a %s, not a genesis", e.Position, e.Kind)
	}
	var g genesisRecord
	if err := json.Unmarshal(e.Data, &g); err != nil {
		return nil, fmt.Errorf("decoding genesis: %w", err)
	}
	if g.Schema != Schema {
		return nil, fmt.Errorf("decoding genesis: %w: %q, this build reads %q", ErrSchema, g.Schema, Schema)
	}
	if got := dice.Commit(g.Seed); got != g.Commitment {
		return nil, fmt.Errorf("decoding genesis: it commits to %.64s, and its seed to %s", g.Commitment, got)
	}
	fight, err := rules.New(g.Scenario, g.Ruleset, g.Seed)
	if err != nil {
		return nil, fmt.Errorf("setting up the scenario: %w", err)
	}
	s := &State{
		Session:   id,
		Position:  e.Position,
		Lifecycle: registry.LifecycleRunning,
		Players:   map[string]*Player{},
		Dice:      Dice{Seed: g.Seed},
		Fight:     fight,
	}
	s.keyDice()
	return s, nil
}

// Apply folds the next entry into the state. An error means that the entry does
// not belong there: the history is corrupt, and so is the state from then on.
func (s *State) Apply(e journal.Entry) error {
	if want := s.Position.Version + 1; e.Position.Version != want || e.Position.Epoch < s.Position.Epoch {
		return fmt.Errorf("folding entry %s onto %s: not the next position", e.Position, s.Position)
	}
	if e.Kind == journal.KindCommand {
		r, err := decodeRecord(e.Data)
		if err != nil {
			return fmt.Errorf("folding entry %s: %w", e.Position, err)
		}
		if err := s.applyRecord(e.Position, r); err != nil {
			return fmt.Errorf("folding entry %s: %w", e.Position, err)
		}
	}
	s.Position = e.Position
	return nil
}

func (s *State) applyRecord(at journal.Position, r *record) error {
	if r.Nonce != "" {
		if err := s.addNonce(r.Player, r.Nonce); err != nil {
			return err
		}
	}
	next := s.Fight.Rolled + uint64(len(r.Dice))
	if r.Rewind != nil {
		if err := s.goBackTo(r.Rewind); err != nil {
			return err
		}
	}
	for _, event := range r.events {
		if err := s.Fight.Apply(event); err != nil {
			return err
		}
	}
	if s.Fight.Rolled != next {
		// A die that was rolled and is not counted would be rolled again.
		return fmt.Errorf("the next die is %d by the events and %d by the dice", s.Fight.Rolled, next)
	}
	if r.Reveal != nil {
		if err := s.reveal(*r.Reveal); err != nil {
			return err
		}
	}
	s.finishRecord(at, r)
	return nil
}

// finishRecord keeps what a record means outside the fight: the answer to its
// command, or a change of lifecycle.
func (s *State) finishRecord(at journal.Position, r *record) {
	if r.Lifecycle != "" {
		s.Lifecycle = r.Lifecycle
	}
	if r.Access != nil {
		s.changeAccess(r.Access)
	}
	if r.Player == "" {
		return
	}
	p := s.Players[r.Player]
	if p == nil {
		p = &Player{}
		s.Players[r.Player] = p
	}
	p.Last = r.N
	if len(p.Answers) >= keptAnswers {
		// The array is shared until it is full; nothing in it changes.
		p.Answers = p.Answers[len(p.Answers)-keptAnswers+1:]
	}
	p.Answers = append(p.Answers, Answer{N: r.N, ActionID: r.ActionID, Digest: r.Digest, Position: at})
}

// Encode returns the state's one encoding: equal states have equal bytes.
func (s *State) Encode() ([]byte, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encoding state: %w", err)
	}
	return data, nil
}

// Hash identifies the state: the SHA-256 of its encoding, in hex.
func (s *State) Hash() (string, error) {
	data, err := s.Encode()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// decodeState reads a stored snapshot.
func decodeState(snap *journal.Snapshot) (*State, error) {
	if snap.Schema != Schema {
		return nil, fmt.Errorf("decoding snapshot %s: %w: %q, this build reads %q", snap.Position, ErrSchema, snap.Schema, Schema)
	}
	s := &State{}
	if err := json.Unmarshal(snap.Data, s); err != nil {
		return nil, fmt.Errorf("decoding snapshot %s: %w", snap.Position, err)
	}
	if s.Position != snap.Position || s.Fight == nil {
		return nil, fmt.Errorf("decoding snapshot %s: it holds the state at %s", snap.Position, s.Position)
	}
	if s.Players == nil {
		s.Players = map[string]*Player{}
	}
	return s, nil
}
