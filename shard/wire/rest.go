// SPDX-License-Identifier: Apache-2.0

package wire

import "encoding/json"

// Bounds of REST.
const (
	// MaxBodyBytes bounds the body of a request to a shard.
	MaxBodyBytes = 32 << 10
	// MaxEdits bounds [StateEdit.Changes].
	MaxEdits = 16
	// MaxHistory bounds the updates of one [History].
	MaxHistory = 200
)

// Session is a session as its caller sees it. Times are in milliseconds since
// the Unix epoch, here and below.
type Session struct {
	SessionID string `json:"session_id"`
	Title     string `json:"title"`
	Ruleset   string `json:"ruleset"`
	// Lifecycle is Running, Paused or Ended.
	Lifecycle string `json:"lifecycle"`
	Position
	// Round of the fight, 0 outside of one.
	Round            int    `json:"round"`
	PlayersConnected int    `json:"players_connected"`
	MaxPlayers       int    `json:"max_players"`
	You              Member `json:"you"`
}

// Member is who a caller is in a session.
type Member struct {
	Player string `json:"player"`
	Role   string `json:"role"`
}

// SessionState is the view of the caller's role.
type SessionState struct {
	SessionID string                     `json:"session_id"`
	State     map[string]json.RawMessage `json:"state"`
	Metadata  StateMetadata              `json:"metadata"`
	Version   uint64                     `json:"version"`
	// Timestamp is the shard's clock: the state is that of then.
	Timestamp int64 `json:"timestamp"`
}

// StateMetadata says what a [SessionState] is.
type StateMetadata struct {
	Epoch uint64 `json:"epoch"`
	// Hash is that of the whole view, also of an answer that has a part of it.
	Hash    string `json:"hash"`
	Role    string `json:"role"`
	LastN   uint64 `json:"last_n"`
	Partial bool   `json:"partial,omitempty"`
}

// How a [StateEdit] deals with a state that has gone on.
const (
	EditReject = "reject" // make it only if nothing has changed since its version
	EditRebase = "rebase" // make it unless one of its paths has
)

// StateEdit sets leaves of the state right: all of them, as one entry, or none.
type StateEdit struct {
	// Version is what the caller has seen.
	Version uint64 `json:"version"`
	// Mode is EditReject, which is meant when it is empty, or EditRebase.
	Mode string `json:"mode"`
	// EditID is the caller's own name for it: it comes back in the update.
	EditID  string     `json:"edit_id"`
	Changes []LeafEdit `json:"changes"`
}

// LeafEdit is a wish for one leaf.
type LeafEdit struct {
	Path  string          `json:"path"`
	Value json.RawMessage `json:"value"`
}

// Changed is the entry that a change is.
type Changed struct {
	Position
	// Repeated says that the change had been made before.
	Repeated bool `json:"repeated,omitempty"`
}

// History is one page of a view's chain.
type History struct {
	Updates []HistoryUpdate `json:"updates"`
	// Oldest is the version behind which history is at hand, Version the
	// session's.
	Oldest  uint64 `json:"oldest"`
	Version uint64 `json:"version"`
	// Next is where the next page begins; absent from the last one.
	Next uint64 `json:"next,omitempty"`
}

// HistoryUpdate is a link of the chain and the type of frame that told of it.
type HistoryUpdate struct {
	Type Type `json:"type"`
	Update
}

// Roster is who may be, and is, in a session.
type Roster struct {
	Seats      []Seat `json:"seats"`
	Spectators int    `json:"spectators"`
}

// Seat is one person of a session.
type Seat struct {
	Player    string `json:"player"`
	Role      string `json:"role"`
	Connected bool   `json:"connected"`
	// Banned is told to game masters alone.
	Banned bool `json:"banned,omitempty"`
}

// JoinRequest asks for a session token.
type JoinRequest struct {
	// Role is that of the roster when it is empty; whoever is on it may ask for
	// spectator.
	Role string `json:"role"`
	// Character is the one creature to play; all of the player's when it is
	// empty.
	Character string `json:"character"`
}

// Joined is a place in a session.
type Joined struct {
	SessionID       string       `json:"session_id"`
	Player          string       `json:"player"`
	Role            string       `json:"role"`
	Character       string       `json:"character,omitempty"`
	ConnectionToken string       `json:"connection_token"`
	ExpiresAt       int64        `json:"expires_at"`
	WebSocketURL    string       `json:"websocket_url"`
	SessionState    SessionState `json:"session_state"`
}

// Ticketed is a ticket: it opens one connection, within the time that it is good.
type Ticketed struct {
	SessionID string `json:"session_id"`
	Player    string `json:"player"`
	Role      string `json:"role"`
	Character string `json:"character,omitempty"`
	Ticket    string `json:"ticket"`
	// ExpiresAt is by when the connection must be opened, ConnectedUntil how long
	// it lasts at most.
	ExpiresAt      int64  `json:"expires_at"`
	ConnectedUntil int64  `json:"connected_until"`
	WebSocketURL   string `json:"websocket_url"`
}

// PlayerRequest names whom a change of access is about.
type PlayerRequest struct {
	Player string `json:"player"`
}

// UndoRequest asks to undo the last command or edit.
type UndoRequest struct {
	// Version is what the caller has seen: it undoes nothing that came later.
	Version uint64 `json:"version"`
}

// RollbackRequest asks to go back.
type RollbackRequest struct {
	To uint64 `json:"to"`
	// Version, if it is there, is what the caller has seen.
	Version uint64 `json:"version"`
}

// Rewound is the entry by which a fight went back.
type Rewound struct {
	Position
	To uint64 `json:"to"`
}
