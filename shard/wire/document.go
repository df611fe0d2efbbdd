// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// ErrHole says that an update starts behind the document: something is missing
// in between and the client has to ask for a sync.
var ErrHole = errors.New("hole in the chain of updates")

// ErrDiverged says that the document's hash is not the one the update states.
var ErrDiverged = errors.New("document differs from the shard's")

// Document is a view as a client keeps it: leaves by JSON Pointer, the position
// it has reached and a running hash. The zero value is an empty document. A
// Document is not safe for concurrent use.
type Document struct {
	position Position
	leaves   map[string]json.RawMessage
	hash     Hash
}

// NewDocument returns a document that holds leaves at position p.
func NewDocument(p Position, leaves map[string]json.RawMessage) *Document {
	d := &Document{position: p, leaves: make(map[string]json.RawMessage, len(leaves))}
	for path, value := range leaves {
		d.Set(path, value)
	}
	return d
}

// Position returns the position the document has reached.
func (d *Document) Position() Position { return d.position }

// Hash returns the document's hash.
func (d *Document) Hash() string { return d.hash.String() }

// Len returns the number of leaves.
func (d *Document) Len() int { return len(d.leaves) }

// Get returns the leaf at path, or nil.
func (d *Document) Get(path string) json.RawMessage { return d.leaves[path] }

// Leaves returns a copy of the leaves; the values are shared and must not be
// written to.
func (d *Document) Leaves() map[string]json.RawMessage { return maps.Clone(d.leaves) }

// Below returns the leaves at or below any of the given paths.
func (d *Document) Below(paths []string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for leaf, value := range d.leaves {
		for _, p := range paths {
			if leaf == p || strings.HasPrefix(leaf, strings.TrimSuffix(p, "/")+"/") {
				out[leaf] = value
				break
			}
		}
	}
	return out
}

// Set puts a leaf, or removes it when value is nil, and returns what was there.
func (d *Document) Set(path string, value json.RawMessage) (previous json.RawMessage) {
	previous = d.leaves[path]
	d.hash.Change(path, previous, value)
	if value == nil {
		delete(d.leaves, path)
		return previous
	}
	if d.leaves == nil {
		d.leaves = map[string]json.RawMessage{}
	}
	d.leaves[path] = value
	return previous
}

// Advance moves the document to p without changing a leaf.
func (d *Document) Advance(p Position) { d.position = p }

// Apply takes one link of the chain. It reports false, and changes nothing, for
// a link that the document has already taken, and for one of a lower epoch.
func (d *Document) Apply(u Update) (bool, error) {
	switch {
	case u.Epoch < d.position.Epoch, u.Version <= d.position.Version:
		return false, nil
	case u.From > d.position.Version:
		return false, fmt.Errorf("%w: at %s, update leads from version %d to %s", ErrHole, d.position, u.From, u.Position)
	}
	for _, c := range u.Changes {
		d.Set(c.Path, c.Value)
	}
	d.position = u.Position
	if u.Hash != "" && u.Hash != d.Hash() {
		return true, fmt.Errorf("%w: at %s, got %s, want %s", ErrDiverged, u.Position, d.Hash(), u.Hash)
	}
	return true, nil
}
