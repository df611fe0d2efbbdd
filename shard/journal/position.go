// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Position numbers an entry: the epoch of the owner that wrote it and the
// version, which grows by one with each entry of a session whatever the epoch.
// Its text form <epoch>-<version> is also the id of the stream entry.
type Position struct {
	Epoch   uint64
	Version uint64
}

var errPosition = errors.New("a position is written <epoch>-<version>")

// String returns <epoch>-<version>.
func (p Position) String() string {
	return strconv.FormatUint(p.Epoch, 10) + "-" + strconv.FormatUint(p.Version, 10)
}

// IsZero reports whether p is the position before the first entry.
func (p Position) IsZero() bool { return p == Position{} }

// Compare orders positions as the stream does: by epoch, then by version.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Epoch, q.Epoch), cmp.Compare(p.Version, q.Version))
}

// Next is the position of the entry that an owner at epoch writes after p.
func (p Position) Next(epoch uint64) Position {
	return Position{Epoch: epoch, Version: p.Version + 1}
}

// ParsePosition reads the text form and refuses every other spelling of it.
func ParsePosition(text string) (Position, error) {
	epoch, version, found := strings.Cut(text, "-")
	if !found {
		return Position{}, fmt.Errorf("parsing position %.40q: %w", text, errPosition)
	}
	var p Position
	var err error
	if p.Epoch, err = strconv.ParseUint(epoch, 10, 64); err != nil {
		return Position{}, fmt.Errorf("parsing position %.40q: %w", text, errPosition)
	}
	if p.Version, err = strconv.ParseUint(version, 10, 64); err != nil {
		return Position{}, fmt.Errorf("parsing position %.40q: %w", text, errPosition)
	}
	if p.String() != text {
		return Position{}, fmt.Errorf("parsing position %.40q: %w", text, errPosition)
	}
	return p, nil
}

// MarshalText makes a position its text form in JSON.
func (p Position) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (p *Position) UnmarshalText(text []byte) error {
	parsed, err := ParsePosition(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}
