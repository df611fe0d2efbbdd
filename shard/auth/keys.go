// SPDX-License-Identifier: Apache-2.0

package auth

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// MinKeyBytes is the least length of a signing key.
const MinKeyBytes = 32

const maxKeys = 16

var keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,63}$`)

// Keys are the keys of a pool by id. The newest, which signs, is the one whose
// id sorts last; all of them verify, so that a key is rotated by adding one,
// waiting for the tokens of the old one to expire, and removing that. Keys is
// immutable and safe for concurrent use.
type Keys struct {
	ids  []string // sorted
	keys map[string]*key
}

// key is behind a pointer in [Keys], so that printing these shows none.
type key struct{ bytes []byte }

// NewKeys returns keys by id: a Secret's data.
func NewKeys(data map[string][]byte) (*Keys, error) {
	if len(data) == 0 {
		return nil, errors.New("no signing key")
	}
	if len(data) > maxKeys {
		return nil, fmt.Errorf("%d signing keys, at most %d are allowed", len(data), maxKeys)
	}
	k := &Keys{keys: make(map[string]*key, len(data))}
	for id, text := range data {
		text = bytes.TrimRight(text, "\r\n")
		if !keyID.MatchString(id) {
			return nil, fmt.Errorf("signing key id %q: must have 1 to 63 characters of A-Z a-z 0-9 _ -", id)
		}
		if len(text) < MinKeyBytes {
			return nil, fmt.Errorf("signing key %q has %d bytes, at least %d are needed", id, len(text), MinKeyBytes)
		}
		k.keys[id] = &key{text}
		k.ids = append(k.ids, id)
	}
	slices.Sort(k.ids)
	return k, nil
}

// LoadKeys reads the keys from a directory: a mounted Secret. Each file is a
// key, its name is the key's id; names that start with a dot are passed over.
func LoadKeys(dir string) (*Keys, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("loading signing keys: %w", err)
	}
	data := map[string][]byte{}
	for _, e := range entries {
		if e.Name()[0] == '.' {
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("loading signing keys: %w", err)
		}
		if info.IsDir() {
			continue
		}
		if data[e.Name()], err = os.ReadFile(path); err != nil {
			return nil, fmt.Errorf("loading signing keys: %w", err)
		}
	}
	k, err := NewKeys(data)
	if err != nil {
		return nil, fmt.Errorf("loading signing keys from %s: %w", dir, err)
	}
	return k, nil
}

func (k *Keys) newest() (string, []byte) {
	id := k.ids[len(k.ids)-1]
	return id, k.keys[id].bytes
}

func (k *Keys) byID(id string) ([]byte, bool) {
	if own, ok := k.keys[id]; ok {
		return own.bytes, true
	}
	return nil, false
}
