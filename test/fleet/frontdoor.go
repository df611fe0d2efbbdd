// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// FrontDoor is what a Service is in a cluster: one address, behind it every
// shard that is ready, connection by connection in turn.
type FrontDoor struct {
	Shard  // only its address: what a client dials
	shards []*Shard
	next   atomic.Uint64
}

// FrontDoor opens a front door to shards.
func (f *Fleet) FrontDoor(shards ...*Shard) *FrontDoor {
	f.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(f.t, err)
	d := &FrontDoor{Shard: Shard{Name: "front-door", Address: l.Addr().String()}, shards: shards}
	var open sync.WaitGroup
	f.t.Cleanup(func() { _ = l.Close(); open.Wait() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { d.pass(in) })
		}
	}()
	return d
}

func (d *FrontDoor) pass(in net.Conn) {
	defer func() { _ = in.Close() }()
	for range d.shards {
		s := d.shards[d.next.Add(1)%uint64(len(d.shards))]
		if !s.ready() {
			continue
		}
		out, err := net.Dial("tcp", s.Address)
		if err != nil {
			continue
		}
		var both sync.WaitGroup
		both.Go(func() { _, _ = io.Copy(out, in); _ = out.Close() })
		both.Go(func() { _, _ = io.Copy(in, out); _ = in.Close() })
		both.Wait()
		return
	}
}
