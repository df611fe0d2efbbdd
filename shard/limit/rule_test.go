// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Unix(1_700_000_000, 0)

func TestParseRule(t *testing.T) {
	for text, want := range map[string]Rule{"": {}, "100/1m": {100, time.Minute}, "10/1h": {10, time.Hour}, "1/1s": {1, time.Second}} {
		got, err := ParseRule(text)
		if err != nil || got != want {
			t.Errorf("ParseRule(%q) = %v, %v", text, got, err)
		}
		if again, err := ParseRule(got.String()); err != nil || again != got {
			t.Errorf("%q is not read as %v", got.String(), got)
		}
	}
	for _, text := range []string{"100", "/1m", "0/1m", "-1/1m", "1000001/1m", "x/1m", "1/", "1/1", "1/1ms", "1/25h", "1/1m/1m"} {
		if got, err := ParseRule(text); err == nil {
			t.Errorf("ParseRule(%q) = %v", text, got)
		}
	}
}

func TestBucket(t *testing.T) {
	rule := Rule{4, time.Minute}
	var b Bucket
	for i := range 4 {
		if wait := b.Take(rule, 1, start); wait != 0 {
			t.Fatalf("number %d waits %s", i, wait)
		}
	}
	if wait := b.Take(rule, 1, start); wait != 15*time.Second {
		t.Errorf("one too many waits %s, want 15s", wait)
	}
	if wait := b.Take(rule, 2, start.Add(15*time.Second)); wait != 15*time.Second {
		t.Errorf("two, when one is back, wait %s, want 15s", wait)
	}
	if wait := b.Take(rule, 1, start.Add(15*time.Second)); wait != 0 {
		t.Errorf("one, when one is back, waits %s", wait)
	}
	if b.Idle(start.Add(74*time.Second)) || !b.Idle(start.Add(75*time.Second)) {
		t.Error("it is full again at another time than 75s")
	}
	if wait := b.Take(rule, 100, start.Add(time.Hour)); wait != 0 {
		t.Errorf("more than there ever is waits %s: it would wait for good", wait)
	}
	if wait := b.Take(rule, 1, start); wait == 0 {
		t.Error("a clock that jumps back fills the bucket")
	}
	if wait := b.Take(Rule{}, 1000, start); wait != 0 {
		t.Errorf("no rule waits %s", wait)
	}
}

// TestBucketNeverGivesMore than the rule: twice N in any window of Per (what was
// saved and what came back), and all who wait as told are served.
func TestBucketNeverGivesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule := Rule{rapid.IntRange(1, 20).Draw(t, "n"), time.Duration(rapid.IntRange(1, 60).Draw(t, "seconds")) * time.Second}
		var b Bucket
		now := start
		var taken []time.Time
		for range rapid.IntRange(1, 200).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(rule.Per)/2).Draw(t, "pause")))
			wait := b.Take(rule, 1, now)
			if wait > 0 {
				now = now.Add(wait)
				if again := b.Take(rule, 1, now); again != 0 {
					t.Fatalf("waited as told, and is told to wait %s more", again)
				}
			}
			taken = append(taken, now)
		}
		for i := range taken {
			if j := i + 2*rule.N; j < len(taken) && taken[j].Sub(taken[i]) < rule.Per-rule.each() {
				t.Fatalf("%d within %s of a rule %s", 2*rule.N+1, taken[j].Sub(taken[i]), rule)
			}
		}
	})
}

func TestSeconds(t *testing.T) {
	for wait, want := range map[time.Duration]string{time.Nanosecond: "1", time.Second: "1", 1500 * time.Millisecond: "2"} {
		if got := Seconds(wait); got != want {
			t.Errorf("Seconds(%s) = %s, want %s", wait, got, want)
		}
	}
}
