// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Set clears what an earlier run left, installs the operator, and sets the
// stage. It returns the node to drain: that of the leading operator, away from
// Redis.
func (s *Scene) Set(ctx context.Context) (drained string, err error) {
	nodes, err := s.Nodes(ctx)
	if err != nil {
		return "", err
	}
	if len(nodes) < 2 {
		return "", fmt.Errorf("%d nodes take pods, two are needed", len(nodes))
	}
	s.Say("removing what an earlier run left")
	if err := s.Strike(ctx); err != nil {
		return "", err
	}
	s.Say("installing CRDs and operator")
	if err := s.Install(ctx); err != nil {
		return "", err
	}
	leader, err := s.Leader(ctx)
	if err != nil {
		return "", err
	}
	drained = leader.Spec.NodeName
	other := slices.IndexFunc(nodes, func(n string) bool { return n != drained })
	if other < 0 {
		return "", errors.New("no node but the leader's takes pods")
	}
	s.Say("the operator on %s leads; Redis goes to %s", drained, nodes[other])
	s.Say("starting Redis, %d shards, %d sessions", s.opts.Shards, s.opts.Sessions)
	return drained, s.Stage(ctx, nodes[other])
}

// MoveMany moves sessions one after the other until that many moves are done,
// each asked for when the one before has ended.
func (s *Scene) MoveMany(ctx context.Context, moves int) error {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return err
	}
	for i := range moves {
		name, id := sessions[i%len(sessions)].Name, fmt.Sprintf("bench-%d", i+1)
		if err := s.RequestMove(ctx, name, id); err != nil {
			return err
		}
		if err := s.awaitMove(ctx, name, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scene) awaitMove(ctx context.Context, name, id string) error {
	return Await(ctx, 40*time.Second, "move "+id, func(ctx context.Context) (string, error) {
		gs, err := s.session(ctx, name)
		if err != nil {
			return "", err
		}
		st := gs.Status
		switch {
		case st.HandledMoveID != id:
			return "not acted on yet", nil
		case st.Owner == nil || st.Placement == nil || st.Owner.Epoch != st.Placement.Epoch:
			return "under way", nil
		}
		return "", nil
	})
}
