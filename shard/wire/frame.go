// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Subprotocol is the WebSocket subprotocol that clients ask for. Its suffix is
// the protocol's major version: a shard serves the versions it knows and
// refuses the rest at the handshake.
const Subprotocol = "gamesession.v1"

// TokenSubprotocolPrefix marks the subprotocol entry by which a browser, which
// cannot set headers, hands over its session token: "token.<session token>".
const TokenSubprotocolPrefix = "token."

// TokenHeader is the header by which every other client hands it over.
const TokenHeader = "X-Session-Token"

// MaxFrameBytes bounds one frame from a client. A larger one closes the
// connection with code 1009.
const MaxFrameBytes = 32 << 10

// maxDepth bounds the nesting of a client's frame.
const maxDepth = 16

// Type names a frame.
type Type string

// Frames that a client sends.
const (
	TypeHeartbeat     Type = "heartbeat" // both ways
	TypeResume        Type = "resume"
	TypeSyncRequest   Type = "sync_request"
	TypeActionDeclare Type = "action_declare"
	TypeMigrateReady  Type = "migrate_ready"

	TypeChat            Type = "chat"
	TypeEmote           Type = "emote"
	TypeMapPing         Type = "map_ping"
	TypeTyping          Type = "typing"
	TypePresenceRequest Type = "presence_request"
)

// Frames that a shard sends.
const (
	TypeConnectionEstablished Type = "connection_established"
	TypeSyncResponse          Type = "sync_response"
	TypeStateUpdate           Type = "state_update"
	TypeActionResolve         Type = "action_resolve"
	TypeInitiativeRoll        Type = "initiative_roll"
	TypeTurnChange            Type = "turn_change"
	TypeAck                   Type = "ack"
	TypeRefusal               Type = "refusal"
	TypeError                 Type = "error"
	TypeMigratePrepare        Type = "migrate_prepare"
	TypeMoved                 Type = "moved"
	TypeResumed               Type = "resumed"
	TypeHistoryLost           Type = "history_lost"
	TypeConnectionError       Type = "connection_error"

	TypeChatSaid       Type = "chat_said"
	TypeEmoteMade      Type = "emote_made"
	TypeMapPinged      Type = "map_pinged"
	TypePlayerTyping   Type = "player_typing"
	TypePresence       Type = "presence"
	TypePresenceChange Type = "presence_change"
)

// CarriesUpdate says whether frames of type t carry an [Update].
func (t Type) CarriesUpdate() bool {
	switch t {
	case TypeStateUpdate, TypeActionResolve, TypeInitiativeRoll, TypeTurnChange:
		return true
	}
	return false
}

// Frame is the envelope of every message.
type Frame struct {
	Type Type            `json:"type"`
	Data json.RawMessage `json:"data,omitempty"`
}

// ErrBadFrame is wrapped by every error of [DecodeFrame] and [DecodeData]: the
// sender broke the protocol and is told so with [CodeBadRequest].
var ErrBadFrame = errors.New("bad frame")

// DecodeFrame reads the envelope of one message. It refuses invalid UTF-8,
// nesting deeper than the protocol needs, unknown envelope fields and anything
// behind the object.
func DecodeFrame(message []byte) (Frame, error) {
	var f Frame
	if !utf8.Valid(message) {
		return f, fmt.Errorf("%w: not valid UTF-8", ErrBadFrame)
	}
	if Depth(message) > maxDepth {
		return f, fmt.Errorf("%w: nested deeper than %d", ErrBadFrame, maxDepth)
	}
	if err := strict(message, &f); err != nil {
		return f, err
	}
	if f.Type == "" {
		return f, fmt.Errorf("%w: type is missing", ErrBadFrame)
	}
	return f, nil
}

// DecodeData reads a frame's data strictly into v: unknown fields are refused.
func DecodeData(f Frame, v any) error {
	data := f.Data
	if len(data) == 0 {
		data = []byte("{}")
	}
	if err := strict(data, v); err != nil {
		return fmt.Errorf("data of %s: %w", f.Type, err)
	}
	return nil
}

// Encode builds one message. Data must be one of this package's messages; a
// value that cannot be encoded is a programming error and panics.
func Encode(t Type, data any) []byte {
	var out bytes.Buffer
	out.WriteString(`{"type":"` + string(t) + `","data":`)
	enc := json.NewEncoder(&out)
	// Leaves are hashed by their JSON text, which must not depend on who
	// escapes what for HTML.
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		panic(fmt.Sprintf("encoding %s frame: %v", t, err))
	}
	out.Truncate(out.Len() - 1) // the encoder's newline
	out.WriteByte('}')
	return out.Bytes()
}

func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%w: %s", ErrBadFrame, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: something follows the object", ErrBadFrame)
	}
	return nil
}

// Depth returns how deep data nests, without decoding it.
func Depth(data []byte) int {
	deepest, now := 0, 0
	inString, escaped := false, false
	for _, c := range data {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped = c == '\\'
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return deepest
}
