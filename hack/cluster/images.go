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
	"gamesession.dev/operator/hack/cluster/internal/image"
)

// list collects a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(v string) error { *l = append(*l, v); return nil }

func binaryImage(_ context.Context, args []string, out, _ io.Writer) error {
	var b image.Binary
	var files, labels list
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.StringVar(&b.Name, "name", "", "name of the image, with a tag")
	flags.StringVar(&b.Path, "binary", "", "static program that the image starts")
	flags.StringVar(&b.As, "binary-name", "", "name of the program in the image (default: its own)")
	flags.IntVar(&b.User, "user", image.NonRoot, "user and group id that it runs as")
	flags.Var(&files, "file", "further file, SOURCE:/DESTINATION (may be repeated)")
	flags.Var(&labels, "label", "label of the image, KEY=VALUE (may be repeated)")
	archive := flags.String("out", "", "archive to write (default: in the cache folder)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if err := noArgs(flags.Args()); err != nil {
		return err
	}
	if b.Name == "" || b.Path == "" {
		return fmt.Errorf("%w: image wants --name and --binary", errUsage)
	}
	b.Files, b.Labels = files, map[string]string{}
	for _, l := range labels {
		key, value, ok := strings.Cut(l, "=")
		if !ok || key == "" {
			return fmt.Errorf("%w: label %q is not KEY=VALUE", errUsage, l)
		}
		b.Labels[key] = value
	}
	spec, err := b.Spec()
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return writeArchive(spec, *archive, out)
}

func redisImage(ctx context.Context, args []string, out, _ io.Writer) error {
	flags := flag.NewFlagSet("redis-image", flag.ContinueOnError)
	archive := flags.String("out", "", "archive to write (default: in the cache folder)")
	if err := parse(flags, args); err != nil {
		return err
	}
	if err := noArgs(flags.Args()); err != nil {
		return err
	}
	spec, err := image.Redis(ctx)
	if err != nil {
		return err
	}
	return writeArchive(spec, *archive, out)
}

// writeArchive prints the path of the archive as the last thing it does.
func writeArchive(spec image.Spec, archive string, out io.Writer) error {
	if archive == "" {
		root, err := buildpkg.CacheRoot()
		if err != nil {
			return err
		}
		archive = filepath.Join(root, "images", fileName(spec.Name)+".tar")
	}
	if _, err := image.WriteArchive(spec, archive); err != nil {
		return err
	}
	fmt.Fprintln(out, archive)
	return nil
}

// fileName makes one path element of an image name.
func fileName(name string) string {
	return strings.NewReplacer("/", "_", ":", "_").Replace(name)
}
