// SPDX-License-Identifier: Apache-2.0

// Package srd holds the creatures, spells, weapons and armor that the product
// ships: facts of the System Reference Document 5.2.1, in words of our own,
// chosen so that every mechanic of the engine has one that uses it. NOTICE has
// the licence and the attribution; data/srd-5.2.1/README.md says what of each
// was left out.
//
// The data is versioned: a version never changes once it was released, and a
// session keeps the version it began with. Whatever is loaded has been
// checked: every field against its limits, every reference, and every number
// of a stat block against the scores it follows from (see check.go).
package srd
