// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"
)

// Counter rolls dice in counter mode: die number n is taken from
// HMAC-SHA256(seed, n, block) by rejection sampling, so no face is favoured.
// It is not safe for concurrent use.
type Counter struct {
	mac  hash.Hash
	next uint64
	// The message and the sum are here so that no die allocates them.
	message [16]byte
	sum     [sha256.Size]byte
}

// NewCounter returns the generator whose next die is number next.
func NewCounter(seed [32]byte, next uint64) *Counter {
	return &Counter{mac: hmac.New(sha256.New, seed[:]), next: next}
}

// Seek makes number next the next die.
func (c *Counter) Seek(next uint64) { c.next = next }

// Roll gives the face, 1 to sides, of the next die. Sides must be positive.
func (c *Counter) Roll(sides int) int {
	n := uint64(sides)
	// The values above the last whole multiple of n would favour low faces.
	limit := math.MaxUint64 - math.MaxUint64%n
	number := c.next
	c.next++
	for block := uint64(0); ; block++ {
		sum := c.block(number, block)
		for at := 0; at < len(sum); at += 8 {
			if value := binary.BigEndian.Uint64(sum[at:]); value < limit {
				return int(value%n) + 1
			}
		}
	}
}

// block computes the MAC over the die's number and the block's number.
func (c *Counter) block(number, block uint64) []byte {
	c.mac.Reset()
	binary.BigEndian.PutUint64(c.message[:8], number)
	binary.BigEndian.PutUint64(c.message[8:], block)
	c.mac.Write(c.message[:])
	return c.mac.Sum(c.sum[:0])
}
