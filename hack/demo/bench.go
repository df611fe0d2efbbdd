// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gamesession.dev/operator/test/scene"
)

// Few sessions that play fast: with a command every five milliseconds in each,
// hardly a move goes by without one in flight, and the machine is not busier than
// in the demo.
const (
	benchSessions = 3
	benchRate     = 200
)

// longestPause is what a planned move may cost a player, in milliseconds, at
// the 99th percentile.
const longestPause = 100

func bench(ctx context.Context, s *scene.Scene, moves int) error {
	if _, err := s.Set(ctx); err != nil {
		return err
	}
	play, err := s.Play(ctx)
	if err != nil {
		return err
	}
	defer play.Close()
	s.Say("moving sessions by hand, %d times", moves)
	phase, err := s.Phase(ctx, "move by hand", func(ctx context.Context) error { return s.MoveMany(ctx, moves) })
	if err := errors.Join(err, play.Alive()); err != nil {
		return err
	}
	phase.Spares = true
	results, err := s.Collect(ctx, play, []scene.Phase{phase})
	if err != nil {
		return err
	}
	if err := results.Print(os.Stdout); err != nil {
		return err
	}
	pauses := results.Rows()[0].Pauses
	p99, _ := scene.Quantile(pauses, 99)
	fmt.Printf("\nhandoffs=%d measured=%d p99=%.1fms bound=%dms\n", phase.Moved, len(pauses), p99, longestPause)
	switch {
	case phase.Moved < moves:
		err = fmt.Errorf("%d moves of %d", phase.Moved, moves)
	case len(pauses)*10 < moves*9:
		err = fmt.Errorf("only %d of %d moves had a command in flight", len(pauses), moves)
	case p99 > longestPause:
		err = fmt.Errorf("the p99 of the pauses is %.1f ms, over %d ms", p99, longestPause)
	}
	return errors.Join(err, results.Verdict())
}
