// SPDX-License-Identifier: Apache-2.0

// Package failpoint names the moments of a shard's life at which it hurts most
// to die, to sleep or to be slow, so that a test can make exactly that happen.
//
// Without the build tag failpoint, which no released program carries, At does
// nothing and is compiled away.
package failpoint

// Point is a moment in the code.
type Point string

// The points, in the order in which a command, a snapshot and a handoff pass
// them.
const (
	AfterValidate  Point = "after-validate"  // a command is decided and folded, nothing is written
	BeforeSend     Point = "before-send"     // everything is checked, the append is not sent yet
	AfterAppend    Point = "after-append"    // entries are durable, the session does not know
	BeforeAck      Point = "before-ack"      // the session knows, nobody was told
	MidSnapshot    Point = "mid-snapshot"    // a snapshot is taken and not stored
	BeforeFreeze   Point = "before-freeze"   // the target follows, the source has not stopped
	AfterFreeze    Point = "after-freeze"    // the freeze is durable
	BeforeTakeover Point = "before-takeover" // the target has read all, the owner is another
	AfterTakeover  Point = "after-takeover"  // the takeover is durable, the session does not run
)

// Points lists them all.
func Points() []Point {
	return []Point{
		AfterValidate, BeforeSend, AfterAppend, BeforeAck, MidSnapshot,
		BeforeFreeze, AfterFreeze, BeforeTakeover, AfterTakeover,
	}
}
