// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rule allows N in each Per. The zero Rule allows everything.
type Rule struct {
	N   int
	Per time.Duration
}

const (
	maxN   = 1_000_000
	maxPer = 24 * time.Hour
)

// ParseRule reads "100/1m"; an empty text is the zero Rule.
func ParseRule(text string) (Rule, error) {
	if text == "" {
		return Rule{}, nil
	}
	count, span, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > maxN {
		return Rule{}, fmt.Errorf("%q is not a limit such as 100/1m: the count must be from 1 to %d", text, maxN)
	}
	per, err := time.ParseDuration(span)
	if err != nil || per < time.Second || per > maxPer {
		return Rule{}, fmt.Errorf("%q is not a limit such as 100/1m: the span must be from 1s to %s", text, maxPer)
	}
	return Rule{n, per}, nil
}

// String renders what ParseRule reads.
func (r Rule) String() string {
	if r.Unlimited() {
		return ""
	}
	return strconv.Itoa(r.N) + "/" + r.Per.String()
}

// Unlimited says whether the rule allows everything.
func (r Rule) Unlimited() bool { return r.N == 0 }

// each is how long one of N takes to come back.
func (r Rule) each() time.Duration { return r.Per / time.Duration(r.N) }

// Bucket counts for one subject. The zero Bucket is full. It is not safe for
// concurrent use.
type Bucket struct {
	full time.Time // when it is full again
}

// Take takes n at the instant now, or nothing: then it returns how long to wait
// before n can be taken. What is more than the rule ever allows counts as all of
// it.
func (b *Bucket) Take(r Rule, n int, now time.Time) (wait time.Duration) {
	if r.Unlimited() || n <= 0 {
		return 0
	}
	full := b.full
	if full.Before(now) {
		full = now
	}
	if most := now.Add(r.Per); full.After(most) { // the clock was set back
		full = most
	}
	full = full.Add(time.Duration(min(n, r.N)) * r.each())
	if over := full.Sub(now) - r.Per; over > 0 {
		return over
	}
	b.full = full
	return 0
}

// Idle says whether the bucket is full: there is nothing in it to remember.
func (b *Bucket) Idle(now time.Time) bool { return !b.full.After(now) }

// Seconds rounds a wait up, as Retry-After needs it.
func Seconds(wait time.Duration) string {
	return strconv.FormatInt(int64((wait+time.Second-1)/time.Second), 10)
}
