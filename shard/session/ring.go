// SPDX-License-Identifier: Apache-2.0

package session

import "gamesession.dev/operator/shard/journal"

// ringSize is how many entries an owner keeps at hand: to let clients resume,
// and to repair a journal whose tail Redis lost.
const ringSize = 1024

// link is one entry as it looks to clients: its update per view, none for a
// view in which nothing happened.
type link struct {
	entry   journal.Entry
	updates map[viewName]*update
}

// ring holds the newest links, oldest first, without a hole. What it holds is
// never changed in place: a copy of a ring is that ring as of then, also for
// another goroutine.
type ring struct {
	links []link
}

func (r *ring) push(l link) {
	if len(r.links) >= 2*ringSize {
		r.links = append(r.links[:0:0], r.links[len(r.links)-ringSize+1:]...)
	}
	r.links = append(r.links, l)
}

// after returns the links behind position p, and false when the ring does not
// hold the entry at p, so that what follows it cannot be known.
func (r *ring) after(p journal.Position) ([]link, bool) {
	if len(r.links) == 0 {
		return nil, false
	}
	first := r.links[0].entry.Position.Version
	if p.Version < first || p.Version-first >= uint64(len(r.links)) {
		return nil, false
	}
	i := int(p.Version - first)
	if r.links[i].entry.Position != p {
		return nil, false
	}
	return r.links[i+1:], true
}

// entriesAfter is after for whoever needs the entries alone.
func (r *ring) entriesAfter(p journal.Position) ([]journal.Entry, bool) {
	links, ok := r.after(p)
	if !ok {
		return nil, false
	}
	entries := make([]journal.Entry, len(links))
	for i, l := range links {
		entries[i] = l.entry
	}
	return entries, true
}

// newest returns the last entry, as a list, and the position before it.
func (r *ring) newest() (before journal.Position, last []journal.Entry, ok bool) {
	n := len(r.links)
	if n < 2 {
		return journal.Position{}, nil, false
	}
	return r.links[n-2].entry.Position, []journal.Entry{r.links[n-1].entry}, true
}

// oldest returns the position of the oldest entry held, zero when there is none.
func (r *ring) oldest() journal.Position {
	if len(r.links) == 0 {
		return journal.Position{}
	}
	return r.links[0].entry.Position
}
