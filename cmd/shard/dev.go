// SPDX-License-Identifier: Apache-2.0

//go:build !nodev

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"gamesession.dev/operator/cmd/shard/internal/dev"
	"gamesession.dev/operator/shard/node"
)

// devDefaults are those of flags with --dev.
func devDefaults() map[string]string {
	return map[string]string{"listen": dev.Listen, "ops-listen": dev.OpsListen, "log-level": "error", "log-format": "text"}
}

// checkDev says what is wrong with flags that --dev leaves to who gives them.
func checkDev(cfg node.Config) error { return dev.Check(cfg) }

// runDev runs a shard on a stage of its own, and tells how to reach it.
func runDev(ctx, force context.Context, cfg node.Config, logger *slog.Logger, out io.Writer) error {
	stage, err := dev.New(cfg)
	if err != nil {
		return err
	}
	n, err := node.New(stage.Config(), logger)
	if err != nil {
		return errors.Join(err, stage.Close())
	}
	presenting, end := context.WithCancel(ctx)
	var presented sync.WaitGroup
	presented.Go(func() {
		if err := stage.Present(presenting, out); err != nil && presenting.Err() == nil {
			logger.Error("presenting the sample session", "error", err)
		}
	})
	err = n.Run(ctx, force)
	end()
	presented.Wait()
	return errors.Join(err, stage.Close())
}
