// SPDX-License-Identifier: Apache-2.0

package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"weak"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/plant"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/shard/wire"
)

// Attach makes a client a member. With resume, what the client missed is
// delivered first; without it, the view as it is. Everything that follows is
// delivered in order and without a hole until the member leaves or is detached.
// The error is [ErrNotMember], [ErrBanned], [ErrRevoked], [ErrAhead], ctx's, or why the session has ended here.
func (s *Session) Attach(ctx context.Context, claims auth.Claims, sub Subscriber, resume *wire.Resume) (*Member, error) {
	actor := rules.Actor{Player: claims.Player, Role: rules.Role(claims.Role), Character: claims.Character}
	m := &Member{session: s, sub: sub, claims: claims, actor: actor, view: rules.ViewFor(actor), acts: claims.Allowed(s.id, auth.Act, auth.Own), talks: claims.Allowed(s.id, auth.Talk, auth.Others)}
	enter := func(mayBeAhead bool) error {
		_, err := ask(ctx, s, func() (struct{}, error) {
			err := s.admits(claims)
			switch {
			case err != nil:
			case !mayBeAhead && s.isAhead(resume):
				err = ErrAhead
			default:
				s.admit(m, resume)
			}
			return struct{}{}, err
		})
		return err
	}
	err := enter(false)
	if errors.Is(err, ErrAhead) && s.confirmed(ctx) {
		err = enter(true)
	}
	if err != nil {
		s.post(func() { s.drop(m) }) // should it have been let in after all
		return nil, fmt.Errorf("attaching to session %s: %w", s.id, err)
	}
	return m, nil
}

// isAhead says whether a client claims to have seen what cannot have happened
// yet: what an owner shows is durable, so it lies behind the owner's own position.
func (s *Session) isAhead(resume *wire.Resume) bool {
	return resume != nil && s.durable.Compare(journal.Position(resume.Position)) < 0
}

// confirmed asks the journal whether this is the owner. One that has been replaced
// and does not know, or cannot reach Redis, or reaches one that was replaced
// itself, must not tell a client that its history is lost.
func (s *Session) confirmed(ctx context.Context) bool {
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.Log.Confirm(bounded, s.id, s.me)
	if stale, is := errors.AsType[*journal.StaleError](err); is {
		s.Observe(stale.Owner)
	}
	return err == nil
}

// admit takes a member in at the durable position.
func (s *Session) admit(m *Member, resume *wire.Resume) {
	if s.freeze != nil {
		m.sub.HandoffAhead(s.freeze.to, s.freeze.epoch)
	}
	if resume == nil {
		s.snapshotTo(m)
	} else {
		s.resumeFrom(m, resume)
	}
	if !m.gone {
		s.changed(m, true)
		s.members = append(s.members, m)
	}
}

// resumeFrom delivers what a client missed since its position.
func (s *Session) resumeFrom(m *Member, resume *wire.Resume) {
	from := journal.Position(resume.Position)
	at, missed, known := s.ring.after(from)
	reason := ""
	switch {
	case !known:
		reason = s.lossReason(from)
	case resume.Hash != "" && resume.Hash != at.in(m.view).hash.String():
		reason = wire.ReasonDiverged
	}
	if reason != "" {
		m.deliver(Message{Type: wire.TypeHistoryLost, Bytes: wire.Encode(wire.TypeHistoryLost,
			wire.HistoryLost{Position: wire.Position(s.durable), Reason: reason})})
		s.snapshotTo(m)
		return
	}
	m.deliver(Message{Type: wire.TypeResumed, Position: resume.Position, Bytes: wire.Encode(wire.TypeResumed, wire.Resumed{
		Position: resume.Position, Current: wire.Position(s.durable), LastN: s.durableN(m.claims.Player),
	})})
	if plant.On(plant.ResumeOffByOne) && len(missed) > 0 {
		missed = missed[1:]
	}
	for _, l := range missed {
		if msg, shows := l.message(m.view); shows {
			m.deliver(msg)
		}
	}
}

// lossReason tells a position that is too old to resume from one that is not in
// the history.
func (s *Session) lossReason(p journal.Position) string {
	if oldest := s.ring.oldest(); p.Compare(oldest) < 0 && p.Version < oldest.Version {
		return wire.ReasonTooOld
	}
	return wire.ReasonNotInHistory
}

// undurable returns the links that are decided and not durable yet.
func (s *Session) undurable() [][]link {
	var out [][]link
	if s.inflight != nil {
		out = append(out, s.inflight.links)
	}
	return append(out, s.next.links)
}

// durableN returns the last counter of a player whose command is durable.
func (s *Session) durableN(player string) uint64 {
	p := s.state.Players[player]
	if p == nil {
		return 0
	}
	for _, a := range slices.Backward(p.Answers) {
		if a.Position.Version <= s.durable.Version {
			return a.N
		}
	}
	return 0
}

// snapshotTo delivers the durable view.
func (s *Session) snapshotTo(m *Member) {
	v := s.encoded[m.view].Value()
	if v == nil || v.at != s.durable {
		doc := s.state.at(m.view, s.durable, s.undurable()...)
		v = &encodedView{at: s.durable, state: wire.EncodeState(doc.Leaves()), hash: doc.Hash()}
		s.encoded[m.view] = weak.Make(v)
	}
	m.deliver(Message{Type: wire.TypeSyncResponse, Position: wire.Position(s.durable),
		Bytes: wire.EncodeSync(wire.Position(s.durable), v.state, v.hash, s.durableN(m.claims.Player))})
}

// encodedView is a whole view as of a position, for all who ask for it then: a
// table comes back as one when its shard has gone. It is kept until memory is
// collected; of a table that nobody comes back to, nothing is.
type encodedView struct {
	at    journal.Position
	state []byte
	hash  string
}

// sync answers a sync_request of a member.
func (s *Session) sync(m *Member, paths []string) {
	if m.gone {
		return
	}
	if len(paths) == 0 {
		s.snapshotTo(m)
		return
	}
	doc := s.state.at(m.view, s.durable, s.undurable()...)
	m.deliver(Message{Type: wire.TypeSyncResponse, Bytes: wire.Encode(wire.TypeSyncResponse, wire.SyncResponse{
		Position: wire.Position(s.durable), State: doc.Below(paths), LastN: s.durableN(m.claims.Player), Partial: true,
	})})
}

// broadcast delivers a durable entry to every member, in its view.
func (s *Session) broadcast(l link) {
	if !slices.ContainsFunc(l.views, func(v viewLink) bool { return v.frame != nil }) {
		return
	}
	s.observer.Broadcast(len(s.members))
	for i := 0; i < len(s.members); {
		m := s.members[i]
		if msg, shows := l.message(m.view); shows {
			m.deliver(msg)
		}
		if !m.gone { // else another one stands in its place
			i++
		}
	}
}

// Report says what the operator shows of the session.
func (s *Session) Report(ctx context.Context) (registry.Report, error) {
	var r registry.Report
	err := s.call(ctx, func() {
		r = registry.Report{
			Session: s.id, Epoch: s.me.Epoch, Version: s.durable.Version,
			Players: s.connected(), Round: s.state.Fight.Combat.Round,
			Durable: !s.stuck, Ended: s.state.Lifecycle == registry.LifecycleEnded,
			Mismatch: s.mismatch, LastMove: s.move,
		}
	})
	if err != nil {
		return registry.Report{}, err
	}
	return r, nil
}

// connected lists the players who are here, each once, sorted.
func (s *Session) connected() []string {
	var names []string
	for _, m := range s.members {
		if m.claims.Role == auth.Player {
			names = append(names, m.claims.Player)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), registry.MaxReportPlayers)]
}
