// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/proc"
)

// component is a process with the question whether it works.
type component struct {
	name   string
	argv   []string
	config []byte        // content of its configuration files
	limit  time.Duration // until it must be ready
	ready  func(context.Context) error
	// hosts says that its children are the pods: they get no more than others.
	hosts bool
}

const pollEvery = 100 * time.Millisecond

// start runs the component, unless it runs already, and waits until it is ready.
func (c *Cluster) start(ctx context.Context, comp component) error {
	sum := sha256.Sum256(comp.config)
	log := c.logFile(comp.name)
	record, _, err := c.table.Start(proc.Spec{
		Name: comp.name, Argv: comp.argv, Log: log, Config: hex.EncodeToString(sum[:8]),
		// A control plane has machines of its own; here it shares one with its
		// pods, and whoever keeps it waiting keeps the whole cluster waiting.
		First: !comp.hosts,
	})
	if err != nil {
		return err
	}
	err = await(ctx, comp.limit, func(ctx context.Context) error {
		if !record.Alive() {
			return errEnded{comp.name}
		}
		return comp.ready(ctx)
	})
	if err != nil {
		return fmt.Errorf("%w\nlast lines of %s:\n%s", err, log, tail(log))
	}
	return nil
}

func (c *Cluster) logFile(name string) string { return filepath.Join(c.Logs(), name+".log") }

// errEnded says that there is nothing more to wait for.
type errEnded struct{ name string }

func (e errEnded) Error() string { return e.name + " has ended" }

// await asks check until it agrees; after limit it returns the last answer.
func await(ctx context.Context, limit time.Duration, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		if _, ended := errors.AsType[errEnded](err); ended {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready after %s: %w", limit, err)
		case <-time.After(pollEvery):
		}
	}
}

// httpOK asks an address of this machine for a 200.
func httpOK(url string) func(context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("asking %s: %w", url, err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("asking %s: %w", url, err)
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s answers %s", url, resp.Status)
		}
		return nil
	}
}

const (
	tailLines = 25
	tailBytes = 16 << 10
)

// tail returns the last lines of a log.
func tail(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return err.Error()
	}
	buf := make([]byte, min(st.Size(), tailBytes))
	n, _ := f.ReadAt(buf, st.Size()-int64(len(buf)))
	return lastLines(string(buf[:n]), tailLines)
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
