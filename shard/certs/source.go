// SPDX-License-Identifier: Apache-2.0

package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// The entries of a Secret of type kubernetes.io/tls, as cert-manager and others
// write them. The last one may be missing.
const (
	chainFile = "tls.crt"
	keyFile   = "tls.key"
	rootsFile = "ca.crt"
)

// Source is the certificate in a directory. It is safe for concurrent use.
type Source struct {
	dir string
	now atomic.Pointer[material]
}

// material is one state of the directory.
type material struct {
	chain, key, roots []byte // as read
	certificate       tls.Certificate
	name              string // by which a peer's certificate is known
	trusted           *x509.CertPool
}

// Load reads the certificate in dir: a mounted Secret of type kubernetes.io/tls.
func Load(dir string) (*Source, error) {
	s := &Source{dir: dir}
	_, err := s.Reload()
	return s, err
}

// Reload reads it anew and says whether it is another one. After an error the one
// before stays in use.
func (s *Source) Reload() (changed bool, err error) {
	m, err := read(s.dir)
	if err != nil {
		return false, fmt.Errorf("loading the certificate in %s: %w", s.dir, err)
	}
	before := s.now.Load()
	if before != nil && bytes.Equal(m.chain, before.chain) && bytes.Equal(m.key, before.key) && bytes.Equal(m.roots, before.roots) {
		return false, nil
	}
	s.now.Store(m)
	return true, nil
}

func read(dir string) (*material, error) {
	m := &material{}
	for name, into := range map[string]*[]byte{chainFile: &m.chain, keyFile: &m.key, rootsFile: &m.roots} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && (name != rootsFile || !errors.Is(err, fs.ErrNotExist)) {
			return nil, err
		}
		*into = data
	}
	var err error
	// A Secret that changes between two reads gives halves that do not fit.
	if m.certificate, err = tls.X509KeyPair(m.chain, m.key); err != nil {
		return nil, err
	}
	if m.name, err = nameOf(m.certificate.Leaf); err != nil {
		return nil, err
	}
	m.trusted, err = m.trust()
	return m, err
}

// nameOf returns a name that the certificate is good for.
func nameOf(leaf *x509.Certificate) (string, error) {
	if len(leaf.DNSNames) > 0 {
		return strings.Replace(leaf.DNSNames[0], "*", "shard", 1), nil
	}
	if len(leaf.IPAddresses) > 0 {
		return leaf.IPAddresses[0].String(), nil
	}
	return "", errors.New("it names no host")
}

// trust returns whose certificates are taken from other shards: those that the
// Secret names, or else those that the system trusts; and one's own.
func (m *material) trust() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if len(m.roots) > 0 {
		if !pool.AppendCertsFromPEM(m.roots) {
			return nil, fmt.Errorf("%s holds no certificate", rootsFile)
		}
	} else if system, err := x509.SystemCertPool(); err == nil {
		pool = system
	}
	pool.AddCert(m.certificate.Leaf)
	return pool, nil
}

// Expires says until when the certificate is good.
func (s *Source) Expires() time.Time { return s.now.Load().certificate.Leaf.NotAfter }

// Server is how connections are accepted: TLS 1.2 or newer, HTTP/1.1, which
// WebSocket needs, and the certificate of the moment.
func (s *Source) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &s.now.Load().certificate, nil
		},
	}
}

// Peer is how other shards of the pool are dialled, by address: they must have a
// certificate for the name that one's own is for, since all have it from the same
// Secret.
func (s *Source) Peer() *tls.Config {
	m := s.now.Load()
	return &tls.Config{MinVersion: tls.VersionTLS13, ServerName: m.name, RootCAs: m.trusted, NextProtos: []string{"http/1.1"}}
}
