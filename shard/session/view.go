// SPDX-License-Identifier: Apache-2.0

package session

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// viewName is one of the views of a session.
type viewName = rules.View

// projection follows every view of a state: its hash and its chain. Views are not
// kept, they are rendered: what an entry touches before and after it, and all when
// somebody asks for it. It is the one exit: whatever a client learns of a session
// was rendered here, for its view.
type projection struct {
	views []shown
}

// shown is how far one view has come.
type shown struct {
	view  viewName
	hash  wire.Hash
	chain uint64 // version of the last link
}

// project begins with a state.
func project(s *State) *projection {
	p := &projection{}
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	for _, v := range rules.Views() {
		w.after.Reset()
		s.render(&w.after, v, s.Fight.Entities(), true)
		seen := shown{view: v, chain: s.Position.Version}
		for i := range w.after.Len() {
			seen.hash.Change(w.after.Path(i), nil, w.after.Value(i))
		}
		p.views = append(p.views, seen)
	}
	return p
}

// in returns how far a view has come.
func (p *projection) in(v viewName) shown {
	i := slices.IndexFunc(p.views, func(s shown) bool { return s.view == v })
	return p.views[i]
}

// hash returns the hash of a view.
func (p *projection) hash(v viewName) wire.Hash { return p.in(v).hash }

// fold applies the next entry to the state and returns how it looks in every view.
// For a command entry r is its decoded record; its events are applied as they are,
// without another round through their encoding.
func (p *projection) fold(s *State, e journal.Entry, r *record) (link, error) {
	if r == nil {
		if err := s.Apply(e); err != nil {
			return link{}, err
		}
		return p.link(e), nil
	}
	w := workspaces.Get().(*workspace)
	defer workspaces.Put(w)
	spaces := w.of(len(p.views))
	told := p.redact(s, r, spaces)
	touched := s.Fight.Touched(r.events)
	if r.Rewind != nil {
		touched = s.Fight.Entities()
	}
	for i, seen := range p.views {
		s.render(&spaces[i].before, seen.view, touched, r.ofSession())
	}
	if err := s.applyRecord(e.Position, r); err != nil {
		return link{}, fmt.Errorf("folding entry %s: %w", e.Position, err)
	}
	s.Position = e.Position
	if r.Rewind != nil {
		touched = withNew(touched, s.Fight.Entities())
	}
	l := p.link(e)
	kind, id := kindOf(r.events), e.Position.String()
	for i := range p.views {
		seen := &p.views[i]
		w.after.Reset()
		s.render(&w.after, seen.view, touched, r.ofSession())
		changes := w.diff(&spaces[i].before, &seen.hash)
		l.views[i].hash = seen.hash
		if len(changes) == 0 && len(told[i]) == 0 {
			continue
		}
		l.views[i].kind = kind
		l.views[i].frame = wire.EncodeUpdate(kind, &wire.Update{
			UpdateID: id, Position: wire.Position(e.Position), From: seen.chain,
			By: cmp.Or(r.Player, r.By), ActionID: r.ActionID, Changes: changes, Events: told[i],
			Hash: seen.hash.String(), Timestamp: r.Time,
		})
		seen.chain = e.Position.Version
	}
	return l, nil
}

// link is an entry that shows in no view.
func (p *projection) link(e journal.Entry) link {
	l := link{entry: e, views: make([]viewLink, len(p.views))}
	for i, seen := range p.views {
		l.views[i] = viewLink{view: seen.view, hash: seen.hash}
	}
	return l
}

// redact gives what each view is told of what happened. It may be in the memory of
// its space.
func (p *projection) redact(s *State, r *record, spaces []viewspace) [][]json.RawMessage {
	told := make([][]json.RawMessage, len(p.views))
	for i, seen := range p.views {
		if seen.view == rules.ViewGM && len(r.told) == len(r.events) {
			told[i] = r.told // nothing is hidden from it
		} else {
			s.Fight.RedactTo(&spaces[i].told, seen.view, r.events)
			told[i] = spaces[i].told.List()
		}
		if r.Rewind != nil {
			told[i] = append(told[i], r.Rewind.told())
		}
	}
	return told
}

// at returns a view as it was before the given links, which are undone from the
// newest to the oldest.
func (s *State) at(v viewName, position journal.Position, undo ...[]link) *wire.Document {
	var leaves rules.Leaves
	s.render(&leaves, v, s.Fight.Entities(), true)
	all := make(map[string]json.RawMessage, leaves.Len())
	for i := range leaves.Len() {
		all[leaves.Path(i)] = leaves.Value(i)
	}
	doc := wire.NewDocument(wire.Position(position), all)
	for _, links := range slices.Backward(undo) {
		for _, l := range slices.Backward(links) {
			for _, c := range slices.Backward(l.in(v).changes()) {
				doc.Set(c.Path, c.Previous)
			}
		}
	}
	return doc
}

// kindOf names the frame that tells of events.
func kindOf(events []rules.Event) wire.Type {
	kind := wire.TypeStateUpdate
	for _, e := range events {
		switch e.(type) {
		case rules.InitiativeRolled:
			return wire.TypeInitiativeRoll
		case rules.TurnEnded:
			return wire.TypeTurnChange
		default:
			kind = wire.TypeActionResolve
		}
	}
	return kind
}
