// SPDX-License-Identifier: Apache-2.0

package journal

import "fmt"

// maxNumber bounds epochs and versions: scripts compare them as doubles, which
// are exact up to here.
const maxNumber = 1 << 53

func checkOwner(id string, me Owner) error {
	if err := CheckSession(id); err != nil {
		return err
	}
	if err := CheckName(me.Shard); err != nil {
		return fmt.Errorf("shard: %w", err)
	}
	if err := CheckIncarnation(me.Incarnation); err != nil {
		return err
	}
	return checkEpoch(me.Epoch)
}

// CheckIncarnation refuses what cannot be an incarnation.
func CheckIncarnation(incarnation string) error {
	if !incarnationForm.fits(incarnation) {
		return fmt.Errorf("incarnation %.80q: must match %s: %w", incarnation, incarnationForm.pattern, ErrInvalid)
	}
	return nil
}

func checkEpoch(epoch uint64) error {
	if epoch == 0 || epoch >= maxNumber {
		return fmt.Errorf("epoch %d: must be 1 to 2^53-1: %w", epoch, ErrInvalid)
	}
	return nil
}

func checkData(data []byte) error {
	if len(data) > MaxEntryBytes {
		return fmt.Errorf("an entry of %d bytes: at most %d are allowed: %w", len(data), MaxEntryBytes, ErrInvalid)
	}
	return nil
}

// checkAppend holds entries of an Append to one epoch; older says that entries of
// earlier epochs may come before them, as in a Retake.
func checkAppend(id string, me Owner, expect Position, entries []Entry, older bool) error {
	if err := checkOwner(id, me); err != nil {
		return err
	}
	if len(entries) == 0 || len(entries) > MaxBatchEntries {
		return fmt.Errorf("%d entries: 1 to %d are allowed: %w", len(entries), MaxBatchEntries, ErrInvalid)
	}
	total, last := 0, expect
	for _, e := range entries {
		if err := checkData(e.Data); err != nil {
			return err
		}
		total += len(e.Data)
		p := e.Position
		fits := p.Version == last.Version+1 && p.Version < maxNumber && p.Epoch >= last.Epoch
		if !fits || e.Kind == "" || p.Epoch > me.Epoch || (!older && p.Epoch != me.Epoch) {
			return fmt.Errorf("entry %s of kind %q after %s by an owner at epoch %d: %w", p, e.Kind, last, me.Epoch, ErrInvalid)
		}
		last = p
	}
	if last.Epoch != me.Epoch {
		return fmt.Errorf("the last entry %s is not of epoch %d: %w", last, me.Epoch, ErrInvalid)
	}
	if total > MaxBatchBytes {
		return fmt.Errorf("%d bytes of entries: at most %d are allowed: %w", total, MaxBatchBytes, ErrInvalid)
	}
	return nil
}

func checkSnapshot(id string, me Owner, s Snapshot) error {
	if err := checkOwner(id, me); err != nil {
		return err
	}
	if s.Position.IsZero() || s.Position.Epoch > me.Epoch {
		return fmt.Errorf("a snapshot at %s by an owner at epoch %d: %w", s.Position, me.Epoch, ErrInvalid)
	}
	if len(s.Schema) > 32 {
		return fmt.Errorf("a schema version of %d bytes: at most 32 are allowed: %w", len(s.Schema), ErrInvalid)
	}
	if len(s.Data) > MaxSnapshotBytes {
		return fmt.Errorf("a snapshot of %d bytes: at most %d are allowed: %w", len(s.Data), MaxSnapshotBytes, ErrInvalid)
	}
	return nil
}

func checkAssignment(a Assignment) error {
	if err := CheckSession(a.Session); err != nil {
		return err
	}
	if err := checkEpoch(a.Epoch); err != nil {
		return err
	}
	for what, name := range map[string]string{"shard": a.Shard, "pool": a.Pool, "from": a.From} {
		if what == "from" && name == "" {
			continue
		}
		if err := CheckName(name); err != nil {
			return fmt.Errorf("assignment: %s: %w", what, err)
		}
	}
	switch a.Mode {
	case ModeCreate, ModeHandoff, ModeFailover:
		return nil
	}
	return fmt.Errorf("assignment mode %.20q: must be create, handoff or failover: %w", a.Mode, ErrInvalid)
}

// checkRead bounds how much one read returns.
func checkRead(id string, limit int) error {
	if limit < 1 || limit > MaxReadEntries {
		return fmt.Errorf("reading %d entries: 1 to %d are allowed: %w", limit, MaxReadEntries, ErrInvalid)
	}
	return CheckSession(id)
}
