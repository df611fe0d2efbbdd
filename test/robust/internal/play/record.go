// SPDX-License-Identifier: Apache-2.0

package play

import (
	"encoding/json"
	"errors"
	"os"
	"sync"
	"time"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Kind is what a client did.
type Kind string

// The kinds of operations.
const (
	Act  Kind = "act"  // a command
	Read Kind = "read" // a sync
)

// Outcome is what a client knows of an operation.
type Outcome string

// The outcomes.
const (
	Acked   Outcome = "acked"
	Refused Outcome = "refused"
	Unknown Outcome = "unknown" // nobody answered: it may have happened, or may yet
)

// Op is one operation of a client. Times are since the record began, by the
// monotonic clock.
type Op struct {
	Session int
	Client  int
	Player  string
	Kind    Kind
	Call    time.Duration
	Return  time.Duration // of an unknown one: never
	Outcome Outcome
	// N, ActionID and Code are those of a command; Sends is how often it was sent.
	N        uint64
	ActionID string
	Code     string
	Sends    int
	// Position is the entry that a command became, or the state that was read.
	Position wire.Position
	// LastN and Hash are what a read gave.
	LastN uint64
	Hash  string
}

// Step is one thing that moved a client's document on: a link of the chain, or a
// sync that replaced it.
type Step struct {
	At       time.Duration
	Sync     bool
	From     uint64 // of a link
	Position wire.Position
	Hash     string
	By       string // of a link
	ActionID string // of a link
}

// Stream is what one client was shown, in order.
type Stream struct {
	Session int
	Client  int
	Player  string
	View    rules.View
	Steps   []Step
	// Faults are broken promises that the client itself saw.
	Faults []string
	// Resumes and Reconnects are how often it went on.
	Resumes, Reconnects, TooOld int
}

// Record is all that the clients of one history were told. It is safe for
// concurrent use.
type Record struct {
	begun time.Time

	mu      sync.Mutex
	ops     []Op
	streams []*Stream
}

// NewRecord begins a record.
func NewRecord() *Record { return &Record{begun: time.Now()} }

// Now is the time of the record.
func (r *Record) Now() time.Duration { return r.At(time.Now()) }

// At is a moment in the time of the record.
func (r *Record) At(t time.Time) time.Duration { return t.Sub(r.begun) }

func (r *Record) op(o Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops = append(r.ops, o)
}

func (r *Record) stream(s *Stream) *Stream {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.streams = append(r.streams, s)
	return s
}

func (r *Record) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// Count returns how many operations have ended with an outcome so far.
func (r *Record) Count(session int, outcomes ...Outcome) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i := range r.ops {
		for _, o := range outcomes {
			if r.ops[i].Outcome == o && (session < 0 || r.ops[i].Session == session) {
				n++
			}
		}
	}
	return n
}

// AckedSince says whether session has an acknowledgement of a command that was
// given after a time of the record.
func (r *Record) AckedSince(session int, t time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.ops) - 1; i >= 0; i-- {
		o := &r.ops[i]
		if o.Session == session && o.Kind == Act && o.Outcome == Acked && o.Call >= t {
			return true
		}
	}
	return false
}

// Ops and Streams return what was recorded. They are called when play is over.
func (r *Record) Ops() []Op { return r.ops }

// Streams returns what each client was shown.
func (r *Record) Streams() []*Stream { return r.streams }

// Save writes the record to a file: first the operations, then the streams, one
// in each line.
func (r *Record) Save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	out := json.NewEncoder(f)
	for i := range r.ops {
		err = errors.Join(err, out.Encode(&r.ops[i]))
	}
	for _, s := range r.streams {
		err = errors.Join(err, out.Encode(s))
	}
	return errors.Join(err, f.Close())
}
