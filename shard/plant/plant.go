// SPDX-License-Identifier: Apache-2.0

// Package plant holds bugs that are put in on purpose, to see that the
// robustness harness finds them: a harness that catches none proves nothing.
//
// Without the build tag plant, which no released program carries, On is false
// and Script changes nothing; both are compiled away with what hangs on them.
package plant

// Bug is one mistake that somebody could have made.
type Bug string

// The bugs, each against a promise of docs/architecture.md.
const (
	AckBeforeAppend     Bug = "ack-before-append"       // acknowledge and broadcast before the append
	NoFence             Bug = "no-fence"                // append whoever the owner is, behind whatever is there
	NoDeduplication     Bug = "no-deduplication"        // decide a repeated command again
	HandoffForgets      Bug = "handoff-forgets-answers" // lose counters and answers in a handoff
	SnapshotWithoutTail Bug = "snapshot-without-tail"   // load a snapshot without what follows it
	ResumeOffByOne      Bug = "resume-off-by-one"       // leave out the first update that a client missed
	WaitIgnored         Bug = "wait-ignored"            // take any reply of WAIT for a yes
	EpochOnlyInRedis    Bug = "epoch-only-in-redis"     // let the epoch fall when Redis goes back in time
	HalfWrittenSnapshot Bug = "half-written-snapshot"   // store the fight without the players' answers
	LeaseByClock        Bug = "lease-by-clock"          // trust a lease that the owner's own clock measures
	TakeoverOfOldIntent Bug = "takeover-of-old-intent"  // take over though a newer assignment is in force
	SilentThaw          Bug = "silent-thaw"             // play on after a freeze without saying so in the journal
)

// Bugs lists them all.
func Bugs() []Bug {
	return []Bug{
		AckBeforeAppend, NoFence, NoDeduplication, HandoffForgets, SnapshotWithoutTail, ResumeOffByOne,
		WaitIgnored, EpochOnlyInRedis, HalfWrittenSnapshot, LeaseByClock, TakeoverOfOldIntent, SilentThaw,
	}
}
