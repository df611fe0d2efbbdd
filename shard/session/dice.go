// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/wire"
)

// Dice is where the dice of a session come from: a seed that the genesis entry
// commits to, and the nonces that its members added before the first die. See
// package dice for why nobody has to trust it.
type Dice struct {
	// Seed is secret until the session has ended.
	Seed   rules.Seed        `json:"seed"`
	Nonces map[string]string `json:"nonces,omitempty"`
	// Revealed says that everybody may know the seed.
	Revealed bool `json:"revealed,omitempty"`
}

// maxNonces bounds the members who can add a nonce, should rosters change.
const maxNonces = 64

// nonceOf returns the nonce of an action that is one, or why it cannot be read.
func nonceOf(action json.RawMessage) (nonce string, no *refusal, is bool) {
	if !isOwn(action, wire.ActionNonce) {
		return "", nil, false
	}
	var a struct {
		Type  string `json:"type"`
		Nonce string `json:"nonce"`
	}
	no = readOwn(action, &a)
	return a.Nonce, no, true
}

// judgeNonce says whether a member may add a nonce now.
func (s *State) judgeNonce(player, nonce string) *refusal {
	_, again := s.Dice.Nonces[player]
	switch {
	case !dice.ValidNonce(nonce):
		return &refusal{code: wire.RefusalBadCommand, message: "a nonce has 1 to 64 characters from ! to ~"}
	case s.Fight.Rolled > 0:
		return &refusal{code: wire.RefusalNoncesClosed, message: "the first die was rolled: no nonce can change the dice any more"}
	case again:
		return &refusal{code: wire.RefusalNoncesClosed, message: "this member has added a nonce already"}
	case len(s.Dice.Nonces) >= maxNonces:
		return &refusal{code: wire.RefusalNoncesClosed, message: "there are as many nonces as there can be"}
	}
	return nil
}

// addNonce takes a nonce of the journal into the dice.
func (s *State) addNonce(player, nonce string) error {
	if no := s.judgeNonce(player, nonce); no != nil {
		return fmt.Errorf("a nonce of %q: %s", player, no.message)
	}
	if s.Dice.Nonces == nil {
		s.Dice.Nonces = map[string]string{}
	}
	s.Dice.Nonces[player] = nonce
	s.keyDice()
	return nil
}

// keyDice makes the dice of the fight those of seed and nonces.
func (s *State) keyDice() {
	s.Fight.Seed = dice.Key(s.Dice.Seed, s.Session, s.Dice.Nonces)
}

// reveal takes the end of the secret from the journal.
func (s *State) reveal(seed rules.Seed) error {
	if seed != s.Dice.Seed {
		return errors.New("the seed that is revealed is not the one of the session")
	}
	s.Dice.Revealed = true
	return nil
}

// lifecycleRecord is the record of a change of lifecycle; the end reveals the
// seed.
func (s *State) lifecycleRecord(wish string) *record {
	r := &record{Lifecycle: wish}
	if wish == registry.LifecycleEnded {
		seed := s.Dice.Seed
		r.Reveal = &seed
	}
	return r
}
