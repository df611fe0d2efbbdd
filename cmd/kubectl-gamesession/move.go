// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// pollInterval is how often a move is looked at.
const pollInterval = 50 * time.Millisecond

// move asks for a move, and waits for its end if it is to.
func (c *command) move(ctx context.Context) error {
	before, err := c.read(ctx)
	if err != nil {
		return err
	}
	switch {
	case before.DeletionTimestamp != nil:
		return fmt.Errorf("session %s is being deleted", c.session)
	case before.Status.Owner == nil:
		return fmt.Errorf("session %s has not started yet: there is nothing to move", c.session)
	case c.to != "" && before.Status.Owner.Shard == c.to:
		_, err := fmt.Fprintf(c.out, "Session %s is on shard %s already.\n", c.session, c.to)
		return err
	}
	asked := before.DeepCopy()
	asked.Spec.Move = &v1alpha1.MoveRequest{ID: "kubectl-" + rand.String(10), To: c.to}
	if err := c.kube.Patch(ctx, asked, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("asking for the move: %w", err)
	}
	if !c.wait {
		_, err := fmt.Fprintf(c.out, "Asked for session %s to be moved off shard %s.\n", c.session, before.Status.Owner.Shard)
		return err
	}
	return c.await(ctx, before.Status.Owner.Epoch, asked.Spec.Move.ID)
}

// await waits until the request was acted on and what came of it is settled.
func (c *command) await(ctx context.Context, epoch int64, id string) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	why := "the operator has not acted on it"
	for {
		gs, err := c.read(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if err == nil && gs.Status.HandledMoveID == id {
			done, state, err := c.outcome(ctx, gs, epoch, id)
			if done || err != nil {
				return err
			}
			why = state
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %s for session %s to move: %s", c.timeout, c.session, why)
		case <-tick.C:
		}
	}
}

// outcome says whether a request that was acted on has come to its end.
func (c *command) outcome(ctx context.Context, gs *v1alpha1.GameSession, epoch int64, id string) (done bool, state string, err error) {
	p, o, m := gs.Status.Placement, gs.Status.Owner, gs.Status.LastMove
	switch {
	case o == nil || p == nil:
		return false, "it has no owner", nil
	case p.Epoch == epoch:
		return true, "", c.refusal(ctx, id)
	case o.Epoch != p.Epoch || o.Epoch == epoch:
		return false, fmt.Sprintf("it is still moving to shard %s", p.Shard), nil
	case m == nil || m.PauseMilliseconds == nil && time.Since(m.Time.Time) < 5*time.Second:
		return false, "its new owner has not reported yet", nil
	}
	_, err = fmt.Fprintf(c.out, "Session %s moved from shard %s to %s in epoch %d, pause %s.\n", c.session, m.From, o.Shard, o.Epoch, pause(gs))
	return true, "", err
}

// refusal finds the operator's reason for not moving the session.
func (c *command) refusal(ctx context.Context, id string) error {
	var events eventsv1.EventList
	if err := c.kube.List(ctx, &events, client.InNamespace(c.namespace)); err == nil {
		for _, e := range events.Items {
			if text, found := strings.CutPrefix(e.Note, "Move "+id+": "); found && e.Regarding.Name == c.session {
				return fmt.Errorf("the move was refused: %s", text)
			}
		}
	}
	return fmt.Errorf("the move was refused: see the Events of session %s", c.session)
}
