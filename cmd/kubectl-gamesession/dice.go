// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
)

// verify rolls the dice of a transcript again and folds its entries. It needs no
// cluster.
func (c *command) verify() error {
	text, err := c.readTranscript()
	if err != nil {
		return fmt.Errorf("opening the transcript: %w", err)
	}
	report, err := dice.Verify(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("the dice of %s are not verified: %w", c.session, err)
	}
	replay, err := session.ReadTranscript(bytes.NewReader(text))
	for more := true; more && err == nil; {
		_, more, err = replay.Next()
	}
	if err != nil {
		return fmt.Errorf("the dice of %s are right, but its entries cannot be folded: %w", c.session, err)
	}
	fmt.Fprintf(c.out, "session %s\ncommitment %s\n", report.Session, report.Commitment)
	if report.First > 0 {
		fmt.Fprintf(c.out, "the transcript begins at die %d\n", report.First)
	}
	fmt.Fprintf(c.out, "%d dice in %d entries are the ones that the seed and %d nonces give\n", report.Dice, report.Entries, len(report.Nonces))
	fmt.Fprintf(c.out, "the entries end at version %d, where the views have these hashes:\n", replay.Position().Version)
	for _, view := range rules.Views() {
		fmt.Fprintf(c.out, "  %-6s %s\n", view, replay.ViewHash(view))
	}
	return nil
}

func (c *command) readTranscript() ([]byte, error) {
	if c.session == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(c.session)
}

// transcript writes what Redis has of a session's dice to standard output.
func (c *command) transcript(ctx context.Context) error {
	gs, err := c.read(ctx)
	if err != nil {
		return err
	}
	log, err := journal.NewRedis(c.store, journal.Config{Keys: c.keys})
	if err != nil {
		return err
	}
	id := string(gs.UID)
	loaded, err := log.Load(ctx, id)
	if err == nil {
		out := bufio.NewWriter(c.out)
		if err = session.WriteTranscript(out, id, loaded); err == nil {
			err = out.Flush()
		}
	}
	if err = errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("reading the journal of session %s: %w", c.session, err)
	}
	return nil
}
