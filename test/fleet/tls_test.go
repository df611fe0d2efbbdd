// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/redistest"
	"gamesession.dev/operator/test/tlstest"
)

// newSecretive returns a fleet whose Redis speaks TLS alone, with a certificate that a
// CA of its own signed.
func newSecretive(t *testing.T) *Fleet {
	t.Helper()
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "127.0.0.1")
	server := redistest.StartTLS(t, dir)
	return newFleet(t, shardBinary, server, server.Options())
}

// TestRedisOverTLS: all that shards and operator do with Redis goes over TLS, too, and
// nothing is lost while a session moves, its Redis is killed and its owner is.
func TestRedisOverTLS(t *testing.T) {
	f := newSecretive(t)
	useRedis(t, f)
	c, d := f.Start("c"), f.Start("d")
	f.Create("s2", c)
	table := f.Play("s2", c, c, false)
	table.AwaitProgress(20)
	for _, to := range []*Shard{d, c, d} {
		f.Move("s2", to)
		table.AwaitProgress(20)
	}
	f.Redis.Kill()
	check(t, f.Redis.Restart())
	table.AwaitProgress(20)
	d.Signal(t, syscall.SIGKILL)
	<-d.Exited()
	f.Assign("s2", c, journal.ModeFailover)
	f.AwaitOwner("s2", c.Name)
	table.AwaitProgress(20)
	table.Finish()
}

// TestStrangeRedis: a shard has nothing to do with a Redis whose certificate nobody
// signed that it trusts, and says so. It gets over that without a restart of Redis.
func TestStrangeRedis(t *testing.T) {
	f := newSecretive(t)
	dir := t.TempDir()
	tlstest.New(t).Mount(dir, "127.0.0.1")
	other, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	check(t, err)
	for name, ca := range map[string]string{"no-ca": "", "another-ca": string(other)} {
		f.ca = ca
		s := f.launch(name)
		f.Await("shard "+name+" to say what is wrong", func() bool {
			status, body, err := s.get("/readyz")
			return err == nil && status == http.StatusServiceUnavailable && strings.Contains(body, "certificate signed by unknown authority")
		})
	}
	if keys, err := f.Redis.Client(t).DBSize(t.Context()).Result(); err != nil || keys > 0 {
		t.Errorf("%d keys in Redis, %v", keys, err)
	}
	f.ca = f.Redis.CA()
	f.Start("right-ca")
}
