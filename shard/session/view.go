// SPDX-License-Identifier: Apache-2.0

package session

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// viewName is one of the views of a session.
type viewName = rules.View

// lifecyclePath is a leaf that the session itself adds to every view; those of
// the dice are the others.
const lifecyclePath = "/session/lifecycle"

// update is one link of one view's chain, encoded once, when somebody first
// needs it.
type update struct {
	kind   wire.Type
	update wire.Update

	once  sync.Once
	bytes []byte
}

func (u *update) message() Message {
	u.once.Do(func() { u.bytes = wire.EncodeUpdate(u.kind, &u.update) })
	return Message{Type: u.kind, Bytes: u.bytes, Position: u.update.Position}
}

// projection keeps every view of a state as a flat document. It is the one exit:
// whatever a client learns of a session was rendered here, for its view.
type projection struct {
	views []viewName
	docs  map[viewName]*wire.Document
	// shown are the leaves of each entity in each view as last rendered: what is
	// the same is passed over, and one that is no longer rendered is seen to be
	// gone.
	shown map[viewName]map[string][]rules.Leaf
	// lifecycle is the leaf of that name as last rendered.
	lifecycle map[viewName]string
	// chain is the version of each view's last link.
	chain map[viewName]uint64
}

// project renders a state from nothing.
func project(s *State) *projection {
	p := &projection{
		views: rules.Views(),
		docs:  map[viewName]*wire.Document{},
		shown: map[viewName]map[string][]rules.Leaf{}, lifecycle: map[viewName]string{},
		chain: map[viewName]uint64{},
	}
	for _, v := range p.views {
		p.docs[v] = wire.NewDocument(wire.Position(s.Position), nil)
		p.shown[v] = map[string][]rules.Leaf{}
		p.chain[v] = s.Position.Version
		p.render(v, s, s.Fight.Entities())
		p.renderDice(v, s)
	}
	return p
}

// fold applies the next entry to the state and to every view, and returns how it
// looks in each. For a command entry r is its decoded record; its events are
// applied as they are, without another round through their encoding.
func (p *projection) fold(s *State, e journal.Entry, r *record) (link, error) {
	l := link{entry: e}
	if r == nil {
		if err := s.Apply(e); err != nil {
			return l, err
		}
		p.advance(e.Position)
		return l, nil
	}
	told := p.redact(s, r)
	touched := []string(nil)
	if r.Rewind != nil {
		touched = s.Fight.Entities() // also of what is left behind
	}
	if err := s.applyRecord(e.Position, r); err != nil {
		return l, fmt.Errorf("folding entry %s: %w", e.Position, err)
	}
	s.Position = e.Position
	l.updates = make(map[viewName]*update, len(p.views))
	if r.Rewind == nil {
		touched = s.Fight.Touched(r.events)
	} else {
		touched = append(touched, s.Fight.Entities()...)
	}
	for _, v := range p.views {
		if u := p.update(v, s, r, touched, told[v]); u != nil {
			l.updates[v] = u
		}
	}
	p.advance(e.Position)
	return l, nil
}

func (p *projection) redact(s *State, r *record) map[viewName][]json.RawMessage {
	told := make(map[viewName][]json.RawMessage, len(p.views))
	for _, v := range p.views {
		if v == rules.ViewGM && len(r.told) == len(r.events) {
			told[v] = r.told // nothing is hidden from it
			continue
		}
		told[v] = s.Fight.Redact(v, r.events)
		if r.Rewind != nil {
			told[v] = append(told[v], r.Rewind.told())
		}
	}
	return told
}

// render brings the leaves of entities up to date in one view, and returns what
// changed.
func (p *projection) render(v viewName, s *State, entities []string) []wire.Change {
	changes := []wire.Change{}
	set := p.setter(v, &changes)
	for _, entity := range entities {
		leaves, before := s.Fight.Render(v, entity), p.shown[v][entity]
		same := len(leaves) == len(before)
		for i, leaf := range leaves {
			if i < len(before) && before[i].Path == leaf.Path {
				if slices.Equal(before[i].Value, leaf.Value) {
					continue
				}
			} else {
				same = false
			}
			set(leaf.Path, leaf.Value)
		}
		if !same {
			for _, old := range before {
				if !slices.ContainsFunc(leaves, func(l rules.Leaf) bool { return l.Path == old.Path }) {
					set(old.Path, nil)
				}
			}
		}
		p.shown[v][entity] = leaves
	}
	if p.lifecycle[v] != s.Lifecycle {
		set(lifecyclePath, quoted(s.Lifecycle))
		p.lifecycle[v] = s.Lifecycle
	}
	return changes
}

// renderDice does the same for what everybody knows of the dice.
func (p *projection) renderDice(v viewName, s *State) []wire.Change {
	changes := []wire.Change{}
	s.Dice.leaves(p.setter(v, &changes))
	return changes
}

// setter returns what sets leaves of a view and notes which of them change.
func (p *projection) setter(v viewName, changes *[]wire.Change) func(path string, value json.RawMessage) {
	doc := p.docs[v]
	return func(path string, value json.RawMessage) {
		if !slices.Equal(doc.Get(path), value) {
			*changes = append(*changes, wire.Change{Path: path, Value: value, Previous: doc.Set(path, value)})
		}
	}
}

// update renders what changed in one view; nil if nothing did and there is
// nothing to tell.
func (p *projection) update(v viewName, s *State, r *record, touched []string, told []json.RawMessage) *update {
	changes := p.render(v, s, touched)
	if r.Nonce != "" || r.Reveal != nil {
		changes = append(changes, p.renderDice(v, s)...)
	}
	if len(changes) == 0 && len(told) == 0 {
		return nil
	}
	from := p.chain[v]
	p.chain[v] = s.Position.Version
	return &update{kind: kindOf(r.events), update: wire.Update{
		UpdateID: s.Position.String(), Position: wire.Position(s.Position), From: from,
		By: r.Player, ActionID: r.ActionID, Changes: changes, Events: told,
		Hash: p.docs[v].Hash(), Timestamp: r.Time,
	}}
}

func (p *projection) advance(at journal.Position) {
	for _, doc := range p.docs {
		doc.Advance(wire.Position(at))
	}
}

// at returns the leaves and hash of a view as they were before the given links,
// which are undone from the newest to the oldest.
func (p *projection) at(v viewName, position journal.Position, undo ...[]link) *wire.Document {
	doc := wire.NewDocument(wire.Position(position), p.docs[v].Leaves())
	for _, links := range slices.Backward(undo) {
		for _, l := range slices.Backward(links) {
			u := l.updates[v]
			if u == nil {
				continue
			}
			for _, c := range slices.Backward(u.update.Changes) {
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

func quoted(text string) json.RawMessage {
	return json.RawMessage(fmt.Sprintf("%q", text))
}
