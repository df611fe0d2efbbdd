// SPDX-License-Identifier: Apache-2.0

package dice

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Nobody has to trust the dice. The server draws a seed and makes its
// commitment known; then each player may add a nonce, until the first die is
// rolled; all dice come from seed and nonces together; at the end the seed is
// made known. The server cannot choose a seed that suits it, for it does not
// know the nonces yet; players cannot look ahead, for they do not know the
// seed; and who kept the commitment and its own nonce can roll everything again.

// MaxNonce bounds a player's nonce in bytes.
const MaxNonce = 64

// ValidNonce tells whether text can be a nonce: 1 to 64 characters from ! to ~.
func ValidNonce(text string) bool {
	for _, b := range []byte(text) {
		if b < '!' || b > '~' {
			return false
		}
	}
	return text != "" && len(text) <= MaxNonce
}

// Commit gives the commitment to a seed: the SHA-256 of
// "gamesession dice seed 1", a zero byte and the seed, in hex.
func Commit(seed [32]byte) string {
	sum := sha256.Sum256(append([]byte("gamesession dice seed 1\x00"), seed[:]...))
	return hex.EncodeToString(sum[:])
}

// Key gives what a [Counter] rolls with: HMAC-SHA256, keyed by the seed, of
// "gamesession dice key 1", the session, and each player with its nonce in the
// order of the players' names, each text behind its length as 4 bytes, big
// endian.
func Key(seed [32]byte, session string, nonces map[string]string) [32]byte {
	mac := hmac.New(sha256.New, seed[:])
	add := func(text string) {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
		mac.Write([]byte(text))
	}
	add("gamesession dice key 1")
	add(session)
	for _, player := range slices.Sorted(maps.Keys(nonces)) {
		add(player)
		add(nonces[player])
	}
	return [32]byte(mac.Sum(nil))
}

// Rolled is a die that was rolled, [sides, face] in JSON.
type Rolled struct{ Sides, Face int }

// MarshalJSON writes the pair.
func (r Rolled) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "[%d,%d]", r.Sides, r.Face), nil
}

// UnmarshalJSON reads a pair of a die that can be.
func (r *Rolled) UnmarshalJSON(data []byte) error {
	var pair []int
	if err := json.Unmarshal(data, &pair); err != nil {
		return err
	}
	if len(pair) != 2 || pair[0] < 1 || pair[0] > MaxFaces || pair[1] < 1 || pair[1] > pair[0] {
		return fmt.Errorf("a die is [sides, face] of at most %d sides, not %.40s", MaxFaces, data)
	}
	r.Sides, r.Face = pair[0], pair[1]
	return nil
}

// Recorder passes dice on from another source and keeps what they were.
type Recorder struct {
	From Source
	// All are the dice rolled so far.
	All []Rolled
}

// Roll rolls a die and keeps it.
func (r *Recorder) Roll(sides int) int {
	face := r.From.Roll(sides)
	r.All = append(r.All, Rolled{sides, face})
	return face
}
