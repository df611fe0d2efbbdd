// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Bounds of a client's frame, besides [MaxFrameBytes] and its depth.
const (
	maxKeys     = 256 // of all its objects together
	maxKeyBytes = 64
	// maxInteger is the largest integer that every JSON reader holds exactly
	// (RFC 8259, section 6).
	maxInteger = 1<<53 - 1
)

// DecodeRequest is [DecodeFrame] for what a client sent. It also refuses what a
// JSON decoder lets pass and two readers understand differently: a key that
// comes twice or in another spelling, a half of a surrogate pair, U+0000, a
// number that not every reader can hold; and more keys than any frame needs.
func DecodeRequest(message []byte) (Frame, error) {
	if err := inspect(message); err != nil {
		return Frame{}, fmt.Errorf("%w: %w", ErrBadFrame, err)
	}
	return DecodeFrame(message)
}

// span is a part of a message.
type span struct{ from, to int }

// inspect walks over a message once. What is not JSON it may pass over: the
// decoder behind it refuses that.
func inspect(data []byte) error {
	var (
		usual [16]span          // as many as commands have: each reader's stack has this
		keys  = usual[:0]       // of the objects that are open
		first [maxDepth + 1]int // by depth: index into keys
		depth int
		total int
	)
	for i := 0; i < len(data); {
		switch c := data[i]; {
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("nested deeper than %d", maxDepth)
			}
			first[depth] = len(keys)
			i++
		case c == '}' || c == ']':
			if depth > 0 {
				keys = keys[:first[depth]]
				depth--
			}
			i++
		case c == '"':
			end, err := scanString(data, i)
			if err != nil {
				return err
			}
			if isKey(data, end) {
				if total++; total > maxKeys {
					return fmt.Errorf("more than %d keys", maxKeys)
				}
				key := span{i + 1, end - 1}
				if err := checkKey(data, key, depth, keys[first[depth]:]); err != nil {
					return err
				}
				keys = append(keys, key)
			}
			i = end
		case c == '-' || '0' <= c && c <= '9':
			end := scanNumber(data, i)
			if err := checkNumber(data[i:end]); err != nil {
				return err
			}
			i = end
		default:
			i++
		}
	}
	return nil
}

// checkKey compares a key with those of its object that came before.
func checkKey(data []byte, key span, depth int, before []span) error {
	text := data[key.from:key.to]
	if len(text) > maxKeyBytes {
		return fmt.Errorf("a key has more than %d bytes", maxKeyBytes)
	}
	for _, c := range text {
		// Fields of the protocol are matched without regard to case by some
		// decoders. They have one spelling.
		if c == '\\' || depth <= 2 && (c >= utf8.RuneSelf || 'A' <= c && c <= 'Z') {
			return fmt.Errorf("unknown field %q", text)
		}
	}
	for _, b := range before {
		if bytes.EqualFold(text, data[b.from:b.to]) {
			return fmt.Errorf("the key %q comes twice", text)
		}
	}
	return nil
}

// isKey says whether the string that ends before i is a key.
func isKey(data []byte, i int) bool {
	for ; i < len(data); i++ {
		switch data[i] {
		case ' ', '\t', '\r', '\n':
		default:
			return data[i] == ':'
		}
	}
	return false
}

// scanString returns the index behind the string that begins at i.
func scanString(data []byte, i int) (int, error) {
	high := false // the last character was the first half of a surrogate pair
	for i++; i < len(data); {
		unit, size := uint64(0), 1
		switch {
		case data[i] == '"':
			if high {
				return 0, errLoneSurrogate
			}
			return i + 1, nil
		case data[i] == '\\' && i+6 <= len(data) && data[i+1] == 'u':
			size = 6
			var err error
			if unit, err = strconv.ParseUint(string(data[i+2:i+6]), 16, 16); err != nil {
				return 0, fmt.Errorf("%q is no character", data[i:i+6])
			}
			if unit == 0 {
				return 0, errZeroCharacter
			}
		case data[i] == '\\':
			size = 2
		}
		isLow := 0xdc00 <= unit && unit < 0xe000
		if high != isLow {
			return 0, errLoneSurrogate
		}
		high = 0xd800 <= unit && unit < 0xdc00
		i += size
	}
	return len(data), nil // without an end
}

var (
	errLoneSurrogate = errors.New("half of a surrogate pair")
	errZeroCharacter = errors.New("the character U+0000")
)

func scanNumber(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch c := data[i]; {
		case '0' <= c && c <= '9', c == '.', c == 'e', c == 'E', c == '+', c == '-':
		default:
			return i
		}
	}
	return i
}

func checkNumber(text []byte) error {
	if bytes.ContainsAny(text, ".eE") {
		if _, err := strconv.ParseFloat(string(text), 64); err != nil {
			return fmt.Errorf("%.40q is not a number that can be held", text)
		}
		return nil
	}
	digits := bytes.TrimPrefix(text, []byte("-"))
	if n, err := strconv.ParseUint(string(digits), 10, 64); err != nil || n > maxInteger {
		return fmt.Errorf("%.40q is beyond what every reader can hold: 2^53 - 1", text)
	}
	return nil
}

// DecodeObject reads a JSON object from the outside strictly into v, by the
// measures of [DecodeRequest]: unknown fields are refused, too. Nothing at all
// is an object without fields.
func DecodeObject(data []byte, v any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	switch err := inspect(data); {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrBadFrame, err)
	case !utf8.Valid(data):
		return fmt.Errorf("%w: not valid UTF-8", ErrBadFrame)
	case Depth(data) > maxDepth:
		return fmt.Errorf("%w: nested deeper than %d", ErrBadFrame, maxDepth)
	case bytes.TrimLeft(data, " \t\r\n")[0] != '{':
		return fmt.Errorf("%w: not an object", ErrBadFrame)
	}
	return strict(data, v)
}
