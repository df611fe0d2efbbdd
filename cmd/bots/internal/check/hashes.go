// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"sync"

	"gamesession.dev/operator/shard/wire"
)

// Hashes compares the documents of all clients of a session. It is safe for
// concurrent use.
type Hashes struct {
	mu       sync.Mutex
	seen     memory[viewAt, string]
	compared int
}

type viewAt struct {
	view string
	at   wire.Position
}

// Saw takes the hash of one client's document at a position.
func (h *Hashes) Saw(view string, at wire.Position, hash string) []Violation {
	h.mu.Lock()
	defer h.mu.Unlock()
	first, seen := h.seen.put(viewAt{view, at}, hash)
	if !seen {
		return nil
	}
	h.compared++
	if first == hash {
		return nil
	}
	return []Violation{{Disagree, fmt.Sprintf("view %s at %s is %s for one client and %s for another", view, at, first, hash)}}
}

// Compared counts the comparisons of two clients.
func (h *Hashes) Compared() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.compared
}
