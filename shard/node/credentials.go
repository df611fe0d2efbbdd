// SPDX-License-Identifier: Apache-2.0

package node

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/certs"
	"gamesession.dev/operator/shard/httpapi"
)

// credentialsEvery is how often the mounted Secrets are read anew.
const credentialsEvery = 10 * time.Second

// loadCredentials reads signing keys, certificate and the keys of issuers.
func (n *Node) loadCredentials() error {
	keys, err := auth.LoadKeys(n.cfg.KeysDir)
	if err != nil {
		return err
	}
	n.keys.Store(keys)
	if n.cfg.TLSDir != "" {
		if n.certs, err = certs.Load(n.cfg.TLSDir); err != nil {
			return err
		}
	}
	if len(n.cfg.Issuers.Issuers) > 0 {
		n.identity, err = identity.New(n.cfg.Issuers, n.logger, time.Now)
	}
	return err
}

// watchCredentials takes in signing keys and certificates that change while the
// shard runs. Issuers look after their own.
func (n *Node) watchCredentials(ctx context.Context) {
	every(ctx, credentialsEvery, n.reloadCredentials)
}

func (n *Node) reloadCredentials() {
	if keys, err := auth.LoadKeys(n.cfg.KeysDir); err != nil {
		n.logger.Error("reloading signing keys; the old ones stay", "error", err)
	} else {
		n.keys.Store(keys)
	}
	if n.certs == nil {
		return
	}
	changed, err := n.certs.Reload()
	if err != nil {
		n.logger.Error("reloading the certificate; the old one stays", "error", err)
	}
	if changed {
		n.showCertificate("another certificate")
	}
}

// showCertificate tells who watches how long the certificate is good for.
func (n *Node) showCertificate(what string) {
	n.serverMetrics.Certificate(n.certs.Expires())
	n.logger.Info(what, "expires", n.certs.Expires())
}

// listen opens the port for clients and other shards.
func (n *Node) listen() (net.Listener, error) {
	l, err := net.Listen("tcp", n.cfg.Listen)
	if err != nil || n.certs == nil {
		return l, err
	}
	n.showCertificate("speaking TLS")
	return tls.NewListener(l, n.certs.Server()), nil
}

// peerTLS is how other shards are dialled that speak TLS.
func (n *Node) peerTLS() func() *tls.Config {
	if n.certs == nil {
		return nil
	}
	return n.certs.Peer
}

// callers gives the server whoever checks identities, if anybody does.
func (n *Node) callers() httpapi.Verifier {
	if n.identity == nil {
		return nil
	}
	return n.identity
}
