// SPDX-License-Identifier: Apache-2.0

package session

import (
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/wire"
)

// ringSize is how many entries an owner keeps at hand: to let clients resume,
// and to repair a journal whose tail Redis lost.
const ringSize = 1024

// link is one entry as it looks to clients, in each view.
type link struct {
	entry journal.Entry
	views []viewLink
	deed  *deed // nil: nothing that anybody has to answer for
}

// viewLink is an entry in one view: a link of the view's chain, encoded once for
// all who get it, or nothing.
type viewLink struct {
	view  viewName
	hash  wire.Hash // of the view behind the entry
	kind  wire.Type
	frame []byte // nil: nothing shows
}

// in returns how the entry looks in a view.
func (l *link) in(v viewName) *viewLink {
	for i := range l.views {
		if l.views[i].view == v {
			return &l.views[i]
		}
	}
	return &viewLink{view: v}
}

// message returns what a view is told of the entry, if it is told anything.
func (l *link) message(v viewName) (Message, bool) {
	in := l.in(v)
	return Message{Type: in.kind, Bytes: in.frame, Position: wire.Position(l.entry.Position)}, in.frame != nil
}

// changes are what the frame says has changed.
func (v *viewLink) changes() []wire.Change { return v.update().Changes }

// update reads the frame.
func (v *viewLink) update() (u wire.Update) {
	if v.frame == nil {
		return u
	}
	f, err := wire.DecodeFrame(v.frame)
	if err == nil {
		err = wire.DecodeData(f, &u)
	}
	if err != nil {
		panic("session: a frame of its own does not decode: " + err.Error())
	}
	return u
}

// ring holds the newest links, oldest first, without a hole. What it holds is
// never changed in place: a copy of a ring is that ring as of then, also for
// another goroutine.
type ring struct {
	links []link
}

func (r *ring) push(l link) {
	if len(r.links) >= ringSize+ringSize/4 {
		// With room for all that come before the next time.
		room := make([]link, 0, ringSize+ringSize/4)
		r.links = append(room, r.links[len(r.links)-ringSize+1:]...)
	}
	r.links = append(r.links, l)
}

// after returns the link at position p and those behind it; false when the ring
// does not hold the entry at p, so that what follows it cannot be known.
func (r *ring) after(p journal.Position) (at link, behind []link, ok bool) {
	if len(r.links) == 0 {
		return link{}, nil, false
	}
	first := r.links[0].entry.Position.Version
	if p.Version < first || p.Version-first >= uint64(len(r.links)) {
		return link{}, nil, false
	}
	i := int(p.Version - first)
	if r.links[i].entry.Position != p {
		return link{}, nil, false
	}
	return r.links[i], r.links[i+1:], true
}

// entriesAfter is after for whoever needs the entries alone.
func (r *ring) entriesAfter(p journal.Position) ([]journal.Entry, bool) {
	_, links, ok := r.after(p)
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
