// SPDX-License-Identifier: Apache-2.0

package cluster

import (
	"context"
	"fmt"
	"os"
	"time"

	"gamesession.dev/operator/hack/cluster/internal/controlplane"
	"gamesession.dev/operator/hack/cluster/internal/host"
	"gamesession.dev/operator/hack/cluster/internal/layout"
	"gamesession.dev/operator/hack/cluster/internal/pki"
)

// certificates makes the identities and their kubeconfigs.
func (c *Cluster) certificates(context.Context) error {
	store := pki.Store{Dir: c.PKI()}
	if err := store.Ensure(time.Now(), controlplane.Identities()); err != nil {
		return err
	}
	if err := c.kubeconfig(store, controlplane.Admin, c.Kubeconfig()); err != nil {
		return err
	}
	names := []string{controlplane.ControllerManager, controlplane.Scheduler, controlplane.KubeProxy, controlplane.CoreDNS}
	for _, n := range layout.Nodes() {
		names = append(names, n.Name)
	}
	for _, name := range names {
		if err := c.kubeconfig(store, name, controlplane.ComponentKubeconfig(c.Cluster, name)); err != nil {
			return err
		}
	}
	return host.GiveToCaller(c.Kubeconfig())
}

func (c *Cluster) kubeconfig(store pki.Store, identity, path string) error {
	var texts [3][]byte
	for i, file := range []string{store.Cert(pki.CA), store.Cert(identity), store.Key(identity)} {
		text, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("making a kubeconfig: %w", err)
		}
		texts[i] = text
	}
	text, err := controlplane.Kubeconfig(identity, texts[0], texts[1], texts[2])
	if err != nil {
		return err
	}
	return write(path, text, 0o600)
}
