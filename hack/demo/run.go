// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"gamesession.dev/operator/test/scene"
)

// handMoves is how many sessions the demo moves by hand.
const handMoves = 5

func run(ctx context.Context, s *scene.Scene) error {
	began := time.Now()
	drained, err := s.Set(ctx)
	if err != nil {
		return err
	}
	play, err := s.Play(ctx)
	if err != nil {
		return err
	}
	defer play.Close()
	if err := s.AwaitSeated(ctx, 30*time.Second); err != nil {
		return err
	}
	s.Say("220 bots play: ten players and a game master in each of 20 fights; half of them ignore every hint to move")
	before, err := table(ctx, s)
	if err != nil {
		return err
	}
	phases, faultErr := faults(ctx, s, play, drained)
	after, err := table(ctx, s)
	if err := errors.Join(faultErr, err); err != nil {
		return err
	}
	s.Say("the bots stop; another program folds every journal and compares it with what they logged")
	results, err := s.Collect(ctx, play, phases)
	if err != nil {
		return err
	}
	fmt.Printf("\nbefore:\n%s\nafter:\n%s\n", before, after)
	if err := results.Print(os.Stdout); err != nil {
		return err
	}
	if err := results.Verdict(); err != nil {
		return err
	}
	fmt.Printf("\n0 acknowledged commands lost, 0 applied twice; %s in all; logs in %s\n",
		time.Since(began).Round(time.Second), s.Out())
	return nil
}

// faults does to the cluster, one after the other, what the demo promises.
func faults(ctx context.Context, s *scene.Scene, play *scene.Play, node string) ([]scene.Phase, error) {
	steps := []struct {
		cause  string
		say    string
		spares bool
		do     func(context.Context) error
	}{
		{"move by hand", fmt.Sprintf("kubectl gamesession move, %d times", handMoves), true, func(ctx context.Context) error {
			return s.MoveByHand(ctx, handMoves)
		}},
		{"drain", "kubectl drain " + node + ", where the leading operator runs", false, func(ctx context.Context) error {
			took, err := s.Drain(ctx, node)
			if err == nil {
				s.Say("  kubectl drain returned after %s", took.Round(100*time.Millisecond))
			}
			return errors.Join(err, s.Uncordon(ctx, node))
		}},
		{"kill -9", "kill -9 of the busiest shard", false, func(ctx context.Context) error {
			shard, err := s.BusiestShard(ctx)
			if err != nil {
				return err
			}
			return s.Kill(ctx, shard)
		}},
		{"rollout", "rollout of another build: " + s.Images().ShardNext, false, s.Rollout},
	}
	var phases []scene.Phase
	for _, step := range steps {
		s.Say("%s", step.say)
		phase, err := s.Phase(ctx, step.cause, step.do)
		if err := errors.Join(err, play.Alive()); err != nil {
			return nil, err
		}
		s.Say("  %d sessions moved, all of them play; %s", phase.Moved, phase.End.Sub(phase.Start).Round(100*time.Millisecond))
		phase.Spares = step.spares
		phases = append(phases, phase)
	}
	return phases, nil
}

func table(ctx context.Context, s *scene.Scene) (string, error) {
	return s.Show(ctx, "-n", scene.Namespace, "get", "gsess")
}
