// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Bounds of what members say to each other.
const (
	// MaxChatRunes bounds [Chat.Text], in characters.
	MaxChatRunes = 500
	// MaxEmote bounds [Emote.Emote], in bytes.
	MaxEmote = 32
	// MaxMapSquare bounds the numbers of [MapPing.At].
	MaxMapSquare = 999
	// MaxPresent bounds [Presence.Present].
	MaxPresent = 200
)

// Chat is a line that a member says to all. Like the other frames of table talk
// it is passed on to who is connected and kept nowhere: it is not part of the
// chain, and who is away misses it.
type Chat struct {
	// Text is 1 to [MaxChatRunes] characters. Whoever shows it has to treat it as
	// text: it may hold markup, which a shard neither takes out nor escapes.
	Text string `json:"text"`
}

// Emote is a gesture, by a name that clients have a picture for.
type Emote struct {
	// Emote is 1 to [MaxEmote] of a-z, 0-9, '-' and '_'.
	Emote string `json:"emote"`
}

// MapPing points at a square.
type MapPing struct {
	// At is [x, y], each from 0 to [MaxMapSquare], be it on the map or not.
	At []int `json:"at"`
}

// Typing says that a member begins or ends to write a line.
type Typing struct {
	Typing bool `json:"typing"`
}

// PresenceRequest asks who is there, now and from now on.
type PresenceRequest struct{}

// ChatSaid tells everybody, its author too, what a member said; the following do so
// with the other frames.
type ChatSaid struct {
	Player string `json:"player"`
	Text   string `json:"text"`
	// Timestamp is the shard's clock in milliseconds since the Unix epoch.
	Timestamp int64 `json:"timestamp"`
}

// EmoteMade passes an [Emote] on.
type EmoteMade struct {
	Player string `json:"player"`
	Emote  string `json:"emote"`
}

// MapPinged passes a [MapPing] on.
type MapPinged struct {
	Player string `json:"player"`
	At     []int  `json:"at"`
}

// PlayerTyping passes a [Typing] on.
type PlayerTyping struct {
	Player string `json:"player"`
	Typing bool   `json:"typing"`
}

// Presence says who is connected. It answers a [PresenceRequest] and comes again
// when the session has moved: then it fills up as the others arrive.
type Presence struct {
	// Present are game masters and players, at most [MaxPresent], in the order
	// of their names. Spectators are counted.
	Present    []Present `json:"present"`
	Spectators int       `json:"spectators"`
}

// Present is one who is connected, with however many connections.
type Present struct {
	Player string `json:"player"`
	Role   string `json:"role"`
}

// PresenceChange says that a game master or player has come or gone.
type PresenceChange struct {
	Present
	Online bool `json:"online"`
}

// Check says what is wrong with a line.
func (c Chat) Check() error {
	n := 0
	for _, r := range c.Text {
		if n++; n > MaxChatRunes {
			return fmt.Errorf("%w: text has more than %d characters", ErrBadFrame, MaxChatRunes)
		}
		if r != '\n' && unprintable(r) {
			return fmt.Errorf("%w: text has the character U+%04X, which does not print", ErrBadFrame, r)
		}
	}
	if n == 0 {
		return fmt.Errorf("%w: text is missing", ErrBadFrame)
	}
	return nil
}

// unprintable finds control characters, what turns the direction of the text
// around it, and what is no character at all. Joiners stay: emoji need them.
func unprintable(r rune) bool {
	const joiner, nonJoiner, leftToRight, rightToLeft = '\u200d', '\u200c', '\u200e', '\u200f'
	switch r {
	case joiner, nonJoiner, leftToRight, rightToLeft:
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point) || r == utf8.RuneError
}

// Check says what is wrong with a gesture.
func (e Emote) Check() error {
	if e.Emote == "" || len(e.Emote) > MaxEmote {
		return fmt.Errorf("%w: emote must have 1 to %d characters", ErrBadFrame, MaxEmote)
	}
	for _, r := range e.Emote {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return fmt.Errorf("%w: emote must be of a-z, 0-9, - and _", ErrBadFrame)
		}
	}
	return nil
}

// Check says what is wrong with a square.
func (p MapPing) Check() error {
	if len(p.At) != 2 {
		return fmt.Errorf("%w: at must be [x, y]", ErrBadFrame)
	}
	for _, n := range p.At {
		if n < 0 || n > MaxMapSquare {
			return fmt.Errorf("%w: at must lie between 0 and %d", ErrBadFrame, MaxMapSquare)
		}
	}
	return nil
}
