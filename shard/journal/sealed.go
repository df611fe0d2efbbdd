// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// seal is the first line of a stored snapshot; the data follows.
type seal struct {
	Format   int      `json:"format"`
	Position Position `json:"position"`
	Schema   string   `json:"schema"`
	Sum      string   `json:"sha256"`
}

const sealFormat = 1

// sum covers everything that a reader acts on.
func (s seal) sum(data []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %s %q ", s.Format, s.Position, s.Schema)
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

func sealSnapshot(s Snapshot) ([]byte, error) {
	head := seal{Format: sealFormat, Position: s.Position, Schema: s.Schema}
	head.Sum = head.sum(s.Data)
	line, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("sealing a snapshot: %w", err)
	}
	out := make([]byte, 0, len(line)+1+len(s.Data))
	out = append(append(out, line...), '\n')
	return append(out, s.Data...), nil
}

// openSnapshot returns the snapshot that was stored at p, or ErrCorrupt when the
// bytes are not exactly what was sealed.
func openSnapshot(p Position, sealed []byte) (*Snapshot, error) {
	line, data, found := bytes.Cut(sealed, []byte{'\n'})
	var head seal
	if !found || json.Unmarshal(line, &head) != nil {
		return nil, fmt.Errorf("opening the snapshot at %s: no seal: %w", p, ErrCorrupt)
	}
	if head.Format != sealFormat {
		return nil, fmt.Errorf("opening the snapshot at %s: format %d is not known: %w", p, head.Format, ErrCorrupt)
	}
	if head.Position != p || head.sum(data) != head.Sum {
		return nil, fmt.Errorf("opening the snapshot at %s: the checksum does not hold: %w", p, ErrCorrupt)
	}
	return &Snapshot{Position: p, Schema: head.Schema, Data: data}, nil
}

// checkChain returns a HoleError unless entries follow after without a hole and
// without a fall of the epoch.
func checkChain(after Position, entries []Entry) error {
	last := after
	for _, e := range entries {
		if e.Position.Version != last.Version+1 || e.Position.Epoch < last.Epoch {
			return &HoleError{After: last, First: e.Position}
		}
		last = e.Position
	}
	return nil
}
