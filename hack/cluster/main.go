// SPDX-License-Identifier: Apache-2.0

// Command cluster runs a real two-node Kubernetes on this machine, without a
// container engine and without an image registry.
//
//	go run . build [--only envtest]
//	go run . assets
//	go run . up | down | status | kubeconfig
//	go run . image --name NAME --binary PATH [--binary-name NAME] [--file SRC:DST]... [--user UID] [--label K=V]... [--out FILE]
//	go run . redis-image [--out FILE]
//	go run . load ARCHIVE...
//
// What a command makes is the last line of its standard output (a folder, a
// kubeconfig, an archive); progress goes to standard error. Exit code 2 means
// wrong usage, 1 that it did not work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// errUsage marks a command line that cannot be carried out.
var errUsage = errors.New("wrong usage")

// verb carries out one command; what it makes is printed to out.
type verb func(ctx context.Context, args []string, out, progress io.Writer) error

var verbs = map[string]verb{
	"build":       build,
	"assets":      assets,
	"up":          up,
	"down":        down,
	"status":      status,
	"kubeconfig":  kubeconfig,
	"image":       binaryImage,
	"redis-image": redisImage,
	"load":        load,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := dispatch(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		os.Exit(1)
	}
}

func dispatch(ctx context.Context, args []string, out, progress io.Writer) error {
	names := slices.Sorted(maps.Keys(verbs))
	if len(args) == 0 {
		return fmt.Errorf("%w: give one of %s", errUsage, strings.Join(names, ", "))
	}
	do, ok := verbs[args[0]]
	if !ok {
		return fmt.Errorf("%w: no command %q; give one of %s", errUsage, args[0], strings.Join(names, ", "))
	}
	return do(ctx, args[1:], out, progress)
}

// noArgs refuses arguments of a command that has none.
func noArgs(args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%w: unexpected argument %q", errUsage, args[0])
	}
	return nil
}

// parse reads flags; the flag package prints what is wrong itself.
func parse(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return err
}
