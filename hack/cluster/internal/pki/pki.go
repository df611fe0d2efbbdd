// SPDX-License-Identifier: Apache-2.0

// Package pki makes the cluster's own certificate authority, certificates and
// keys. Everything is kept in one folder and made once: what is there is used
// again, so a second start finds the same identities.
package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime of all certificates; a cluster lives hours, a forgotten one a year.
const lifetime = 365 * 24 * time.Hour

// Identity is who a certificate names: a user and groups for a client, names
// and addresses for a server. One certificate may serve both.
type Identity struct {
	File   string // base name of the .crt and .key files
	User   string
	Groups []string
	Hosts  []string // host names and IP addresses
}

// Store is the folder of keys and certificates.
type Store struct{ Dir string }

// Cert is the path of an identity's certificate.
func (s Store) Cert(file string) string { return filepath.Join(s.Dir, file+".crt") }

// Key is the path of an identity's private key.
func (s Store) Key(file string) string { return filepath.Join(s.Dir, file+".key") }

// CA is the base name of the authority's files.
const CA = "ca"

// ServiceAccount is the base name of the key that signs service-account tokens.
const ServiceAccount = "service-account"

// Ensure makes the authority, the service-account key and a certificate for
// each identity, as far as they are missing.
func (s Store) Ensure(now time.Time, identities []Identity) error {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return fmt.Errorf("making the key folder: %w", err)
	}
	if err := s.ensureCA(now); err != nil {
		return fmt.Errorf("making the certificate authority: %w", err)
	}
	caCert, caKey, err := s.loadCA()
	if err != nil {
		return fmt.Errorf("loading the certificate authority: %w", err)
	}
	if !exists(s.Key(ServiceAccount)) {
		if err := s.newKeyOnly(ServiceAccount); err != nil {
			return fmt.Errorf("making the service-account key: %w", err)
		}
	}
	for _, id := range identities {
		if exists(s.Cert(id.File)) {
			continue
		}
		if err := s.issue(template(id, now), caCert, caKey, id.File); err != nil {
			return fmt.Errorf("making the certificate %s: %w", id.File, err)
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// template is the unsigned certificate of an identity.
func template(id Identity, now time.Time) *x509.Certificate {
	cert := &x509.Certificate{
		Subject:     pkix.Name{CommonName: id.User, Organization: id.Groups},
		NotBefore:   now.Add(-time.Minute), // clocks that differ a little
		NotAfter:    now.Add(lifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, h := range id.Hosts {
		if ip := net.ParseIP(h); ip != nil {
			cert.IPAddresses = append(cert.IPAddresses, ip)
		} else {
			cert.DNSNames = append(cert.DNSNames, h)
		}
	}
	if len(id.Hosts) > 0 {
		cert.ExtKeyUsage = append(cert.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	return cert
}

func (s Store) ensureCA(now time.Time) error {
	if exists(s.Cert(CA)) {
		return nil
	}
	return s.issue(&x509.Certificate{
		Subject:               pkix.Name{CommonName: "gamesession-cluster"},
		NotBefore:             now.Add(-time.Minute),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}, nil, nil, CA)
}

// issue signs cert with the parent, or with its own key if there is none. The
// key is written first: a certificate file says that both are complete.
func (s Store) issue(cert, parent *x509.Certificate, parentKey *ecdsa.PrivateKey, file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating a key: %w", err)
	}
	if parent == nil {
		parent, parentKey = cert, key
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fmt.Errorf("drawing a serial number: %w", err)
	}
	cert.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), parentKey)
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	if err := s.writeKey(file, key); err != nil {
		return err
	}
	return writePEM(s.Cert(file), "CERTIFICATE", der, 0o644)
}

func (s Store) newKeyOnly(file string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("generating a key: %w", err)
	}
	return s.writeKey(file, key)
}

func (s Store) writeKey(file string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return fmt.Errorf("encoding a key: %w", err)
	}
	return writePEM(s.Key(file), "EC PRIVATE KEY", der, 0o600)
}

func writePEM(path, kind string, der []byte, mode fs.FileMode) error {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(path+".tmp", text, mode); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func (s Store) loadCA() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	certDER, err := readPEM(s.Cert(CA))
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(certDER)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing %s: %w", s.Cert(CA), err)
	}
	keyDER, err := readPEM(s.Key(CA))
	if err != nil {
		return nil, nil, err
	}
	key, err := x509.ParseECPrivateKey(keyDER)
	if err != nil {
		return nil, nil, fmt.Errorf("parsing %s: %w", s.Key(CA), err)
	}
	return cert, key, nil
}

func readPEM(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}
