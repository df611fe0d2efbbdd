// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
)

// Sentinels; test with errors.Is. StaleError, GapError, HoleError and
// AssignedError carry the details.
var (
	// ErrStale: the caller is not the owner (any more), nothing was written. If
	// the owner's epoch is higher than the caller's, the caller is fenced for
	// good; if it is lower, Redis went back in time: Retake.
	ErrStale = errors.New("not the owner")
	// ErrGap: the last entry is not the expected one, nothing was written.
	ErrGap = errors.New("the last entry is not the expected one")
	// ErrNoOwner: the session has no owner key. It is lost or never was; it must
	// not be started afresh.
	ErrNoOwner = errors.New("the session has no owner")
	// ErrExists: Create found an owner or a journal of somebody else.
	ErrExists = errors.New("the session exists already")
	// ErrNotAssigned: the assignment in force is not for this shard at this
	// epoch (or, for Create, not of mode create).
	ErrNotAssigned = errors.New("the session is not assigned to this shard at this epoch")
	// ErrNotFrozen: a planned takeover found no freeze for exactly this shard
	// and epoch as the last entry, or another epoch than it was to replace.
	ErrNotFrozen = errors.New("the session is not frozen for this takeover")
	// ErrAssignConflict: an assignment of a higher epoch, or another one of the
	// same epoch, is in force.
	ErrAssignConflict = errors.New("another assignment is in force")
	// ErrUnknown: no reply; it may have been written or not, and may even be
	// written a little later. Read the tail, then go on.
	ErrUnknown = errors.New("the outcome is unknown")
	// ErrNotReplicated: it is written and will stay unless Redis fails over, but
	// too few replicas confirmed it in time. Do not acknowledge and do not write
	// it again: repeat Barrier until it returns nil.
	ErrNotReplicated = errors.New("written, but not confirmed by enough replicas")
	// ErrUnavailable: refused before anything was written (no connection, out of
	// memory, read-only, loading, disk error). Retry later.
	ErrUnavailable = errors.New("the store is unavailable")
	// ErrBusy: a bound of this process is reached (followers). Retry later.
	ErrBusy = errors.New("too many at once")
	// ErrHole: the entries asked for are not all there: trimmed, or lost by a
	// failover of Redis. Load instead.
	ErrHole = errors.New("the position is not in the journal")
	// ErrOldSnapshot: a newer snapshot is stored already.
	ErrOldSnapshot = errors.New("a newer snapshot is stored")
	// ErrInvalid: the arguments break a rule of this package.
	ErrInvalid = errors.New("invalid argument")
	// ErrCorrupt: the store holds what this package never writes.
	ErrCorrupt = errors.New("the store holds something that does not belong there")
)

// StaleError says who the owner is. It matches ErrStale.
type StaleError struct {
	Owner Owner
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("%v: the owner is shard %s at epoch %d", ErrStale, e.Owner.Shard, e.Owner.Epoch)
}

// Is matches ErrStale.
func (e *StaleError) Is(target error) bool { return target == ErrStale }

// GapError says what the last entry is. It matches ErrGap.
type GapError struct {
	Last Position
}

func (e *GapError) Error() string { return fmt.Sprintf("%v: it is %s", ErrGap, e.Last) }

// Is matches ErrGap.
func (e *GapError) Is(target error) bool { return target == ErrGap }

// HoleError says where the journal goes on after the hole; First is zero when
// nothing is there. It matches ErrHole.
type HoleError struct {
	After Position
	First Position
}

func (e *HoleError) Error() string {
	return fmt.Sprintf("%v: after %s comes %s", ErrHole, e.After, e.First)
}

// Is matches ErrHole.
func (e *HoleError) Is(target error) bool { return target == ErrHole }

// AssignedError says which assignment is in force (zero if none). It matches
// ErrNotAssigned.
type AssignedError struct {
	Assignment Assignment
}

func (e *AssignedError) Error() string {
	if e.Assignment.Epoch == 0 {
		return ErrNotAssigned.Error() + ": it is assigned to none"
	}
	return fmt.Sprintf("%v: %s is asked of %s at epoch %d",
		ErrNotAssigned, e.Assignment.Mode, e.Assignment.Shard, e.Assignment.Epoch)
}

// Is matches ErrNotAssigned.
func (e *AssignedError) Is(target error) bool { return target == ErrNotAssigned }
