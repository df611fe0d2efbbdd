// SPDX-License-Identifier: Apache-2.0

// Package secret holds what must not be read in logs, errors and answers.
package secret

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what is shown in the place of a secret.
const Redacted = "[redacted]"

// String is a text that shows itself only to who asks for it by [String.Reveal]:
// formatting, logging and encoding give [Redacted], wherever it is a part of. The
// zero String is empty, and shows as that.
type String struct {
	// Behind a pointer not even a field of a field is printed.
	text *string
}

// New returns a secret.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{&text}
}

// Reveal returns the text.
func (s String) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns [Redacted], or nothing of an empty secret.
func (s String) String() string {
	if s.text == nil {
		return ""
	}
	return Redacted
}

// Format writes that with every verb.
func (s String) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText encodes it so, in JSON too.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue logs it so.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Set takes the value of a flag.
func (s *String) Set(text string) error {
	*s = New(text)
	return nil
}
