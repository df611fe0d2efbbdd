// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"gamesession.dev/operator/cmd/bots/botlog"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// evidence is what the bots of one session logged.
type evidence struct {
	session string
	acks    []ack
	refused map[commandID]bool
	// seen are the commands that updates told of, by position.
	seen   map[wire.Position]author
	hashes map[rules.View]map[wire.Position]string
	// disagree counts the positions at which two bots of a view, or an update
	// and another, differ; fell the times a bot's stream went back.
	disagree, fell int
}

type ack struct {
	commandID
	actionID string
	at       wire.Position
	millis   int64
}

type commandID struct {
	player string
	n      uint64
}

// author names a command by what an update tells of it.
type author struct{ player, actionID string }

// gather reads all logs of a directory, by session.
func gather(dir string) (map[string]*evidence, error) {
	files, err := botlog.Files(dir)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there are no bots' logs in %s", dir)
	}
	sessions := map[string]*evidence{}
	for _, file := range files {
		if err := gatherFile(sessions, file); err != nil {
			return nil, err
		}
	}
	return sessions, nil
}

func gatherFile(sessions map[string]*evidence, file string) error {
	var e *evidence
	var b reading
	return botlog.Read(file, func(l botlog.Line) error {
		if l.Kind == botlog.Start {
			if e = sessions[l.Session]; e == nil {
				e = newEvidence(l.Session)
				sessions[l.Session] = e
			}
			b = reading{player: l.Player, view: rules.View(l.View)}
			return nil
		}
		if e == nil {
			return fmt.Errorf("%s before the start", l.Kind)
		}
		e.take(&b, l)
		return nil
	})
}

func newEvidence(session string) *evidence {
	return &evidence{
		session: session, refused: map[commandID]bool{}, seen: map[wire.Position]author{},
		hashes: map[rules.View]map[wire.Position]string{},
	}
}

// reading is where the reading of one bot's log stands.
type reading struct {
	player string
	view   rules.View
	at     wire.Position
}

func (e *evidence) take(b *reading, l botlog.Line) {
	switch l.Kind {
	case botlog.Ack:
		e.acks = append(e.acks, ack{commandID{b.player, l.N}, l.ActionID, l.Position(), l.UnixMillis})
	case botlog.Refusal:
		// These two say nothing about whether the command was applied earlier.
		if l.Code != wire.RefusalSuperseded && l.Code != wire.RefusalIDReuse {
			e.refused[commandID{b.player, l.N}] = true
		}
	case botlog.Update:
		at := l.Position()
		if at.Epoch < b.at.Epoch || at.Version <= b.at.Version {
			e.fell++
		}
		b.at = at
		if who, known := e.seen[at]; known && who != (author{l.By, l.ActionID}) {
			e.disagree++
		}
		e.seen[at] = author{l.By, l.ActionID}
		e.sawHash(b.view, at, l.Hash)
	case botlog.Sync:
		b.at = l.Position()
		e.sawHash(b.view, b.at, l.Hash)
	}
}

func (e *evidence) sawHash(v rules.View, at wire.Position, hash string) {
	if e.hashes[v] == nil {
		e.hashes[v] = map[wire.Position]string{}
	}
	if before, known := e.hashes[v][at]; known && before != hash {
		e.disagree++
		return
	}
	e.hashes[v][at] = hash
}

// positions lists the positions that updates told of, oldest first: each of
// them was an entry of the journal.
func (e *evidence) positions() []wire.Position {
	var out []wire.Position
	for p := range e.seen {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b wire.Position) int {
		if a.Version != b.Version {
			return int(a.Version) - int(b.Version)
		}
		return int(a.Epoch) - int(b.Epoch)
	})
	return out
}
