// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"text/tabwriter"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// status shows one session, or all sessions and shards of the namespace.
func (c *command) status(ctx context.Context) error {
	if c.session != "" {
		gs, err := c.read(ctx)
		if err != nil {
			return err
		}
		return c.showSession(gs)
	}
	var sessions v1alpha1.GameSessionList
	var pools v1alpha1.ShardPoolList
	if err := c.kube.List(ctx, &sessions, client.InNamespace(c.namespace)); err != nil {
		return fmt.Errorf("listing sessions: %w", err)
	}
	if err := c.kube.List(ctx, &pools, client.InNamespace(c.namespace)); err != nil {
		return fmt.Errorf("listing pools: %w", err)
	}
	if len(sessions.Items)+len(pools.Items) == 0 {
		_, err := fmt.Fprintf(c.out, "No sessions and no pools in namespace %s.\n", c.namespace)
		return err
	}
	t := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "SESSION\tREADY\tSHARD\tPLAYERS\tVERSION\tMOVES\tLAST MOVE\tPAUSE")
	for i := range sessions.Items {
		gs := &sessions.Items[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", gs.Name, readiness(gs), ownerOf(gs), orDash(gs.Status.PlayersConnected),
			gs.Status.Version, gs.Status.Moves, lastReason(gs), pause(gs))
	}
	fmt.Fprintln(t, "\t\t\t\t\t\t\t\nSHARD\tSTATE\tNODE\tSESSIONS\tPOOL\t\t\t")
	for i := range pools.Items {
		for _, sh := range pools.Items[i].Status.Shards {
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t\t\t\n", sh.Name, sh.State, orDash(sh.Node), sh.Sessions, pools.Items[i].Name)
		}
	}
	return t.Flush()
}

func (c *command) showSession(gs *v1alpha1.GameSession) error {
	t := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	st := &gs.Status
	fmt.Fprintf(t, "Session:\t%s\nTitle:\t%s\nID:\t%s\nPool:\t%s\nLifecycle:\t%s\n", gs.Name, orDash(gs.Spec.Title), gs.UID, gs.Spec.PoolName, gs.Spec.Lifecycle)
	fmt.Fprintf(t, "Owner:\t%s\n", ownerOf(gs))
	if st.Placement != nil && (st.Owner == nil || st.Placement.Epoch != st.Owner.Epoch) {
		fmt.Fprintf(t, "Moving to:\t%s (%s, %s)\n", st.Placement.Shard, st.Placement.Mode, st.Placement.Reason)
	}
	if st.Owner != nil {
		fmt.Fprintf(t, "Position:\tepoch %d, version %d, round %d\n", st.Owner.Epoch, st.Version, st.Round)
	}
	fmt.Fprintf(t, "Players:\t%s %v\nEndpoint:\t%s\nMoves:\t%d\n", orDash(st.PlayersConnected), st.Players, orDash(st.Endpoint), st.Moves)
	if m := st.LastMove; m != nil {
		fmt.Fprintf(t, "Last move:\t%s to %s, %s (%s), pause %s\n", m.From, m.To, m.Reason, m.Mode, pause(gs))
	}
	for _, cond := range st.Conditions {
		fmt.Fprintf(t, "%s:\t%s, %s: %s\n", cond.Type, cond.Status, cond.Reason, cond.Message)
	}
	return t.Flush()
}

func (c *command) read(ctx context.Context) (*v1alpha1.GameSession, error) {
	gs := &v1alpha1.GameSession{}
	err := c.kube.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: c.session}, gs)
	if client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("reading session %s: %w", c.session, err)
	}
	if err != nil {
		return nil, fmt.Errorf("there is no session %s in namespace %s", c.session, c.namespace)
	}
	return gs, nil
}

// readiness is the status of condition Ready, with its reason when it is not
// true.
func readiness(gs *v1alpha1.GameSession) string {
	cond := meta.FindStatusCondition(gs.Status.Conditions, v1alpha1.SessionReady)
	switch {
	case cond == nil:
		return "Unknown"
	case cond.Status == "True":
		return "True"
	default:
		return string(cond.Status) + " (" + cond.Reason + ")"
	}
}

func ownerOf(gs *v1alpha1.GameSession) string {
	if gs.Status.Owner == nil {
		return "-"
	}
	return gs.Status.Owner.Shard
}

func lastReason(gs *v1alpha1.GameSession) string {
	if gs.Status.LastMove == nil {
		return "-"
	}
	return orDash(string(gs.Status.LastMove.Reason))
}

func pause(gs *v1alpha1.GameSession) string {
	if m := gs.Status.LastMove; m != nil && m.PauseMilliseconds != nil {
		return strconv.FormatInt(*m.PauseMilliseconds, 10) + " ms"
	}
	return "-"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
