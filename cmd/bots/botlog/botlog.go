// SPDX-License-Identifier: Apache-2.0

// Package botlog is the log that each bot keeps of what it was told: one JSON
// object a line, one file a bot. It is the players' side of the evidence; the
// journal is the other one.
package botlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gamesession.dev/operator/shard/wire"
)

// Kind says what a line tells.
type Kind string

// The kinds of lines.
const (
	Start     Kind = "start"     // the bot begins: Session, Player, View
	Open      Kind = "open"      // a shard greeted on a connection
	Resumed   Kind = "resumed"   // a connection went on along the chain
	Sync      Kind = "sync"      // the document was replaced whole; Hash
	Update    Kind = "update"    // a link of the chain was taken; By, ActionID, Hash
	Ack       Kind = "ack"       // a command was acknowledged; N, ActionID
	Refusal   Kind = "refusal"   // a command was refused for good; N, ActionID, Code
	Moved     Kind = "moved"     // the session has a new owner; Followed
	Lost      Kind = "lost"      // the shard said that history was lost
	Close     Kind = "close"     // a connection ended; Code, Reason
	Violation Kind = "violation" // a promise was broken; What
)

// Line is one line of a log. Position is set where the kind has one.
type Line struct {
	UnixMillis int64  `json:"t"`
	Kind       Kind   `json:"k"`
	Session    string `json:"session,omitempty"`
	Player     string `json:"player,omitempty"`
	View       string `json:"view,omitempty"`
	N          uint64 `json:"n,omitempty"`
	ActionID   string `json:"action_id,omitempty"`
	Epoch      uint64 `json:"epoch,omitempty"`
	Version    uint64 `json:"version,omitempty"`
	Hash       string `json:"hash,omitempty"`
	By         string `json:"by,omitempty"`
	Repeated   bool   `json:"repeated,omitempty"`
	Followed   bool   `json:"followed,omitempty"`
	Code       string `json:"code,omitempty"`
	Reason     string `json:"reason,omitempty"`
	What       string `json:"what,omitempty"`
}

// At sets the line's position.
func (l Line) At(p wire.Position) Line {
	l.Epoch, l.Version = p.Epoch, p.Version
	return l
}

// Position returns the line's position.
func (l Line) Position() wire.Position { return wire.Position{Epoch: l.Epoch, Version: l.Version} }

// suffix ends the name of every log.
const suffix = ".ndjson"

// maxLine bounds a line that is read.
const maxLine = 1 << 20

// Writer writes one bot's log. The zero value writes nowhere. It is not safe
// for concurrent use.
type Writer struct {
	file *os.File
	buf  *bufio.Writer
	err  error
}

// Create begins the log of one bot in a directory, and writes its first line.
func Create(dir, session, player, view string) (*Writer, error) {
	file, err := os.Create(filepath.Join(dir, session+"."+player+suffix))
	if err != nil {
		return nil, fmt.Errorf("creating a bot's log: %w", err)
	}
	w := &Writer{file: file, buf: bufio.NewWriterSize(file, 32<<10)}
	w.Write(Line{Kind: Start, Session: session, Player: player, View: view})
	return w, nil
}

// Write adds a line, with the time of now unless it has one. The first error is
// kept for Close.
func (w *Writer) Write(l Line) {
	if w.file == nil || w.err != nil {
		return
	}
	if l.UnixMillis == 0 {
		l.UnixMillis = time.Now().UnixMilli()
	}
	data, err := json.Marshal(l)
	if err == nil {
		_, err = w.buf.Write(append(data, '\n'))
	}
	if err == nil && l.Kind != Update {
		// Whoever reads along must not wait for what is rare.
		err = w.buf.Flush()
	}
	w.err = err
}

// Close writes out what is buffered and returns the first error there was.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	err := w.err
	if err == nil {
		err = w.buf.Flush()
	}
	if e := w.file.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("writing a bot's log: %w", err)
	}
	return nil
}

// Files lists the logs in a directory, sorted by name.
func Files(dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("listing bots' logs: %w", err)
	}
	return files, nil
}

// Read calls take with every line of a log, in order, until it returns an
// error. A last line without an end, as a killed bot leaves it, is passed over.
func Read(path string, take func(Line) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading a bot's log: %w", err)
	}
	name := strings.TrimSuffix(filepath.Base(path), suffix)
	for number := 1; ; number++ {
		text, rest, ended := bytes.Cut(data, []byte("\n"))
		if !ended {
			return nil
		}
		data = rest
		var l Line
		if len(text) > maxLine {
			return fmt.Errorf("reading the log of %s: line %d has %d bytes", name, number, len(text))
		}
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("reading the log of %s: line %d: %w", name, number, err)
		}
		if err := take(l); err != nil {
			return fmt.Errorf("reading the log of %s: line %d: %w", name, number, err)
		}
	}
}
