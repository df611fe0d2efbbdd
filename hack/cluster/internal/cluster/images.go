// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/image"
	"gamesession.dev/operator/hack/cluster/internal/layout"
)

// ctr runs containerd's client on a node, among the images that pods see.
func (c *Cluster) ctr(ctx context.Context, n layout.Node, limit time.Duration, args ...string) (string, error) {
	argv := []string{c.Program("ctr"), "--address", c.ContainerdSocket(n), "--namespace", "k8s.io"}
	return host.Run(ctx, limit, append(argv, args...)...)
}

// pauseImage gives the node the image without which no pod starts.
func (c *Cluster) pauseImage(ctx context.Context, n layout.Node) error {
	archive := c.Path("pause.tar")
	if _, err := image.WriteArchive(image.Pause(c.Program("pause")), archive); err != nil {
		return err
	}
	return c.importInto(ctx, n, archive)
}

// Load imports archives into both nodes at once and checks that each image is
// there under its name.
func (c *Cluster) Load(ctx context.Context, archives []string) error {
	nodes := layout.Nodes()
	errs := make([]error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() {
			for _, a := range archives {
				if err := c.importInto(ctx, n, a); err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *Cluster) importInto(ctx context.Context, n layout.Node, archive string) error {
	names, err := image.Names(archive)
	if err != nil {
		return err
	}
	if _, err := c.ctr(ctx, n, 5*time.Minute, "images", "import", archive); err != nil {
		return fmt.Errorf("loading %s into %s: %w", archive, n.Name, err)
	}
	out, err := c.ctr(ctx, n, time.Minute, "images", "list", "--quiet")
	if err != nil {
		return fmt.Errorf("listing the images of %s: %w", n.Name, err)
	}
	have := strings.Fields(out)
	for _, name := range names {
		if !slices.Contains(have, name) {
			return fmt.Errorf("%s lacks %s after loading %s", n.Name, name, archive)
		}
	}
	return nil
}
