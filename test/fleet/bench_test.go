// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"gamesession.dev/operator/shard/client"
)

// BenchmarkMove moves sessions to and fro between two shards while all of them
// are played as fast as answers come. It reports the pause that a client sees,
// the longest send to acknowledgement of a command whose wait overlaps the
// change of epoch, beside the ordinary latency in the same run.
func BenchmarkMove(b *testing.B) {
	for _, sessions := range []int{1, 20} {
		b.Run(strconv.Itoa(sessions)+"-sessions", func(b *testing.B) { benchmarkMove(b, sessions) })
	}
}

func benchmarkMove(b *testing.B, sessions int) {
	f := New(b, benchBinary(b))
	shards := []*Shard{f.Start("a"), f.Start("b")}
	tables := make([]*Table, sessions)
	for i := range tables {
		id := "s" + strconv.Itoa(i)
		f.Create(id, shards[0])
		tables[i] = f.Play(id, shards[0], shards[1], false)
		tables[i].AwaitProgress(5)
	}
	b.ResetTimer()
	for i := range b.N {
		table := tables[i%sessions]
		f.Move(table.id, shards[(i/sessions+1)%2])
		table.AwaitProgress(3)
	}
	b.StopTimer()
	var pauses, plain []time.Duration
	for _, t := range tables {
		t.Finish()
		p, rest := pausesOf(t.acks)
		pauses, plain = append(pauses, p...), append(plain, rest...)
	}
	report := func(name string, all []time.Duration, q float64) {
		slices.Sort(all)
		b.ReportMetric(float64(all[int(q*float64(len(all)-1))].Microseconds())/1000, name)
	}
	report("pause-p50-ms", pauses, 0.5)
	report("pause-p99-ms", pauses, 0.99)
	report("pause-max-ms", pauses, 1)
	report("ack-p50-ms", plain, 0.5)
	report("ack-p99-ms", plain, 0.99)
	b.ReportMetric(float64(len(pauses)), "pauses")
}

// pausesOf splits the waits of one client into those that a move lay in, and the
// others.
func pausesOf(acks []client.Answer) (pauses, plain []time.Duration) {
	for i, a := range acks {
		wait := a.Received.Sub(a.Declared)
		if i > 0 && a.Position.Epoch > acks[i-1].Position.Epoch {
			pauses = append(pauses, wait)
		} else {
			plain = append(plain, wait)
		}
	}
	return pauses, plain
}

// benchBinary builds the shard without the race detector.
func benchBinary(b *testing.B) string {
	b.Helper()
	binary, err := Build(b.TempDir(), false)
	check(b, err)
	return binary
}
