// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxVacuous is the share of histories, in percent, that may prove nothing.
const maxVacuous = 5

// maxFailed is how many histories may fail by the harness's own doing before it
// stops: with a full disk, say, none of those that follow would prove anything.
const maxFailed = 10

// summary adds up the outcomes of many histories. It is safe for concurrent use.
type summary struct {
	flags flags
	begun time.Time

	mu                                                    sync.Mutex
	histories, vacuous, failed, anomalies                 int
	ops, acked, refused, unknown, reads                   int
	entries, handoffs, failovers, thaws, snapshots, stale int
	hashes, staleReads, timeouts, inWindow, concentrating int
	unavailable                                           time.Duration
	faults                                                map[string]int
	firstAnomaly                                          int // number of histories until then, 0: none
}

func newSummary(f flags) *summary {
	return &summary{flags: f, begun: time.Now(), faults: map[string]int{}}
}

// add counts one, and returns how many the harness has failed at.
func (s *summary) add(o *outcome) (failed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.histories++
	s.ops += o.ops
	s.acked += o.acked
	s.refused += o.refused
	s.unknown += o.unknown
	s.reads += o.reads
	s.stale += o.stale
	for _, f := range o.faults {
		if f.bit {
			s.faults[f.Kind]++
		}
	}
	if v := o.verdict; v != nil {
		s.entries += v.Entries
		s.handoffs += v.Handoffs
		s.failovers += v.Failovers
		s.thaws += v.Thaws
		s.snapshots += v.Snapshots
		s.hashes += v.Hashes
		s.inWindow += v.InWindow
		s.concentrating += v.Concentrating
		s.staleReads += v.StaleReads
		s.timeouts += v.CheckTimeouts
		s.unavailable = max(s.unavailable, v.MaxUnavailable)
	}
	s.tell(o)
	return s.failed
}

// short says whether there were fewer handoffs than asked for.
func (s *summary) short(handoffs int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.handoffs < handoffs
}

// tell prints a line about a history that is not as all others.
func (s *summary) tell(o *outcome) {
	var names []string
	for _, f := range o.faults {
		names = append(names, f.Name)
	}
	about := fmt.Sprintf("history %d (%s, %.1fs)", o.number, strings.Join(names, " "), o.took.Seconds())
	switch {
	case o.err != nil:
		s.failed++
		fmt.Printf("%s: the harness failed: %v\n", about, o.err)
	case len(o.anomalies) > 0:
		s.anomalies++
		if s.firstAnomaly == 0 {
			s.firstAnomaly = s.histories
		}
		fmt.Printf("%s: %d anomalies\n", about, len(o.anomalies))
		for _, a := range o.anomalies[:min(len(o.anomalies), 8)] {
			fmt.Println("   ", a)
		}
		fmt.Println("   ", s.flags.reproduce(o.number))
	case len(o.vacuous) > 0:
		s.vacuous++
		fmt.Printf("%s: vacuous: %s\n", about, strings.Join(o.vacuous, "; "))
	case os.Getenv("VERBOSE") != "":
		fmt.Printf("%s: ops %d acked %d handoffs %d failovers %d\n", about, o.ops, o.acked, o.verdict.Handoffs, o.verdict.Failovers)
	}
}

// failure says why the run as a whole is not good.
func (s *summary) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.histories == 0:
		return errors.New("no history was played")
	case s.anomalies > 0:
		return fmt.Errorf("%d histories with anomalies; what belongs to them is in %s", s.anomalies, s.flags.dist)
	case s.timeouts > 0:
		return fmt.Errorf("%d sessions could not be checked in time", s.timeouts)
	case s.failed > 0:
		return fmt.Errorf("%d histories could not be played", s.failed)
	case s.vacuous*100 > s.histories*maxVacuous && s.flags.history < 0:
		return fmt.Errorf("%d of %d histories prove nothing", s.vacuous, s.histories)
	}
	return nil
}

func (s *summary) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := 0
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(s.faults)) {
		total += s.faults[kind]
		kinds = append(kinds, fmt.Sprintf("%s=%d", kind, s.faults[kind]))
	}
	checked := 0
	if s.histories > 0 {
		checked = 100 * (s.histories - s.failed) / s.histories
	}
	return fmt.Sprintf("histories=%d vacuous=%d failed=%d ops=%d acked=%d nak=%d unknown=%d reads=%d faults=%d (%s) "+
		"entries=%d handoffs=%d failovers=%d in_window=%d concentrating=%d thaws=%d snapshots=%d hashes=%d stale_refused=%d stale_reads=%d "+
		"checked=%d%% check_timeouts=%d anomalies=%d max_unavail=%.1fs took=%s seed=%d",
		s.histories, s.vacuous, s.failed, s.ops, s.acked, s.refused, s.unknown, s.reads, total, strings.Join(kinds, " "),
		s.entries, s.handoffs, s.failovers, s.inWindow, s.concentrating, s.thaws, s.snapshots, s.hashes, s.stale, s.staleReads,
		checked, s.timeouts, s.anomalies, s.unavailable.Seconds(), time.Since(s.begun).Round(time.Second), s.flags.seed)
}
