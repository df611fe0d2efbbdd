// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"testing"

	"gamesession.dev/operator/test/redistest"
)

// TestStart: an append that nobody waits for has the outcome of one that somebody
// waits for, once.
func TestStart(t *testing.T) {
	server := redistest.Start(t)
	r := open(t, server.Options(), Config{}, embeddedScripts())
	at := start(t, r, "s")
	outcome := make(chan error, 4)
	begin := func(me Owner, expect Position) func() bool {
		t.Helper()
		cancel := r.Start("s", me, expect, one(expect.Next(me.Epoch)), func(err error) { outcome <- err })
		if cancel == nil {
			t.Fatal("the append does not begin")
		}
		return cancel
	}
	begin(ownerA, at)
	if err := <-outcome; err != nil {
		t.Fatalf("appending: %v", err)
	}
	begin(ownerA, at)
	if err := <-outcome; !errors.Is(err, ErrGap) {
		t.Errorf("appending once more: %v, want %v", err, ErrGap)
	}
	stranger := ownerA
	stranger.Incarnation += "x"
	begin(stranger, at)
	if err := <-outcome; !errors.Is(err, ErrStale) {
		t.Errorf("appending as another: %v, want %v", err, ErrStale)
	}

	// While one pipeline is in flight the next append can be taken back.
	next := at.Next(1)
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	first := begin(ownerA, next)
	for len(r.committer.queue) > 0 { // until it was taken
		select {
		case err := <-outcome:
			t.Fatalf("ended with %v while the server is paused", err)
		default:
		}
	}
	written := 1
	last := next.Next(1)
	for second := begin(ownerA, last); !second(); second = begin(ownerA, last) {
		// It went into the same pipeline; the next one waits behind that.
		last = last.Next(1)
		written++
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	for range written {
		if err := <-outcome; err != nil {
			t.Fatalf("appending: %v", err)
		}
	}
	if first() {
		t.Error("an append that was made is taken back")
	}
	entries, err := r.Read(t.Context(), "s", at, 10)
	if err != nil || len(entries) != 1+written {
		t.Errorf("%d entries (%v), want %d", len(entries), err, 1+written)
	}
	if len(outcome) > 0 {
		t.Errorf("one outcome too many: %v", <-outcome)
	}

	if r.Start("s", ownerA, at, nil, func(error) {}) != nil {
		t.Error("an append that is not valid begins")
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if r.Start("s", ownerA, next.Next(1), one(next.Next(1).Next(1)), func(error) {}) != nil {
		t.Error("an append to a closed journal begins")
	}
}
