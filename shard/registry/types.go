// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"encoding/json"

	"gamesession.dev/operator/shard/journal"
)

// The states a shard reports.
const (
	StateServing  = "serving"
	StateDraining = "draining"
)

// Heartbeat is what a shard says about itself. Its Counter grows with each one;
// a reader ages it on its own monotonic clock. No time of the shard or of Redis
// decides who is dead.
type Heartbeat struct {
	Pool        string // <namespace>.<name> of the ShardPool
	Shard       string // pod name
	Incarnation string // one run of the process
	Counter     uint64
	Address     string // host:port for players and for relays, inside the cluster
	TLS         bool   // which is spoken there
	Version     string // build
	Schema      string // encoding of state and events
	State       string // StateServing or StateDraining
	Capacity    int    // sessions it takes
	Sessions    int    // sessions it owns
	Sockets     int    // clients connected, relayed ones included
	Durability  string // journal.Durability in words
}

// Assignment is the operator's wish for one session.
type Assignment = journal.Assignment

// Assigned is what concerns a shard: the assignment in force and the owner now.
// The shard is the one assigned, the one to hand off, or the owner.
type Assigned struct {
	Assignment
	// Owner is zero when nobody owns the session yet.
	Owner journal.Owner
	// Generation is that of the stored spec, 0 when there is none: a change of
	// it means reading Spec again.
	Generation int64
}

// The lifecycles of a session.
const (
	LifecycleRunning = "Running"
	LifecyclePaused  = "Paused"
	LifecycleEnded   = "Ended"
)

// SessionSpec is what the operator asks of a session, built from its
// GameSession. Scenario is the JSON of rules.Scenario.
type SessionSpec struct {
	ID          string          `json:"id"`
	Namespace   string          `json:"namespace"`
	Name        string          `json:"name"`
	Pool        string          `json:"pool"`
	Title       string          `json:"title,omitempty"`
	Ruleset     string          `json:"ruleset"`
	MaxPlayers  int             `json:"maxPlayers"`
	GameMasters []string        `json:"gameMasters,omitempty"`
	Players     []string        `json:"players,omitempty"`
	Open        bool            `json:"open,omitempty"`
	Lifecycle   string          `json:"lifecycle"`
	Generation  int64           `json:"generation"`
	Scenario    json.RawMessage `json:"scenario"`
}

// Move is the last change of owner as its new owner saw it.
type Move struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"` // handoff or failover
	// PauseMillis is the time from the freeze, or after a failover from the last
	// command before it, to the first command taken.
	PauseMillis int64  `json:"pauseMillis"`
	Epoch       uint64 `json:"epoch"`
}

// Report is what an owner tells the operator about one session: at transitions
// and otherwise at most once a second.
type Report struct {
	Session  string   `json:"session"`
	Epoch    uint64   `json:"epoch"` // of the owner that reports; a lower one never replaces a higher
	Version  uint64   `json:"version"`
	Players  []string `json:"players,omitempty"`  // connected, at most MaxReportPlayers
	Round    int      `json:"round,omitempty"`    // of the fight, 0 outside
	Durable  bool     `json:"durable,omitempty"`  // what is acknowledged is as durable as the installation asks
	Ended    bool     `json:"ended,omitempty"`    // the session took the Ended lifecycle in
	Mismatch bool     `json:"mismatch,omitempty"` // alarm: the state after a takeover had another hash
	LastMove Move     `json:"lastMove,omitzero"`
}

// Answer is what an assigned shard says before it owns the session.
type Answer struct {
	Session string `json:"session"`
	Epoch   uint64 `json:"epoch"` // of the assignment that is answered
	Shard   string `json:"shard,omitempty"`
	// Refused says why the shard will not carry it out (capacity, schema,
	// draining …). The operator chooses again.
	Refused string `json:"refused,omitempty"`
}

// MaxReportPlayers bounds the players listed in a report.
const MaxReportPlayers = 100

// Session is everything Redis knows about one session, read together.
type Session struct {
	ID         string
	Assignment *Assignment      // nil: none
	Owner      *journal.Owner   // nil: none
	Last       journal.Position // newest entry of the journal; zero: none
	Report     *Report          // nil: none
	Answer     *Answer          // nil: none
	Generation int64            // of the stored spec; 0: none
	// Err says that the keys hold what does not belong there; the rest is zero.
	Err error
}

// Health is what a probe of Redis found. A probe that fails is an error instead.
type Health struct {
	Durability journal.Durability
}
