// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"

	"gamesession.dev/operator/test/bench/internal/colyseus"
	"gamesession.dev/operator/test/bench/internal/product"
	"gamesession.dev/operator/test/bench/internal/tt1"
)

// server is one of those that are measured.
type server struct {
	name  string
	start func(ctx context.Context, o options, dir string) (m *tt1.Measured, stop func(), err error)
}

// servers are the product and, if asked for, the peers.
func (o options) servers() []server {
	name := "product"
	if o.identity {
		name += "+identity"
	}
	all := []server{{name, startProduct}}
	if o.peers != "" {
		all = append(all,
			server{"colyseus", startColyseus("")},
			server{"colyseus+xadd", startColyseus("everysec")},
			server{"colyseus+xadd+fsync", startColyseus("always")}, // which promises what the product does
		)
	}
	return all
}

func startProduct(ctx context.Context, o options, dir string) (*tt1.Measured, func(), error) {
	s, err := product.Start(ctx, o.binary, dir, o.identity)
	if err != nil {
		return nil, nil, err
	}
	return &tt1.Measured{
		Game: s, PID: s.Shard.PID(), StorePID: s.Redis.PID(),
		Tables: func(n int) error { return s.Create(ctx, n) },
	}, s.Stop, nil
}

func startColyseus(fsync string) func(context.Context, options, string) (*tt1.Measured, func(), error) {
	return func(ctx context.Context, o options, dir string) (*tt1.Measured, func(), error) {
		s, err := colyseus.Start(ctx, o.peers, dir, fsync)
		if err != nil {
			return nil, nil, err
		}
		return &tt1.Measured{Game: s, PID: s.PID(), StorePID: s.StorePID(), Tables: s.Create}, s.Stop, nil
	}
}
