// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"gamesession.dev/operator/shard/journal"
)

// Sample is what a session holds at one position, for who doubts it.
type Sample struct {
	Session  string
	Position journal.Position
	// State is the whole state's encoding, Hash what identifies it.
	State []byte
	Hash  string
	// Views has the hash of each view's document.
	Views map[string]string
}

// Sample returns what the live session holds. It waits until that is durable, so
// that the journal has to give the same. Play waits for one encoding of the
// state. The error is ctx's, or why the session has ended here.
func (s *Session) Sample(ctx context.Context) (Sample, error) {
	var out Sample
	var failed error
	durable := make(chan struct{})
	err := s.call(ctx, func() {
		out, failed = sampleOf(s.state, s.proj)
		s.after(step{run: func() { close(durable) }})
	})
	if err == nil {
		select {
		case <-durable:
			err = failed
		case <-s.done:
			err = s.cause
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err != nil {
		return Sample{}, fmt.Errorf("sampling session %s: %w", s.id, err)
	}
	out.identify()
	return out, nil
}

// Sample returns what the journal gives at Position.
func (r *Replay) Sample() (Sample, error) {
	out, err := sampleOf(r.replica.state, r.replica.proj)
	if err != nil {
		return out, err
	}
	out.identify()
	return out, nil
}

func sampleOf(state *State, proj *projection) (Sample, error) {
	data, err := state.Encode()
	if err != nil {
		return Sample{}, err
	}
	out := Sample{Session: state.Session, Position: state.Position, State: data, Views: make(map[string]string, len(proj.views))}
	for _, seen := range proj.views {
		out.Views[string(seen.view)] = seen.hash.String()
	}
	return out, nil
}

func (s *Sample) identify() {
	sum := sha256.Sum256(s.State)
	s.Hash = hex.EncodeToString(sum[:])
}
