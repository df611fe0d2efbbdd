// SPDX-License-Identifier: Apache-2.0

package monitor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/session"
)

// Result is what a check came to.
type Result string

// The results.
const (
	// Same: the journal gives what the session holds.
	Same Result = "same"
	// Different: it does not, or cannot be folded. It is an alarm.
	Different Result = "different"
	// Behind: the journal ends before the position that was durable: Redis went
	// back in time. The session's next append repairs that.
	Behind Result = "behind"
	// Overtaken: the journal begins behind the position by now.
	Overtaken Result = "overtaken"
	// Failed: session or journal could not be read.
	Failed Result = "failed"
)

// Results are all of them.
var Results = []Result{Same, Different, Behind, Overtaken, Failed}

// Check compares what a live session holds with what its journal gives at the
// same position. Evidence comes with Different alone. The error says why the
// result is neither Same nor Different.
func Check(ctx context.Context, s Session, log Loader) (Result, *Evidence, error) {
	live, err := s.Sample(ctx)
	if err != nil {
		return Failed, nil, err
	}
	loaded, err := log.Load(ctx, s.ID())
	if err != nil {
		return Failed, nil, err
	}
	replayed, err := replay(s.ID(), live.Position, loaded)
	fault, corrupt := errors.AsType[*foldError](err)
	switch {
	case corrupt:
		return Different, newEvidence(live, session.Sample{}, loaded, fault.Error()), nil
	case errors.Is(err, errBehind):
		return Behind, nil, err
	case errors.Is(err, errOvertaken):
		return Overtaken, nil, err
	case err != nil:
		return Failed, nil, err
	case replayed.Hash != live.Hash || !maps.Equal(replayed.Views, live.Views):
		return Different, newEvidence(live, replayed, loaded, ""), nil
	}
	return Same, nil, nil
}

var (
	errBehind    = errors.New("the journal ends before what was durable")
	errOvertaken = errors.New("the journal begins behind the sample")
)

// foldError says that a journal holds what cannot be folded.
type foldError struct{ err error }

func (e *foldError) Error() string { return e.err.Error() }

// replay folds a journal up to a position.
func replay(id string, to journal.Position, loaded *journal.Loaded) (session.Sample, error) {
	r, err := session.NewReplay(id, loaded)
	for more := true; err == nil && more && r.Position().Compare(to) < 0; {
		_, more, err = r.Next()
	}
	switch {
	case errors.Is(err, session.ErrSchema):
		return session.Sample{}, err
	case err != nil:
		return session.Sample{}, &foldError{err}
	}
	switch order := r.Position().Compare(to); {
	case order < 0:
		return session.Sample{}, fmt.Errorf("%w: at %s, want %s", errBehind, r.Position(), to)
	case order > 0:
		return session.Sample{}, fmt.Errorf("%w: at %s, want %s", errOvertaken, r.Position(), to)
	}
	return r.Sample()
}

// differing names the views whose hashes are not the same.
func differing(a, b map[string]string) []string {
	var names []string
	for _, view := range slices.Sorted(maps.Keys(a)) {
		if a[view] != b[view] {
			names = append(names, view)
		}
	}
	return names
}
