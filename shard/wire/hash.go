// SPDX-License-Identifier: Apache-2.0

package wire

// Hash is the hash of a document: the sum modulo 2^64, over all leaves, of the
// FNV-1a-64 hash of path, a zero byte and the leaf's JSON text. A change of one
// leaf changes it by two terms, so it costs nothing to keep. The zero value is
// the hash of the empty document.
type Hash uint64

// Change takes in that a leaf changes; nil stands for none.
func (h *Hash) Change(path string, previous, value []byte) {
	if previous != nil {
		*h -= leafHash(path, previous)
	}
	if value != nil {
		*h += leafHash(path, value)
	}
}

// String writes the hash as clients see it: 16 hex digits.
func (h Hash) String() string {
	const digits = "0123456789abcdef"
	var text [16]byte
	for i := range text {
		text[i] = digits[h>>(60-4*i)&15]
	}
	return string(text[:])
}

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func leafHash(path string, value []byte) Hash {
	h := uint64(fnvOffset)
	for i := range len(path) {
		h = (h ^ uint64(path[i])) * fnvPrime
	}
	h *= fnvPrime // the zero byte between path and value
	for _, c := range value {
		h = (h ^ uint64(c)) * fnvPrime
	}
	return Hash(h)
}
