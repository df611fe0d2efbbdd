// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/redis/go-redis/v9"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules/dice"
	"gamesession.dev/operator/shard/session"
)

// verify rolls the dice of a transcript again. It needs no cluster.
func (c *command) verify() error {
	file := io.ReadCloser(os.Stdin)
	if c.session != "-" {
		var err error
		if file, err = os.Open(c.session); err != nil { //nolint:gosec // the user names the file
			return fmt.Errorf("opening the transcript: %w", err)
		}
	}
	report, err := dice.Verify(file)
	err = errors.Join(err, file.Close())
	if err != nil {
		return fmt.Errorf("the dice of %s are not verified: %w", c.session, err)
	}
	fmt.Fprintf(c.out, "session %s\ncommitment %s\n", report.Session, report.Commitment)
	if report.First > 0 {
		fmt.Fprintf(c.out, "the transcript begins at die %d\n", report.First)
	}
	fmt.Fprintf(c.out, "%d dice in %d entries are the ones that the seed and %d nonces give\n", report.Dice, report.Entries, len(report.Nonces))
	return nil
}

// transcript writes what Redis has of a session's dice to standard output.
func (c *command) transcript(ctx context.Context) error {
	opt, err := redis.ParseURL(c.redisURL)
	if err != nil {
		// The URL may hold a password: it is not repeated.
		return wrong("--redis-url must be redis://[user:password@]host:port[/db] or rediss://…")
	}
	keys, err := journal.NewKeys(c.keyPrefix)
	if err != nil {
		return wrong("--key-prefix: %v", err)
	}
	var gs v1alpha1.GameSession
	if err := c.kube.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: c.session}, &gs); err != nil {
		return fmt.Errorf("reading session %s: %w", c.session, err)
	}
	log, err := journal.NewRedis(opt, journal.Config{Keys: keys})
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
