// SPDX-License-Identifier: Apache-2.0

package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/rules/plainjson"
)

// genesisRecord is the data of a genesis entry. It pins what never changes in a
// session's life: ruleset, scenario and the seed of its dice.
type genesisRecord struct {
	Schema   string         `json:"schema"`
	Ruleset  string         `json:"ruleset"`
	Scenario rules.Scenario `json:"scenario"`
	Seed     [32]byte       `json:"seed,omitzero"` // zero only where it is kept secret
	// Commitment is what everybody knows of the seed while it is secret.
	Commitment string `json:"commitment"`
	Time       int64  `json:"time"`
}

// takeoverRecord is the data of a takeover entry.
type takeoverRecord struct {
	From   string `json:"from"`
	Reason string `json:"reason"`
	Time   int64  `json:"time"`
}

// freezeRecord is the data of a freeze entry: a journal.Freeze and the time at
// which the source stopped, so that the pause can be told.
type freezeRecord struct {
	To    string `json:"to"`
	Epoch uint64 `json:"epoch"`
	Hash  string `json:"hash"`
	Time  int64  `json:"time"`
}

// record is the data of a command entry: who asked, and what happened. A record
// without a player is the platform's own: a change of
// lifecycle or of access.
type record struct {
	Player string `json:"player,omitempty"`
	// By is who asked for a change apart from any connection: it has no counter.
	By        string          `json:"by,omitempty"`
	N         uint64          `json:"n,omitempty"`
	ActionID  string          `json:"action_id,omitempty"`
	Digest    string          `json:"digest,omitempty"`
	Lifecycle string          `json:"lifecycle,omitempty"`
	Access    *accessRecord   `json:"access,omitempty"`
	Events    json.RawMessage `json:"events,omitempty"`
	// Dice are all dice that the command rolled, in their order.
	Dice []dice.Rolled `json:"dice,omitempty"`
	// Nonce is what the player added to the dice.
	Nonce string `json:"nonce,omitempty"`
	// Rewind brings the fight back to an earlier version.
	Rewind *rewind `json:"rewind,omitempty"`
	// Reveal is the seed of the dice, when the session ends.
	Reveal *rules.Seed `json:"reveal,omitempty"`
	// Time is the owner's clock in milliseconds since the Unix epoch. People
	// read it; nothing is decided by it.
	Time int64 `json:"time"`

	events []rules.Event
	told   []json.RawMessage // each event's encoding, while it is folded where it was encoded
}

// encode writes a record. Its events are written to told, which is emptied before,
// and are at hand there until it is used again.
func (r *record) encode(told *rules.Texts) ([]byte, error) {
	told.Reset()
	if err := rules.EncodeTo(told, r.events); err != nil {
		return nil, fmt.Errorf("encoding events: %w", err)
	}
	r.told = told.List()
	if data, plain := r.append(); plain {
		return data, nil
	}
	if len(r.told) > 0 {
		r.Events = rules.AppendEvents(nil, r.told)
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encoding record: %w", err)
	}
	return data, nil
}

// append writes a record as encoding/json does, which does more than it needs for
// the usual one: false says that this one is not.
func (r *record) append() ([]byte, bool) {
	// What is written here is taken away: if anything is left, whatever fields a
	// record may come to have, it is not the usual one.
	rest := *r
	rest.Player, rest.N, rest.ActionID, rest.Digest, rest.Dice, rest.Time = "", 0, "", "", nil, 0
	rest.events, rest.told = nil, nil
	if !reflect.ValueOf(rest).IsZero() || !plainjson.IsPlain(r.Player) || !plainjson.IsPlain(r.ActionID) || !plainjson.IsPlain(r.Digest) {
		return nil, false
	}
	size := 160 + len(r.Player) + len(r.ActionID) + 8*len(r.Dice)
	for _, e := range r.told {
		size += len(e) + 1
	}
	out := append(make([]byte, 0, size), '{')
	text := func(name, value string) {
		if value != "" {
			out = append(append(append(append(out, name...), value...), '"'), ',')
		}
	}
	text(`"player":"`, r.Player)
	if r.N != 0 {
		out = append(strconv.AppendUint(append(out, `"n":`...), r.N, 10), ',')
	}
	text(`"action_id":"`, r.ActionID)
	text(`"digest":"`, r.Digest)
	if len(r.told) > 0 {
		out = append(rules.AppendEvents(append(out, `"events":`...), r.told), ',')
	}
	if len(r.Dice) > 0 {
		out = append(out, `"dice":[`...)
		for _, d := range r.Dice {
			out = strconv.AppendInt(append(out, '['), int64(d.Sides), 10)
			out = strconv.AppendInt(append(out, ','), int64(d.Face), 10)
			out = append(out, ']', ',')
		}
		out[len(out)-1] = ']'
		out = append(out, ',')
	}
	out = strconv.AppendInt(append(out, `"time":`...), r.Time, 10)
	return append(out, '}'), true
}

func decodeRecord(data []byte) (*record, error) {
	r := &record{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("decoding record: %w", err)
	}
	if len(r.Events) > 0 {
		events, err := rules.DecodeEvents(r.Events)
		if err != nil {
			return nil, fmt.Errorf("decoding events: %w", err)
		}
		r.events = events
	}
	return r, nil
}

// digest identifies a command's body, so that a counter that is used for
// another command is told from one that is sent again.
func digest(action []byte) string {
	sum := sha256.Sum256(action)
	return hex.EncodeToString(sum[:8])
}
