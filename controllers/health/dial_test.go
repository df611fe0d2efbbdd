// SPDX-License-Identifier: Apache-2.0

package health

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/test/redistest"
	"gamesession.dev/operator/test/tlstest"
)

func TestDialerHidesTheURL(t *testing.T) {
	dial, err := Dialer("")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dial(redisaddr.Address{URL: "redis://user:secret@host:port:port"}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error %v", err)
	}
	if _, err := Dialer("a b"); err == nil {
		t.Error("a prefix with a space is taken")
	}
}

// TestCAIsReplaced: a pool is connected to a Redis by TLS as soon as it is told the
// right CA, and one that cannot be read changes nothing.
func TestCAIsReplaced(t *testing.T) {
	right, wrong := t.TempDir(), t.TempDir()
	tlstest.New(t).Mount(right, "127.0.0.1")
	tlstest.New(t).Mount(wrong, "127.0.0.1")
	other, err := os.ReadFile(filepath.Join(wrong, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	server := redistest.StartTLS(t, right)
	dial, err := Dialer("")
	if err != nil {
		t.Fatal(err)
	}
	pools, name := NewPools(dial, logr.Discard()), types.NamespacedName{Namespace: "ns", Name: "pool"}
	defer pools.Drop(name)
	connect := func(ca string) (*Pool, error) {
		return pools.Ensure(name, Config{ID: "ns.pool", Redis: redisaddr.Address{URL: server.URL(), CA: ca}, Lease: lease})
	}
	for _, ca := range []string{"", string(other)} {
		pool, err := connect(ca)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pool.Health(t.Context()); !errors.Is(err, journal.ErrUnavailable) || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
			t.Errorf("by the wrong CA: error %v, want that nothing was sent, and why", err)
		}
	}
	pool, err := connect(server.CA())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Health(t.Context()); err != nil {
		t.Errorf("by the right CA: %v", err)
	}
	if _, err := connect("no PEM"); err == nil {
		t.Error("a CA that cannot be read is taken")
	}
	if kept, err := pools.Get(name); err != nil || kept != pool {
		t.Errorf("after a CA that cannot be read: %v", err)
	}
}
