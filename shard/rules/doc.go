// SPDX-License-Identifier: Apache-2.0

// Package rules is the combat engine: Decide turns a command into events or a
// refusal, Apply folds events into the state. Both are pure: no clock, no
// input or output, no randomness but the dice that are handed in, no
// goroutines. The same state and the same events give the same bytes on every
// machine.
//
//   - Decide never changes the state; a refusal changes nothing.
//   - Apply is the only way a state changes. Events carry all it needs, also
//     the faces of the dice, so a replay rolls nothing.
//   - Every number of a roll names its source.
//   - What a player may not know leaves through Render and Redact only, and
//     each event and entity says there what a view may see.
//
// The rules are those of the System Reference Document 5.2.1; what SRD 5.1
// does otherwise is a value of edition. Each rule cites its SRD heading;
// docs/rulings.md lists how ambiguities are ruled. Nothing in this package is
// safe for concurrent use: one state belongs to one goroutine.
package rules
