// SPDX-License-Identifier: Apache-2.0

package pki

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEnsure(t *testing.T) {
	store := Store{Dir: t.TempDir()}
	id := Identity{File: "node1", User: "system:node:node1", Groups: []string{"system:nodes"}, Hosts: []string{"node1", "10.244.0.1"}}
	now := time.Now()
	if err := store.Ensure(now, []Identity{id}); err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(store.Cert("node1"), store.Key("node1"))
	if err != nil {
		t.Fatal(err)
	}
	caText, err := os.ReadFile(store.Cert(CA))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(caText) {
		t.Fatal("the authority's certificate cannot be read")
	}
	for _, host := range []string{"node1", "10.244.0.1"} {
		opts := x509.VerifyOptions{Roots: roots, DNSName: host, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
		if _, err := pair.Leaf.Verify(opts); err != nil {
			t.Errorf("the certificate does not serve %s: %v", host, err)
		}
	}
	got := []string{pair.Leaf.Subject.CommonName, pair.Leaf.Subject.Organization[0]}
	if diff := cmp.Diff([]string{"system:node:node1", "system:nodes"}, got); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}
	if err := store.Ensure(now, []Identity{id}); err != nil {
		t.Fatal(err)
	}
	again, err := tls.LoadX509KeyPair(store.Cert("node1"), store.Key("node1"))
	if err != nil {
		t.Fatal(err)
	}
	if !again.Leaf.Equal(pair.Leaf) {
		t.Error("a second Ensure made another certificate")
	}
	if _, err := os.Stat(store.Key(ServiceAccount)); err != nil {
		t.Errorf("no service-account key: %v", err)
	}
}
