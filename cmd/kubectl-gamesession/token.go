// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth"
)

// token prints a token, signed with the newest key of the session's pool. It
// needs the right to read that Secret.
func (c *command) token(ctx context.Context) error {
	gs, err := c.read(ctx)
	if err != nil {
		return err
	}
	if err := mayJoin(gs, v1alpha1.PlayerID(c.player), auth.Role(c.role)); err != nil {
		return err
	}
	var pool v1alpha1.ShardPool
	if err := c.kube.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: gs.Spec.PoolName}, &pool); err != nil {
		return fmt.Errorf("reading pool %s: %w", gs.Spec.PoolName, err)
	}
	var secret corev1.Secret
	name := pool.Spec.SigningKeySecretRef.Name
	if err := c.kube.Get(ctx, client.ObjectKey{Namespace: c.namespace, Name: name}, &secret); err != nil {
		return fmt.Errorf("reading the signing keys: %w", err)
	}
	keys, err := auth.NewKeys(secret.Data)
	if err != nil {
		return fmt.Errorf("reading the signing keys in Secret %s: %w", name, err)
	}
	now := time.Now()
	signed, err := keys.Sign(auth.Claims{
		Session: string(gs.UID), Player: c.player, Role: auth.Role(c.role),
		Character: c.character, Class: auth.Class(c.class), Generation: c.generation,
		IssuedAt: now.Unix(), Expires: now.Add(c.ttl).Unix(),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.out, signed)
	return err
}

// mayJoin refuses a token that the session's shard would refuse.
func mayJoin(gs *v1alpha1.GameSession, player v1alpha1.PlayerID, role auth.Role) error {
	switch role {
	case auth.GameMaster:
		if !slices.Contains(gs.Spec.GameMasters, player) {
			return fmt.Errorf("%s is not among the gameMasters of session %s: %v", player, gs.Name, gs.Spec.GameMasters)
		}
	case auth.Player:
		if gs.Spec.Access != v1alpha1.AccessOpen && !slices.Contains(gs.Spec.Players, player) {
			return fmt.Errorf("%s is not among the players of session %s: %v", player, gs.Name, gs.Spec.Players)
		}
	}
	return nil
}
