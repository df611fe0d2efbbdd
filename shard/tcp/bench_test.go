// SPDX-License-Identifier: Apache-2.0

//go:build linux

package tcp_test

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gamesession.dev/operator/shard/tcp"
)

// BenchmarkTenSends is the least that a table of ten costs: one thread does nothing
// but hand the same bytes to the kernel for ten sockets, and all ten have them before
// it does so again. thread-ns/op is the processor time of that thread.
func BenchmarkTenSends(b *testing.B) {
	for _, size := range []int{80, 800} {
		b.Run(fmt.Sprint(size), func(b *testing.B) { tenSends(b, make([]byte, size)) })
	}
}

func tenSends(b *testing.B, frame []byte) {
	var ours [10]*tcp.Conn
	var on sync.WaitGroup
	for i := range ours {
		var other *net.TCPConn
		ours[i], other = pair(b)
		go func() {
			for got := make([]byte, len(frame)); ; on.Done() {
				if _, err := io.ReadFull(other, got); err != nil {
					return
				}
			}
		}()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var spent time.Duration
	for b.Loop() {
		on.Add(len(ours))
		begun := threadTime(b)
		for _, c := range ours {
			if _, err := c.Write(frame); err != nil {
				b.Fatal(err)
			}
		}
		spent += threadTime(b) - begun
		on.Wait()
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "thread-ns/op")
}

// threadTime is the processor time that this thread has taken.
func threadTime(b *testing.B) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		b.Fatal(err)
	}
	return time.Duration(t.Nano())
}
