// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/rules/srd"
)

// Create starts a session that has never lived, with fresh dice.
func Create(ctx context.Context, cfg Config, me journal.Owner, spec registry.SessionSpec) (*Session, error) {
	var scenario rules.Scenario
	if err := json.Unmarshal(spec.Scenario, &scenario); err != nil {
		return nil, fmt.Errorf("decoding the scenario of session %s: %w", spec.ID, err)
	}
	library, err := srd.Shared(srd.V1)
	if err != nil {
		return nil, fmt.Errorf("loading the rules' data: %w", err)
	}
	// The session keeps the data it is played with: another build changes nothing.
	if scenario, err = rules.Resolve(scenario, library); err != nil {
		return nil, fmt.Errorf("creating session %s: %w", spec.ID, err)
	}
	g := genesisRecord{Schema: Schema, Ruleset: spec.Ruleset, Scenario: scenario, Time: cfg.Now().UnixMilli()}
	if _, err := rand.Read(g.Seed[:]); err != nil {
		return nil, fmt.Errorf("seeding the dice of session %s: %w", spec.ID, err)
	}
	g.Commitment = dice.Commit(g.Seed)
	data, err := json.Marshal(g)
	if err != nil {
		return nil, fmt.Errorf("encoding the genesis of session %s: %w", spec.ID, err)
	}
	// A scenario that the rules do not take must not get as far as the journal.
	if _, err := genesis(spec.ID, journal.Entry{Kind: journal.KindGenesis, Data: data}); err != nil {
		return nil, fmt.Errorf("creating session %s: %w", spec.ID, err)
	}
	if _, err := cfg.Log.Create(ctx, spec.ID, me, data); err != nil {
		return nil, fmt.Errorf("creating session %s: %w", spec.ID, err)
	}
	// Read back: after an unknown outcome the genesis that counts may be that of
	// an earlier try.
	r, err := load(ctx, cfg.Log, spec.ID)
	if err != nil {
		return nil, err
	}
	if err := r.endsWith(me); err != nil {
		return nil, err
	}
	s := newSession(cfg, r, me, spec, registry.Move{To: cfg.Shard, Reason: reasonCreated, Epoch: me.Epoch}, false)
	s.post(s.followLifecycle)
	return s, nil
}
