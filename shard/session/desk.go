// SPDX-License-Identifier: Apache-2.0

package session

import (
	"weak"

	"gamesession.dev/operator/shard/rules"
)

// desk is memory to decide on. What is decided on it is folded and encoded in the
// same turn of the loop; then it may go. A session that is played on finds it again;
// one that waits, as most do, has none once memory was collected.
type desk struct {
	draft rules.Draft
	told  rules.Texts // what happened in the entry being made
}

// desks has at most one desk. The zero value has none.
type desks struct {
	now  *desk // nil between two turns
	last weak.Pointer[desk]
}

// get gives the desk, which stays until tidy.
func (d *desks) get() *desk {
	if d.now == nil {
		d.now = d.last.Value()
	}
	if d.now == nil {
		d.now = &desk{}
		d.last = weak.Make(d.now)
	}
	return d.now
}

// tidy lets the desk go.
func (d *desks) tidy() { d.now = nil }
