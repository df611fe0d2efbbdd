// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/client"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/test/redistest"
)

// address is one address behind which a Redis can be replaced by another.
type address struct {
	listener net.Listener

	mu    sync.Mutex
	to    string
	conns map[net.Conn]bool
}

func newAddress(t *testing.T, to string) *address {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	a := &address{listener: l, to: to, conns: map[net.Conn]bool{}}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { a.pass(in) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); a.point(""); open.Wait() })
	return a
}

func (a *address) String() string { return a.listener.Addr().String() }

// point leads to another server; connections to the last one end.
func (a *address) point(to string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.to = to
	for c := range a.conns {
		_ = c.Close()
	}
	clear(a.conns)
}

func (a *address) pass(in net.Conn) {
	defer func() { _ = in.Close() }()
	a.mu.Lock()
	to := a.to
	a.mu.Unlock()
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	a.mu.Lock()
	current := a.to == to
	if current {
		a.conns[in], a.conns[out] = true, true
	}
	a.mu.Unlock()
	if !current {
		return
	}
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
	both.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
	both.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, in)
	delete(a.conns, out)
}

// replicated returns a fleet whose shards reach a primary that has a replica.
func replicated(t *testing.T) (f *Fleet, at *address, primary, replica *redistest.Server, flags []string) {
	t.Helper()
	primary = redistest.Start(t)
	replica = redistest.StartReplica(t, primary)
	at = newAddress(t, primary.Addr())
	f = newFleet(t, shardBinary, primary, &redis.Options{Addr: at.String(), Protocol: 2, DisableIdentity: true})
	return f, at, primary, replica, []string{"--redis-url", "redis://" + at.String() + "/0"}
}

// TestRedisFailsOverWithWait is F7: every acknowledgement waited for the replica,
// which then becomes the primary. Nothing is lost, and no epoch falls.
func TestRedisFailsOverWithWait(t *testing.T) {
	f, at, primary, replica, flags := replicated(t)
	flags = append(flags, "--redis-replicas", "1")
	a, b := f.Start("a", flags...), f.Start("b", flags...)
	f.Create("s", a)
	table := f.Play("s", a, b, false)
	table.AwaitProgress(20)
	f.Move("s", b)
	table.AwaitProgress(20)
	primary.Kill()
	check(t, replica.Promote(t.Context()))
	redistest.StartReplica(t, replica) // somebody has to confirm what is written now
	at.point(replica.Addr())
	table.AwaitProgress(20)
	if e := f.epoch("s"); e != 2 {
		t.Errorf("owned at epoch %d, want 2", e)
	}
	table.Finish()
}

// TestRedisGoesBackBehindATakeover is F10: the replica stopped following before a
// move, and becomes the primary. The owner that survived has what was lost, the
// takeover included, and writes it again; the earlier owner stays out of it.
func TestRedisGoesBackBehindATakeover(t *testing.T) {
	f, at, primary, replica, flags := replicated(t)
	a, b := f.Start("a", flags...), f.Start("b", flags...)
	f.Create("s", a)
	table := f.Play("s", a, b, false)
	table.AwaitProgress(20)
	f.Create("idle", a)
	f.awaitCopy(replica, "idle")           // and with it all that came before
	check(t, replica.Promote(t.Context())) // it follows no more
	f.Move("s", b)
	f.Move("idle", b)
	table.AwaitProgress(20)
	primary.Kill()
	at.point(replica.Addr())
	table.AwaitProgress(20)
	f.AwaitOwner("s", "b")
	f.AwaitOwner("idle", "b") // nobody writes it; looking is enough
	for _, ack := range acksSince(t, table, 21) {
		if e := ack.Position.Epoch; e > 2 {
			t.Errorf("acknowledged at epoch %d, want at most 2", e)
		}
	}
	table.Finish()
}

// awaitCopy waits until a replica has a session's owner.
func (f *Fleet) awaitCopy(replica *redistest.Server, id string) {
	f.t.Helper()
	names, err := journal.NewKeys("")
	check(f.t, err)
	rdb := replica.Client(f.t)
	f.Await("the replica to have session "+id, func() bool {
		n, err := rdb.Exists(f.t.Context(), names.Owner(id)).Result()
		return err == nil && n == 1
	})
}

// acksSince returns the acknowledgements behind the first from.
func acksSince(t testing.TB, table *Table, from int) []client.Answer {
	t.Helper()
	table.mu.Lock()
	defer table.mu.Unlock()
	return table.acks[from:]
}
