// SPDX-License-Identifier: Apache-2.0

package node

import (
	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/limit"
	"gamesession.dev/operator/shard/server"
)

// limits are what bounds clients. What is counted for all shards together is
// counted in Redis.
func (n *Node) limits() server.Limits {
	rules := n.cfg.ConnectLimit
	l := server.Limits{
		Connects:   limit.NewShared(n.redis, n.cfg.KeyPrefix, "connects", rules.Usual),
		ConnectsOf: map[auth.Class]server.Counter{},
		Messages:   n.cfg.MessageLimit, TrustedProxies: n.cfg.TrustedProxies,
	}
	for class, rule := range rules.Classes {
		l.ConnectsOf[auth.Class(class)] = limit.NewShared(n.redis, n.cfg.KeyPrefix, "connects-"+class, rule)
	}
	return l
}
