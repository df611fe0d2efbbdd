// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// Row is one line of the report.
type Row struct {
	Cause   string
	Moved   int
	Pauses  []float64 // milliseconds, sorted
	Acked   int
	Lost    int
	Twice   int
	Resumed int
	Closed  int
}

// Rows returns a row for each phase, and one for everything, the time between
// the phases included.
func (r *Results) Rows() []Row {
	rows := make([]Row, 0, len(r.Phases)+1)
	for _, p := range r.Phases {
		rows = append(rows, r.row(p.Cause, p.Moved, p.holds))
	}
	moved := 0
	for _, p := range r.Phases {
		moved += p.Moved
	}
	return append(rows, r.row("in all", moved, func(time.Time) bool { return true }))
}

func (p Phase) holds(t time.Time) bool { return !t.Before(p.Start) && t.Before(p.End) }

func (r *Results) row(cause string, moved int, holds func(time.Time) bool) Row {
	row := Row{Cause: cause, Moved: moved}
	for _, m := range r.Seen.Moves {
		if holds(time.UnixMilli(m.UnixMillis)) {
			row.Pauses = append(row.Pauses, m.PauseMillis)
		}
	}
	slices.Sort(row.Pauses)
	for _, t := range r.Acks {
		if holds(time.UnixMilli(t)) {
			row.Acked++
		}
	}
	for _, c := range r.Seen.Closes {
		if !holds(time.UnixMilli(c.UnixMillis)) {
			continue
		}
		row.Closed++
		if c.Resumed {
			row.Resumed++
		}
	}
	row.Lost, row.Twice = within(r.Folded.Lost, holds), within(r.Folded.Twice, holds)
	return row
}

func within(commands []Command, holds func(time.Time) bool) int {
	n := 0
	for _, c := range commands {
		if holds(time.UnixMilli(c.UnixMillis)) {
			n++
		}
	}
	return n
}

// Verdict is an error if anything was lost, applied twice, seen wrongly or not
// checked at all.
func (r *Results) Verdict() error {
	errs := []error{r.Failed}
	if n := len(r.Folded.Lost); n > 0 {
		errs = append(errs, fmt.Errorf("%d acknowledged commands were lost", n))
	}
	if n := len(r.Folded.Twice); n > 0 {
		errs = append(errs, fmt.Errorf("%d commands were applied twice", n))
	}
	if r.Folded.Mismatched > 0 {
		errs = append(errs, fmt.Errorf("%d views differ from the folded journal", r.Folded.Mismatched))
	}
	if n := len(r.Folded.Refused); n > 0 {
		errs = append(errs, fmt.Errorf("%d refused commands were applied", n))
	}
	if r.Folded.Broken > 0 {
		errs = append(errs, fmt.Errorf("%d gaps or fallen epochs in journals and streams", r.Folded.Broken))
	}
	for _, v := range r.Seen.Violations {
		errs = append(errs, errors.New("a bot saw: "+v))
	}
	if r.Folded.Acked == 0 || r.Folded.Acked != r.Seen.Acked {
		errs = append(errs, fmt.Errorf("%d commands were acknowledged, %d were checked", r.Seen.Acked, r.Folded.Acked))
	}
	for _, p := range r.Phases {
		if p.Moved == 0 {
			errs = append(errs, fmt.Errorf("%s moved no session: it shows nothing", p.Cause))
		}
		if closed := r.row(p.Cause, 0, p.holds).Closed; p.Spares && closed > 0 {
			errs = append(errs, fmt.Errorf("%s closed %d connections, though no shard left", p.Cause, closed))
		}
	}
	return errors.Join(errs...)
}

// Print writes the report.
func (r *Results) Print(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "cause\tsessions moved\tpause p50\tp99\tmax\tcommands acked\tlost\ttwice\tconnections closed\tresumed\t")
	for _, row := range r.Rows() {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d\t\n", row.Cause, row.Moved,
			millis(row.Pauses, 50), millis(row.Pauses, 99), millis(row.Pauses, 100),
			row.Acked, row.Lost, row.Twice, row.Closed, row.Resumed)
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	_, err := fmt.Fprintf(w, "\npause = longest send → ack of a command that was in flight during a move\n"+
		"at rest a command takes %.1f ms (p50), %.1f ms (p99)\n"+
		"`moved`: %d followed, %d ignored; journals folded: %d sessions, %d entries, %d of %d views equal\n"+
		"of %d acknowledged commands the entries have made room for snapshots; a bot saw each of them applied\n",
		r.Seen.AckMillis.P50, r.Seen.AckMillis.P99, r.Seen.MovedFollow, r.Seen.MovedIgnored,
		r.Folded.Sessions, r.Folded.Entries, r.Folded.Hashes-r.Folded.Mismatched, r.Folded.Hashes,
		r.Folded.NotKept)
	if err != nil {
		return fmt.Errorf("printing the report: %w", err)
	}
	return nil
}

// Quantile returns the nearest-rank percentile of sorted values.
func Quantile(values []float64, percent int) (float64, bool) {
	if len(values) == 0 {
		return 0, false
	}
	rank := (len(values)*percent + 99) / 100
	return values[max(rank, 1)-1], true
}

func millis(values []float64, percent int) string {
	v, ok := Quantile(values, percent)
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " ms"
}
