// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/json"
	"strconv"
)

// Position names one entry of a session's journal: the epoch in which it was
// written and its version. Positions order by epoch, then by version.
type Position struct {
	Epoch   uint64 `json:"epoch"`
	Version uint64 `json:"version"`
}

// String renders p as "<epoch>-<version>".
func (p Position) String() string {
	return strconv.FormatUint(p.Epoch, 10) + "-" + strconv.FormatUint(p.Version, 10)
}

// IsZero says whether p names no entry.
func (p Position) IsZero() bool { return p == Position{} }

// Resume is a client's first frame when it has seen the session before: the
// position it has reached. The shard answers with [Resumed] and what was
// missed, or with [HistoryLost] and a [SyncResponse].
type Resume struct {
	Position
	// Hash, when given, is the client's hash of its document at Position. A
	// shard that can tell that it is wrong answers with a [SyncResponse].
	Hash string `json:"hash,omitempty"`
	// Preconnect says that the client takes [MigratePrepare].
	Preconnect bool `json:"preconnect,omitempty"`
}

// SyncRequest asks for the view as it is. It may be a client's first frame, and
// it is what a client sends when it sees a hole in the chain. With paths, the
// answer holds only the leaves below them, and the chain is not touched.
type SyncRequest struct {
	Paths []string `json:"paths,omitempty"`
	// Preconnect says, in a first frame, that the client takes [MigratePrepare].
	Preconnect bool `json:"preconnect,omitempty"`
}

// MaxSyncPaths bounds [SyncRequest.Paths].
const MaxSyncPaths = 64

// SyncResponse is the view at a position. State is flat: JSON Pointer to leaf.
type SyncResponse struct {
	Position
	State map[string]json.RawMessage `json:"state"`
	// Hash is the hash of the whole view; it is absent from a partial answer.
	Hash string `json:"hash,omitempty"`
	// LastN is the last counter of this player that was applied: the next
	// command counts on from there.
	LastN uint64 `json:"last_n"`
	// Partial says that State holds only what was asked for by paths.
	Partial bool `json:"partial,omitempty"`
}

// ActionDeclare is a command. N grows with every command of a player; ActionID
// is the client's own name for it. A client resends, in order, whatever has no
// answer before it sends anything new: an N that was applied before is answered
// with its first answer and never applied again.
type ActionDeclare struct {
	N        uint64          `json:"n"`
	ActionID string          `json:"action_id"`
	Action   json.RawMessage `json:"action"`
}

// MaxActionID bounds [ActionDeclare.ActionID], in characters.
const MaxActionID = 64

// ActionSequence is the type of an action that holds several of the ruleset's:
// {"type": "sequence", "actions": […]}. They are decided one after the other, and
// all happen, as one entry, or none.
const ActionSequence = "sequence"

// ActionNonce is the type of an action that adds a nonce to the dice of a session,
// {"type": "dice_nonce", "nonce": "…"}: once for each member, before the first die.
const ActionNonce = "dice_nonce"

// MaxActions bounds the actions of a sequence.
const MaxActions = 8

// Ack says that a command was applied and is durable.
type Ack struct {
	N        uint64 `json:"n"`
	ActionID string `json:"action_id"`
	// Position is the entry that holds what the command did.
	Position
	// Repeated says that the command had been applied before and that this is
	// its first answer again.
	Repeated bool `json:"repeated,omitempty"`
}

// Refusal is a legal, coded "no". It changed nothing.
type Refusal struct {
	N        uint64         `json:"n"`
	ActionID string         `json:"action_id"`
	Code     string         `json:"code"`
	Message  string         `json:"message"`
	Details  map[string]any `json:"details,omitempty"`
	// Retry says that the same command may well be accepted later.
	Retry bool `json:"retry,omitempty"`
}

// Error reports a fault that is not the answer to a command.
type Error struct {
	Code    string         `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}

// Heartbeat keeps a connection alive, both ways. A shard sends one every
// [ConnectionEstablished.HeartbeatSeconds], and a client answers it.
type Heartbeat struct {
	// ServerTime is the shard's clock in milliseconds since the Unix epoch.
	ServerTime int64 `json:"server_time,omitempty"`
}

// ConnectionEstablished is the first frame of a connection.
type ConnectionEstablished struct {
	SessionID        string `json:"session_id"`
	Player           string `json:"player"`
	Role             string `json:"role"`
	Shard            string `json:"shard"`
	Protocol         string `json:"protocol"`
	HeartbeatSeconds int    `json:"heartbeat_seconds"`
}

// Change sets one leaf of the view, or removes it when Value is absent.
// Previous is what the leaf was in this view, absent when it is new.
type Change struct {
	Path     string          `json:"path"`
	Value    json.RawMessage `json:"value,omitempty"`
	Previous json.RawMessage `json:"previous,omitempty"`
}

// Update is one link of a view's chain: what one entry of the journal changed
// in the view, and what the view may know of how.
type Update struct {
	UpdateID string `json:"update_id"`
	Position
	// From is the version of the previous link. A document at version v takes
	// a link when From ≤ v < Version, drops it when Version ≤ v, and otherwise
	// has a hole and asks for a sync.
	From     uint64 `json:"from"`
	By       string `json:"by,omitempty"`
	ActionID string `json:"action_id,omitempty"`
	// Changes leads the document from From to Version.
	Changes []Change `json:"changes"`
	// Events tells what happened, in the words of the rules.
	Events []json.RawMessage `json:"events,omitempty"`
	// Hash is the hash of the view's document at Version.
	Hash string `json:"hash"`
	// Timestamp is when the command was decided, in milliseconds since the
	// Unix epoch. It is for people; nothing is ordered by it.
	Timestamp int64 `json:"timestamp"`
}

// MigratePrepare tells a client that its session is about to move. It may open
// URL with Token on a second connection, resume there, and wait: the new owner
// answers with [Resumed] when it plays. Meanwhile the client plays on over the
// first connection, on which it says [MigrateReady].
type MigratePrepare struct {
	// URL is a reference to be resolved against the URL the client used.
	URL string `json:"url"`
	// Token opens one connection, of this player in this role, at this epoch.
	Token string `json:"token"`
	Shard string `json:"shard"`
	// Epoch is the one that begins with the move.
	Epoch uint64 `json:"epoch"`
}

// MigrateReady says that the connection that a [MigratePrepare] asked for is
// open, or cannot be: the move need not wait for it any longer.
type MigrateReady struct {
	Epoch uint64 `json:"epoch"`
}

// Moved tells a client that its session has a new owner. A client may open URL
// with Token and resume there; one that does not plays on over this connection,
// which is relayed.
type Moved struct {
	// URL is a reference to be resolved against the URL the client used.
	URL string `json:"url"`
	// Position is where the session is with its new owner.
	Position
	Token  string `json:"token"`
	Shard  string `json:"shard"`
	Reason string `json:"reason"`
}

// Resumed says that the chain goes on from Position: what the client missed
// follows, then what happens next.
type Resumed struct {
	Position
	// Current is the position of the view right now.
	Current Position `json:"current"`
	// LastN is the last counter of this player that was applied.
	LastN uint64 `json:"last_n"`
	Hash  string `json:"hash,omitempty"`
}

// HistoryLost says that the client's position is not part of the session's
// history (any more). A [SyncResponse] follows.
type HistoryLost struct {
	Position
	Reason string `json:"reason"`
}

// Reasons of a [HistoryLost].
const (
	// ReasonTooOld: the updates that were missed are no longer kept. Nothing
	// that was acknowledged was lost.
	ReasonTooOld = "too_old"
	// ReasonNotInHistory: the journal does not hold the client's position. The
	// store lost acknowledged entries and no owner survived to repair it.
	ReasonNotInHistory = "not_in_history"
	// ReasonDiverged: the client's hash differs at its position.
	ReasonDiverged = "diverged"
)
