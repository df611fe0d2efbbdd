// SPDX-License-Identifier: Apache-2.0

//go:build nodev

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"gamesession.dev/operator/shard/node"
)

// Images are built with the tag nodev: what is shipped holds no store in memory.
var errNoDev = errors.New("--dev is not in this build")

func devDefaults() map[string]string { return nil }

func checkDev(node.Config) error { return errNoDev }

func runDev(context.Context, context.Context, node.Config, *slog.Logger, io.Writer) error {
	return errNoDev
}
