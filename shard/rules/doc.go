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
//
// Where things are (events of a concept stand beside it, in NAME_event.go):
//
//	state, store, validate    what a fight is; reading it back; what may be in it
//	scenario, setup, options  what a fight is made of, and how it is made
//	command, event, refusal   the ways in and out; table, on which Decide works
//	task, window, orders      what is still to be done; asking somebody in between
//	moment, react, counter, ready, legendary, trait  what others do about it
//	initiative, turn, clock, lair, budget  order, turns and what they count, what a turn allows
//	action, act, deed         actions that all have; what a creature's block lets it do
//	hands, draw               what is in a creature's hands
//	attack, strike, hit, damage, mastery, death, hp_event
//	cast, aim, activity, outcome, save  spells and other activities, their targets and saves
//	effect, condition, speed, predicate, zone  what lasts, and what it changes
//	dispel                    ending spells
//	move, extra, walk, push, fall, occupy, hide, grapple, engulf, spawn
//	roll, edition             tests and their sources; the two rulesets
//	override, roster          what a game master may do; who comes and goes
//	view, render, leaf        what each view may see, the one exit
package rules
