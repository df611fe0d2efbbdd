// SPDX-License-Identifier: Apache-2.0

package check

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Move is a change of a session's owner as its players saw it.
type Move struct {
	EpochFrom, EpochTo uint64
	// At is when the first command of the new owner was acknowledged.
	At time.Time
	// Pause is the longest time from send to acknowledgement of all commands
	// that were on their way at some time between the last acknowledgement of
	// the old owner and the first of the new one.
	Pause time.Duration
	// InFlight has, by player, the times of those of them that were sent before
	// anybody had seen a sign of the new owner: only with one of these is Pause
	// that of the move. Each player has at most one command on its way.
	InFlight map[string]time.Duration
}

// Trip names a command of a player.
type Trip struct {
	Player string
	Seq    uint64
}

// Moves measures the changes of owner of one session. It is safe for concurrent
// use.
type Moves struct {
	mu    sync.Mutex
	onWay map[Trip]time.Time   // bounded by the players: each sends one at a time
	epoch uint64               // of the newest acknowledgement
	signs map[uint64]time.Time // of epochs above it, when each was first seen
	open  []*gap               // moves whose commands are not all answered
	done  []Move
}

// gap is the time between two owners.
type gap struct {
	Move
	sign time.Time
	wait map[Trip]bool
}

// maxMoves bounds the moves kept of one session.
const maxMoves = 10_000

// NewMoves returns the measure of one session.
func NewMoves() *Moves {
	return &Moves{onWay: map[Trip]time.Time{}, signs: map[uint64]time.Time{}}
}

// Sent takes a command on its way.
func (m *Moves) Sent(key Trip, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onWay[key] = at
}

// Dropped takes a command back that has no acknowledgement to wait for.
func (m *Moves) Dropped(key Trip) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.onWay, key)
	for _, g := range m.open {
		delete(g.wait, key)
	}
	m.settle()
}

// Sign takes that somebody saw an epoch.
func (m *Moves) Sign(epoch uint64, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.signs[epoch]; !known && epoch > m.epoch {
		m.signs[epoch] = at
	}
}

// Acked takes an acknowledgement at an epoch.
func (m *Moves) Acked(key Trip, epoch uint64, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	sent, known := m.onWay[key]
	if !known {
		return
	}
	if epoch > m.epoch {
		if m.epoch > 0 {
			m.begin(epoch, at)
		}
		m.epoch = epoch
		maps.DeleteFunc(m.signs, func(e uint64, _ time.Time) bool { return e <= epoch })
	}
	delete(m.onWay, key)
	for _, g := range m.open {
		if g.wait[key] {
			delete(g.wait, key)
			g.Pause = max(g.Pause, at.Sub(sent))
			if sent.Before(g.sign) {
				g.InFlight[key.Player] = at.Sub(sent)
			}
		}
	}
	m.settle()
}

// begin opens a gap, at its end. What is on its way now was so between the two
// owners: nothing was acknowledged in between.
func (m *Moves) begin(epoch uint64, at time.Time) {
	g := &gap{
		Move: Move{EpochFrom: m.epoch, EpochTo: epoch, At: at, InFlight: map[string]time.Duration{}},
		sign: at, wait: map[Trip]bool{},
	}
	for e, seen := range m.signs {
		if e <= epoch && seen.Before(g.sign) {
			g.sign = seen
		}
	}
	for key := range m.onWay {
		g.wait[key] = true
	}
	m.open = append(m.open, g)
}

// settle closes the gaps whose commands are all answered.
func (m *Moves) settle() {
	m.open = slices.DeleteFunc(m.open, func(g *gap) bool {
		if len(g.wait) > 0 {
			return false
		}
		if len(m.done) < maxMoves {
			m.done = append(m.done, g.Move)
		}
		return true
	})
}

// Done returns the moves measured so far.
func (m *Moves) Done() []Move {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.done)
}
