// SPDX-License-Identifier: Apache-2.0

package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// oneBuild bounds the build of one program on a slow, cold machine.
const oneBuild = 40 * time.Minute

// Builder builds from the pins in Source into Bin and tells Out how it goes.
type Builder struct {
	Source string
	Bin    string
	Out    io.Writer
}

// New returns a builder for the repository around the working folder.
func New(out io.Writer) (*Builder, error) {
	cwd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("finding the working folder: %w", err)
	}
	src, err := SourceDir(cwd)
	if err != nil {
		return nil, err
	}
	key, err := Key(src)
	if err != nil {
		return nil, err
	}
	root, err := CacheRoot()
	if err != nil {
		return nil, err
	}
	return &Builder{Source: src, Bin: filepath.Join(root, key, "bin"), Out: out}, nil
}

// Ensure builds what is missing of the programs. Only one build runs at a time;
// a second one waits and then finds the work done.
func (b *Builder) Ensure(ctx context.Context, programs []Program) error {
	missing, err := Missing(b.Bin, programs)
	if err != nil || len(missing) == 0 {
		return err
	}
	if err := os.MkdirAll(b.Bin, 0o755); err != nil {
		return fmt.Errorf("making the cache folder: %w", err)
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if missing, err = Missing(b.Bin, programs); err != nil {
		return err
	}
	begin := time.Now()
	for i, p := range missing {
		fmt.Fprintf(b.Out, "build %d/%d %s ...\n", i+1, len(missing), p.Name)
		start := time.Now()
		if err := b.one(ctx, p); err != nil {
			return err
		}
		fmt.Fprintf(b.Out, "build %d/%d %s done in %s (%s in all)\n", i+1, len(missing), p.Name, seconds(start), seconds(begin))
	}
	return nil
}

func seconds(since time.Time) time.Duration { return time.Since(since).Round(100 * time.Millisecond) }

// one builds p beside its place and moves it there when it is complete.
func (b *Builder) one(ctx context.Context, p Program) error {
	ctx, cancel := context.WithTimeout(ctx, oneBuild)
	defer cancel()
	tmp := filepath.Join(b.Bin, "."+p.Name+".part")
	cmd := exec.CommandContext(ctx, "go", p.Args(tmp)...)
	cmd.Dir = filepath.Join(b.Source, p.Module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "PWD="+cmd.Dir)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return fmt.Errorf("building %s: %w\n%s", p.Name, err, output.Bytes())
	}
	if err := os.Rename(tmp, filepath.Join(b.Bin, p.Name)); err != nil {
		return fmt.Errorf("placing %s: %w", p.Name, err)
	}
	return nil
}

// lock takes the cache folder's lock, waiting for another build to end.
func (b *Builder) lock(ctx context.Context) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(b.Bin, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the build lock: %w", err)
	}
	told := false
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			_ = f.Close()
			return nil, fmt.Errorf("taking the build lock: %w", err)
		}
		if !told {
			fmt.Fprintln(b.Out, "another build runs; waiting for it")
			told = true
		}
		select {
		case <-ctx.Done():
			_ = f.Close()
			return nil, fmt.Errorf("waiting for the build lock: %w", ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
