// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"gamesession.dev/operator/cmd/bots/internal/check"
)

// Report is what a run comes to. Its JSON is for programs, Print for people.
type Report struct {
	DurationMillis int64 `json:"duration_ms"`
	Sessions       int   `json:"sessions"`
	Bots           int   `json:"bots"`

	Sent       uint64         `json:"sent"`
	Acked      uint64         `json:"acked"`
	Repeated   uint64         `json:"repeated"`
	Refused    uint64         `json:"refused"`
	Refusals   map[string]int `json:"refusals"`
	Unanswered uint64         `json:"unanswered"`
	Retried    uint64         `json:"retried"`
	AckMillis  Quantiles      `json:"ack_ms"`

	// Moves are those with a command in flight; QuietMoves had none, so that
	// their pause is only that of the first command behind them.
	Moves       []Move    `json:"moves"`
	QuietMoves  []Move    `json:"quiet_moves"`
	PauseMillis Quantiles `json:"pause_ms"`
	// Pauses are those of single commands that were in flight, by the kind of
	// bot that had sent them.
	Pauses       map[Kind]Pauses `json:"pauses"`
	MovedSeen    uint64          `json:"moved_seen"`
	MovedFollow  uint64          `json:"moved_followed"`
	MovedIgnored uint64          `json:"moved_ignored"`
	MovedAhead   uint64          `json:"moved_connected_ahead"`
	FollowFailed uint64          `json:"follow_failed"`

	// Closes counts, by code, the connections in play that a shard ended or
	// that were cut; IgnoringCloses those of the bots that ignore moves.
	Closes         map[string]int `json:"closes"`
	IgnoringCloses map[string]int `json:"ignoring_closes"`
	CloseList      []Close        `json:"close_list"`
	Attempts       uint64         `json:"attempts"`
	Reconnects     uint64         `json:"reconnects"`
	Resumed        int            `json:"resumed"`
	Duplicates     uint64         `json:"duplicates"`
	Overtaken      uint64         `json:"overtaken"`
	Covered        int            `json:"covered_by_sync"`
	Compared       int            `json:"hashes_compared"`

	ViolationCount uint64   `json:"violation_count"`
	Violations     []string `json:"violations"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

// Pauses are the times from send to acknowledgement of commands that were in
// flight during a move.
type Pauses struct {
	Commands int `json:"commands"`
	Quantiles
}

// Move is a change of a session's owner. Pause is the longest time from send to
// acknowledgement of any command on its way between the last acknowledgement of
// the old owner and the first of the new one.
type Move struct {
	Session     string  `json:"session"`
	EpochFrom   uint64  `json:"epoch_from"`
	EpochTo     uint64  `json:"epoch_to"`
	UnixMillis  int64   `json:"t"`
	PauseMillis float64 `json:"pause_ms"`
	InFlight    int     `json:"in_flight"`
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// report gathers what all bots counted, once they have ended.
func (f *fleet) report() *Report {
	t := f.tally
	q := t.acks.quantiles(0.5, 0.99)
	r := &Report{
		DurationMillis: time.Since(f.began).Milliseconds(), Sessions: len(f.tables), Bots: len(f.bots),
		Sent: t.sent.Load(), Acked: t.acked.Load(), Repeated: t.repeated.Load(),
		Refused: t.refused.Load(), Refusals: map[string]int{}, Unanswered: t.unanswered.Load(),
		AckMillis: Quantiles{millis(q[0]), millis(q[1]), millis(t.acks.longest())},
		Moves:     []Move{}, QuietMoves: []Move{}, Pauses: map[Kind]Pauses{},
		Closes: map[string]int{}, IgnoringCloses: map[string]int{}, CloseList: append([]Close{}, t.closes...),
		Attempts: t.attempts.Load(), ViolationCount: t.broken.Load(), Violations: []string{},
	}
	maps.Copy(r.Refusals, t.refusals)
	f.addMoves(r)
	f.addClients(r)
	for _, c := range t.closes {
		code := strconv.Itoa(c.Code)
		r.Closes[code]++
		if c.Kind == Ignores {
			r.IgnoringCloses[code]++
		}
		if c.Resumed {
			r.Resumed++
		}
	}
	for _, v := range t.violations {
		r.Violations = append(r.Violations, fmt.Sprintf("%s session %s %s %s", v.At.Format(time.TimeOnly+".000"), v.Session, v.Player, v.Violation))
	}
	return r
}

func (f *fleet) addMoves(r *Report) {
	var pauses []time.Duration
	byKind := map[Kind][]time.Duration{}
	for _, t := range f.tables {
		r.Compared += t.hashes.Compared()
		for _, m := range t.moves.Done() {
			move := asMove(t.session, m)
			for player, pause := range m.InFlight {
				byKind[t.kinds[player]] = append(byKind[t.kinds[player]], pause)
			}
			if len(m.InFlight) == 0 {
				r.QuietMoves = append(r.QuietMoves, move)
				continue
			}
			r.Moves = append(r.Moves, move)
			pauses = append(pauses, m.Pause)
		}
	}
	byTime := func(a, b Move) int { return cmp.Compare(a.UnixMillis, b.UnixMillis) }
	slices.SortFunc(r.Moves, byTime)
	slices.SortFunc(r.QuietMoves, byTime)
	r.PauseMillis = quantiles(pauses)
	for kind, list := range byKind {
		r.Pauses[kind] = Pauses{Commands: len(list), Quantiles: quantiles(list)}
	}
}

func quantiles(all []time.Duration) Quantiles {
	n := len(all)
	if n == 0 {
		return Quantiles{}
	}
	slices.Sort(all)
	at := func(share float64) float64 { return millis(all[min(int(share*float64(n)), n-1)]) }
	return Quantiles{at(0.5), at(0.99), millis(all[n-1])}
}

func asMove(session string, m check.Move) Move {
	return Move{
		Session: session, EpochFrom: m.EpochFrom, EpochTo: m.EpochTo, UnixMillis: m.At.UnixMilli(),
		PauseMillis: millis(m.Pause), InFlight: len(m.InFlight),
	}
}

func (f *fleet) addClients(r *Report) {
	for _, b := range f.bots {
		if b.client == nil {
			continue
		}
		s := b.client.Stats()
		r.MovedSeen += s.MovedSeen
		r.MovedFollow += s.Followed
		r.MovedAhead += s.Preconnected
		if b.kind == Ignores {
			r.MovedIgnored += s.MovedSeen
		}
		r.FollowFailed += s.FollowFailed
		r.Reconnects += s.Reconnects
		r.Retried += s.Retried
		r.Duplicates += s.Duplicates
		r.Overtaken += s.Overtaken
		r.Covered += b.stream.Covered()
	}
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// shownViolations is how many violations Print shows.
const shownViolations = 20

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	seconds := float64(r.DurationMillis) / 1000
	line := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	line("played      %.0f s, %d sessions, %d bots", seconds, r.Sessions, r.Bots)
	line("commands    %d acknowledged (%.0f/s), %d refused%s, %d without an answer, %d sent again on request, %d answered again",
		r.Acked, float64(r.Acked)/max(seconds, 1), r.Refused, counts(r.Refusals), r.Unanswered, r.Retried, r.Repeated)
	line("ack         p50 %.1f ms  p99 %.1f ms  max %.1f ms", r.AckMillis.P50, r.AckMillis.P99, r.AckMillis.Max)
	line("moves       %d with commands in flight: pause p50 %.1f ms  p99 %.1f ms  max %.1f ms; %d with none",
		len(r.Moves), r.PauseMillis.P50, r.PauseMillis.P99, r.PauseMillis.Max, len(r.QuietMoves))
	for _, kind := range kinds {
		if p, ok := r.Pauses[kind]; ok {
			line("  %-14s %d commands in flight: p50 %.1f ms  p99 %.1f ms  max %.1f ms", kind, p.Commands, p.P50, p.P99, p.Max)
		}
	}
	line("moved       %d told, %d followed (%d of them connected ahead), %d ignored, %d could not be followed",
		r.MovedSeen, r.MovedFollow, r.MovedAhead, r.MovedIgnored, r.FollowFailed)
	closes := 0
	for _, n := range r.Closes {
		closes += n
	}
	line("closes      %d%s; of bots that ignore moves%s", closes, counts(r.Closes), orNone(counts(r.IgnoringCloses)))
	line("reconnects  %d, %d closes were come back from along the chain, %d attempts in vain", r.Reconnects, r.Resumed, r.Attempts)
	line("checked     %d documents compared, %d links seen again and dropped, %d acknowledgements covered by a sync", r.Compared, r.Duplicates, r.Covered)
	line("violations  %d", r.ViolationCount)
	for i, v := range r.Violations {
		if i == shownViolations {
			line("  … and %d more", len(r.Violations)-i)
			break
		}
		line("  %s", v)
	}
}

// counts renders a map of counts as " (a 1, b 2)".
func counts(m map[string]int) string {
	if len(m) == 0 {
		return ""
	}
	text := ""
	for _, key := range slices.Sorted(maps.Keys(m)) {
		text += fmt.Sprintf(", %s: %d", key, m[key])
	}
	return " (" + text[2:] + ")"
}

func orNone(text string) string { return cmp.Or(text, " none") }
