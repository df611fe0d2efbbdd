// SPDX-License-Identifier: Apache-2.0

package tt1

import "slices"

// Ratio sets one figure of a case beside that of another server in the same run:
// medians of all times it was played.
type Ratio struct {
	Case   string  `json:"case"`
	Figure string  `json:"figure"`
	Ours   float64 `json:"ours"`
	Peer   string  `json:"peer"`
	Theirs float64 `json:"theirs"`
	// Ahead is above 1 when ours is the better one, whatever better means for
	// the figure.
	Ahead float64 `json:"ahead"`
}

// figures are what is compared, and whether more is better.
var figures = []struct {
	name string
	of   func(*Line) float64
	more bool
}{
	{"actions_per_s", func(l *Line) float64 { return l.PerSecond }, true},
	{"all10_p50", func(l *Line) float64 { return l.All10P50 }, false},
	{"all10_p99", func(l *Line) float64 { return l.All10P99 }, false},
	{"behind_p99", func(l *Line) float64 { return l.BehindP99 }, false},
	{"server_cpu_us_per_action", func(l *Line) float64 { return l.ServerMicros }, false},
	{"connect_p99", func(l *Line) float64 { return l.ConnectP99 }, false},
	{"connects_per_s", func(l *Line) float64 { return l.Connects }, true},
	{"kb_per_connection", func(l *Line) float64 { return l.PerConnectionKB }, false},
	{"stalled_p99_ratio", func(l *Line) float64 { return l.StalledRatio }, false},
}

// Compare sets the medians of a server's lines beside those of every other.
func Compare(lines []*Line, server string) []Ratio {
	var all []Ratio
	for _, c := range Cases {
		peers := map[string][]*Line{}
		var names []string
		for _, l := range lines {
			if l.Case != c.Name {
				continue
			}
			if peers[l.Server] = append(peers[l.Server], l); l.Server != server && !slices.Contains(names, l.Server) {
				names = append(names, l.Server)
			}
		}
		for _, peer := range names {
			for _, f := range figures {
				ours, theirs := median(peers[server], f.of), median(peers[peer], f.of)
				if ours == 0 || theirs == 0 {
					continue
				}
				r := Ratio{Case: c.Name, Figure: f.name, Ours: ours, Peer: peer, Theirs: theirs, Ahead: round(theirs / ours)}
				if f.more {
					r.Ahead = round(ours / theirs)
				}
				all = append(all, r)
			}
		}
	}
	return all
}

func median(lines []*Line, of func(*Line) float64) float64 {
	values := make([]float64, len(lines))
	for i, l := range lines {
		values[i] = of(l)
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}
