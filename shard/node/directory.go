// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"errors"

	"gamesession.dev/operator/shard/journal"
)

// directory finds owners in the journal and addresses in the heartbeats.
type directory struct{ n *Node }

var errNoHeartbeat = errors.New("it has no heartbeat")

func (d directory) Owner(ctx context.Context, id string) (journal.Owner, error) {
	return d.n.log.Owner(ctx, id)
}

func (d directory) Address(ctx context.Context, shard string) (string, error) {
	beats, err := d.n.registry.Shards(ctx, d.n.cfg.Pool, []string{shard})
	if err != nil {
		return "", err
	}
	if len(beats) == 0 {
		return "", errNoHeartbeat
	}
	if beats[0].TLS {
		return "https://" + beats[0].Address, nil
	}
	return "http://" + beats[0].Address, nil
}
