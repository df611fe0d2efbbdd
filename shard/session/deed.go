// SPDX-License-Identifier: Apache-2.0

package session

import (
	"log/slog"

	"gamesession.dev/operator/shard/audit"
	"gamesession.dev/operator/shard/rules"
)

// deed is what an entry does that somebody may have to answer for.
type deed struct {
	what  audit.Event
	by    string
	about slog.Attr
}

// deedOf returns the deed of a record; most are none.
func deedOf(r *record) *deed {
	by := r.By
	if by == "" {
		by = r.Player
	}
	switch {
	case r.Access != nil:
		return &deed{audit.Event(r.Access.Verb), r.Access.By, slog.String("player", r.Access.Player)}
	case r.Rewind != nil:
		return &deed{audit.Rewound, by, slog.Uint64("to", r.Rewind.To)}
	case r.Lifecycle != "":
		return &deed{audit.Lifecycle, by, slog.String("to", r.Lifecycle)}
	}
	for _, e := range r.events {
		if rules.IsOverride(e) {
			return &deed{audit.Overrode, by, slog.String("change", e.Kind())}
		}
	}
	return nil
}

// audit writes what a durable entry did.
func (s *Session) audit(l *link) {
	if d := l.deed; d != nil {
		audit.Write(s.logger, d.what, slog.String("by", d.by), d.about, slog.Uint64("version", l.entry.Position.Version))
	}
}
