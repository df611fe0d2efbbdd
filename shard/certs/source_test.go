// SPDX-License-Identifier: Apache-2.0

package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"gamesession.dev/operator/shard/certs"
	"gamesession.dev/operator/test/tlstest"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, dir string) *certs.Source {
	t.Helper()
	s, err := certs.Load(dir)
	check(t, err)
	return s
}

// meet shakes hands and returns the serial number of the certificate that the
// client saw.
func meet(t *testing.T, server, client *tls.Config) (*big.Int, error) {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	check(t, err)
	defer func() { check(t, l.Close()) }()
	accepted := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			err = c.(*tls.Conn).HandshakeContext(t.Context())
			_ = c.Close()
		}
		accepted <- err
	}()
	d := tls.Dialer{Config: client}
	c, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
	served := <-accepted
	if err != nil {
		return nil, err
	}
	defer func() { _ = c.Close() }()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber, served
}

// TestShardsOfAPoolKnowEachOther, whatever the certificate is for, and nobody else.
func TestShardsOfAPoolKnowEachOther(t *testing.T) {
	for _, name := range []string{"play.example", "*.play.example", "10.0.0.7"} {
		t.Run(name, func(t *testing.T) {
			dir, other := t.TempDir(), t.TempDir()
			a := tlstest.New(t)
			serial := a.Mount(dir, name)
			s := load(t, dir)
			got, err := meet(t, s.Server(), s.Peer())
			check(t, err)
			if got.Cmp(serial) != 0 {
				t.Errorf("certificate %s, want %s", got, serial)
			}
			tlstest.New(t).Mount(other, name)
			if _, err := meet(t, load(t, other).Server(), s.Peer()); !isCertificateError(err) {
				t.Errorf("a certificate of another authority: %v", err)
			}
			a.Mount(other, "elsewhere.example")
			if _, err := meet(t, load(t, other).Server(), s.Peer()); !isCertificateError(err) {
				t.Errorf("a certificate for another name: %v", err)
			}
		})
	}
}

func isCertificateError(err error) bool {
	_, is := errors.AsType[*tls.CertificateVerificationError](err)
	return is
}

// TestOwnCertificateIsTrusted: without ca.crt, as with one that signed itself.
func TestOwnCertificateIsTrusted(t *testing.T) {
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "play.example")
	check(t, os.Remove(filepath.Join(dir, "ca.crt")))
	s := load(t, dir)
	if _, err := meet(t, s.Server(), s.Peer()); err != nil {
		t.Error(err)
	}
}

func TestReload(t *testing.T) {
	dir := t.TempDir()
	a := tlstest.New(t)
	first := a.Mount(dir, "play.example")
	s := load(t, dir)
	server := s.Server()
	expect := func(when string, want *big.Int) {
		t.Helper()
		got, err := meet(t, server, s.Peer())
		check(t, err)
		if got.Cmp(want) != 0 {
			t.Errorf("%s: certificate %s, want %s", when, got, want)
		}
	}
	if changed, err := s.Reload(); changed || err != nil {
		t.Errorf("nothing is new: %v, %v", changed, err)
	}
	second := a.Mount(dir, "play.example")
	expect("before it is read", first)
	if changed, err := s.Reload(); !changed || err != nil {
		t.Errorf("a new certificate: %v, %v", changed, err)
	}
	expect("after it was read", second)
	for name, text := range map[string]string{"tls.crt": "", "tls.key": "no key", "ca.crt": "no certificate"} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		check(t, err)
		check(t, os.WriteFile(path, []byte(text), 0o600))
		if changed, err := s.Reload(); changed || err == nil {
			t.Errorf("%s is broken: %v, %v", name, changed, err)
		}
		check(t, os.WriteFile(path, good, 0o600))
	}
	expect("after broken ones", second)
	if left := time.Until(s.Expires()); left < time.Hour || left > 24*time.Hour {
		t.Errorf("it expires in %s", left)
	}
}

func TestLoadRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := certs.Load(dir); err == nil {
		t.Error("an empty directory")
	}
	tlstest.New(t).Mount(dir)
	if _, err := certs.Load(dir); err == nil {
		t.Error("a certificate without a name")
	}
}

func TestOldVersionsAreRefused(t *testing.T) {
	dir := t.TempDir()
	a := tlstest.New(t)
	a.Mount(dir, "play.example")
	s := load(t, dir)
	for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		client := &tls.Config{MinVersion: version, MaxVersion: version, ServerName: "play.example", RootCAs: a.Roots()}
		if _, err := meet(t, s.Server(), client); (err == nil) != want {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
	if _, err := meet(t, s.Server(), &tls.Config{ServerName: "play.example", RootCAs: x509.NewCertPool()}); err == nil {
		t.Error("a client that does not know the authority takes it")
	}
}
