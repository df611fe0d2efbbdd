// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(millis int64) time.Time { return time.UnixMilli(millis) }

func sample() *Results {
	return &Results{
		Phases: []Phase{
			{Cause: "drain", Start: at(1000), End: at(2000), Moved: 2},
			{Cause: "kill -9", Start: at(3000), End: at(4000), Moved: 1},
		},
		Seen: Seen{
			Acked: 4,
			Moves: []SeenMove{
				{Session: "b", UnixMillis: 1500, PauseMillis: 20},
				{Session: "a", UnixMillis: 1000, PauseMillis: 10},
				{Session: "a", UnixMillis: 3999, PauseMillis: 1200},
			},
			Closes: []SeenClose{{UnixMillis: 3200, Resumed: true}, {UnixMillis: 3300}},
		},
		Folded: Folded{Sessions: 2, Acked: 4, Hashes: 9},
		Acks:   []int64{500, 1000, 2000 /* between the phases */, 3100},
	}
}

func TestRowsCountByTime(t *testing.T) {
	want := []Row{
		{Cause: "drain", Moved: 2, Pauses: []float64{10, 20}, Acked: 1},
		{Cause: "kill -9", Moved: 1, Pauses: []float64{1200}, Acked: 1, Resumed: 1, Closed: 2},
		{Cause: "in all", Moved: 3, Pauses: []float64{10, 20, 1200}, Acked: 4, Resumed: 1, Closed: 2},
	}
	if diff := cmp.Diff(want, sample().Rows()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestVerdict(t *testing.T) {
	tests := map[string]struct {
		change func(*Results)
		want   string // part of the error; "" for none
	}{
		"all well":         {change: func(*Results) {}},
		"lost":             {change: func(r *Results) { r.Folded.Lost = make([]Command, 2) }, want: "2 acknowledged commands were lost"},
		"twice":            {change: func(r *Results) { r.Folded.Twice = make([]Command, 1) }, want: "1 commands were applied twice"},
		"other view":       {change: func(r *Results) { r.Folded.Mismatched = 3 }, want: "3 views differ"},
		"violation":        {change: func(r *Results) { r.Seen.Violations = []string{"hole"} }, want: "a bot saw: hole"},
		"bots failed":      {change: func(r *Results) { r.Failed = errors.New("exit 1") }, want: "exit 1"},
		"not all checked":  {change: func(r *Results) { r.Folded.Acked = 3 }, want: "4 commands were acknowledged, 3 were checked"},
		"nothing happened": {change: func(r *Results) { r.Seen.Acked, r.Folded.Acked = 0, 0 }, want: "0 commands were acknowledged"},
		"refused, applied": {change: func(r *Results) { r.Folded.Refused = make([]Command, 1) }, want: "1 refused commands were applied"},
		"gap":              {change: func(r *Results) { r.Folded.Broken = 1 }, want: "1 gaps or fallen epochs"},
		"closed for less":  {change: func(r *Results) { r.Phases[1].Spares = true }, want: "kill -9 closed 2 connections"},
		"nothing moved":    {change: func(r *Results) { r.Phases[1].Moved = 0 }, want: "kill -9 moved no session"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r := sample()
			tc.change(r)
			err := r.Verdict()
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("verdict: %v, want none", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("verdict: %v, want one with %q", err, tc.want)
			}
		})
	}
}

func TestQuantile(t *testing.T) {
	values := make([]float64, 200)
	for i := range values {
		values[i] = float64(i + 1)
	}
	for percent, want := range map[int]float64{0: 1, 50: 100, 99: 198, 100: 200} {
		if got, ok := Quantile(values, percent); !ok || got != want {
			t.Errorf("Quantile(1..200, %d) = %v, %v, want %v", percent, got, ok, want)
		}
	}
	if _, ok := Quantile(nil, 99); ok {
		t.Error("Quantile of nothing is something")
	}
}
