// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/test/redistest"
)

var benchData = []byte(strings.Repeat("e", 300))

// BenchmarkAppend compares appends with plain XADDs on the same server in the
// same run; fsync comes before every answer. Only ratios between its lines mean
// anything.
func BenchmarkAppend(b *testing.B) {
	server := redistest.Start(b)
	r := open(b, server.Options(), Config{}, embeddedScripts())
	client := server.Client(b)
	for _, sessions := range []int{1, 100} {
		b.Run(fmt.Sprintf("xadd/%d", sessions), func(b *testing.B) {
			each(b, sessions, func(id string) func() error {
				return func() error {
					return client.XAdd(b.Context(), &redis.XAddArgs{Stream: "raw:" + id, Values: []any{"k", "command", "d", benchData}}).Err()
				}
			})
		})
		b.Run(fmt.Sprintf("append/%d", sessions), func(b *testing.B) {
			each(b, sessions, func(id string) func() error {
				at := start(b, r, id)
				return func() error {
					next := at.Next(1)
					err := r.Append(b.Context(), id, ownerA, at, []Entry{{Position: next, Kind: KindCommand, Data: benchData}})
					at = next
					return err
				}
			})
		})
	}
}

var benchRun atomic.Int64

// each runs b.N operations on so many sessions at once.
func each(b *testing.B, sessions int, open func(id string) func() error) {
	run := benchRun.Add(1)
	ops := make([]func() error, sessions)
	for i := range ops {
		ops[i] = open(fmt.Sprintf("bench-%d-%d", run, i))
	}
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ReportAllocs()
	b.ResetTimer()
	for _, op := range ops {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				if err := op(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}
