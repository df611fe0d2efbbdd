// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	buildpkg "gamesession.dev/operator/hack/cluster/internal/build"
	"gamesession.dev/operator/hack/cluster/internal/cluster"
	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/image"
	"gamesession.dev/operator/hack/cluster/internal/layout"
)

func build(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	only := flags.String("only", "", "set of programs to build: envtest, or nothing for all")
	if err := parse(flags, args); err != nil {
		return err
	}
	if err := noArgs(flags.Args()); err != nil {
		return err
	}
	return ensure(ctx, *only, out, progress)
}

// assets prints the folder that envtest's KUBEBUILDER_ASSETS names.
func assets(ctx context.Context, args []string, out, progress io.Writer) error {
	if err := noArgs(args); err != nil {
		return err
	}
	return ensure(ctx, "envtest", out, progress)
}

func ensure(ctx context.Context, set string, out, progress io.Writer) error {
	programs, err := buildpkg.Select(set)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	b, err := buildpkg.New(progress)
	if err != nil {
		return err
	}
	if err := b.Ensure(ctx, programs); err != nil {
		return err
	}
	fmt.Fprintln(out, b.Bin)
	return nil
}

// asRoot returns the cluster after making sure of root: another caller is run
// again through sudo, with the same cache and state folder.
func asRoot(progress io.Writer) (*cluster.Cluster, error) {
	dir, err := layout.StateDir()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	b, err := buildpkg.New(progress)
	if err != nil {
		return nil, err
	}
	err = host.BecomeRoot(map[string]string{
		"GAMESESSION_CACHE":       filepath.Dir(filepath.Dir(b.Bin)),
		"GAMESESSION_CLUSTER_DIR": dir,
	})
	if err != nil {
		return nil, err
	}
	return cluster.New(dir, b.Bin, progress), nil
}

// locked is asRoot for commands that change the cluster.
func locked(progress io.Writer) (c *cluster.Cluster, unlock func(), err error) {
	if c, err = asRoot(progress); err != nil {
		return nil, nil, err
	}
	if unlock, err = host.Lock(); err != nil {
		return nil, nil, err
	}
	return c, unlock, nil
}

func up(ctx context.Context, args []string, out, progress io.Writer) error {
	if err := noArgs(args); err != nil {
		return err
	}
	// Built as the caller, before sudo: root may not even have a Go toolchain.
	if err := ensure(ctx, "", io.Discard, progress); err != nil {
		return err
	}
	c, unlock, err := locked(progress)
	if err != nil {
		return err
	}
	defer unlock()
	installed, err := host.InstallPackages(ctx)
	if err != nil {
		return err
	}
	if len(installed) > 0 {
		fmt.Fprintf(progress, "installed %s\n", strings.Join(installed, " "))
	}
	if err := c.Up(ctx); err != nil {
		return err
	}
	fmt.Fprintln(out, c.Kubeconfig())
	return nil
}

func down(ctx context.Context, args []string, _, progress io.Writer) error {
	if err := noArgs(args); err != nil {
		return err
	}
	c, unlock, err := locked(progress)
	if err != nil {
		return err
	}
	defer unlock()
	return c.Down(ctx)
}

func status(ctx context.Context, args []string, out, _ io.Writer) error {
	if err := noArgs(args); err != nil {
		return err
	}
	c, err := asRoot(out)
	if err != nil {
		return err
	}
	return c.Status(ctx)
}

func kubeconfig(_ context.Context, args []string, out, _ io.Writer) error {
	if err := noArgs(args); err != nil {
		return err
	}
	dir, err := layout.StateDir()
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	fmt.Fprintln(out, layout.Cluster{Dir: dir}.Kubeconfig())
	return nil
}

func load(ctx context.Context, args []string, _, progress io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: load wants at least one archive", errUsage)
	}
	c, unlock, err := locked(progress)
	if err != nil {
		return err
	}
	defer unlock()
	if err := c.Load(ctx, args); err != nil {
		return err
	}
	for _, a := range args {
		names, err := image.Names(a)
		if err != nil {
			return err
		}
		fmt.Fprintf(progress, "loaded %s into both nodes\n", strings.Join(names, " "))
	}
	return nil
}
