// SPDX-License-Identifier: Apache-2.0

package verdict

import (
	"slices"

	"gamesession.dev/operator/shard/rules"
	"gamesession.dev/operator/test/robust/internal/play"
)

// judgeStreams is C: every client saw every link of its view between where it
// began and where it ended, once and in order.
func (j *judge) judgeStreams(streams []*play.Stream) {
	seen := map[rules.View][]uint64{} // versions of links that anybody saw
	for _, s := range streams {
		for _, step := range s.Steps {
			if !step.Sync {
				seen[s.View] = append(seen[s.View], step.Position.Version)
			}
		}
	}
	for v := range seen {
		slices.Sort(seen[v])
		seen[v] = slices.Compact(seen[v])
	}
	for _, s := range streams {
		for _, fault := range s.Faults {
			j.wrong("C", "client %d (%s): %s", s.Client, s.Player, fault)
		}
		j.judgeStream(s, seen[s.View])
	}
}

func (j *judge) judgeStream(s *play.Stream, links []uint64) {
	for i, step := range s.Steps {
		if i == 0 {
			continue // a stream begins with a sync
		}
		before := s.Steps[i-1].Position
		switch {
		case step.Position.Epoch < before.Epoch || step.Position.Version < before.Version:
			j.wrong("C", "client %d (%s) goes back from %s to %s", s.Client, s.Player, before, step.Position)
		case step.Sync:
		case step.Position.Version == before.Version:
			j.wrong("C", "client %d (%s) is shown %s twice", s.Client, s.Player, step.Position)
		case step.From > before.Version:
			j.wrong("C", "client %d (%s) is led from %d while at %s", s.Client, s.Player, step.From, before)
		default:
			first, _ := slices.BinarySearch(links, before.Version+1)
			if links[first] < step.Position.Version {
				j.wrong("C", "client %d (%s) is led from %s to %s past %d", s.Client, s.Player, before, step.Position, links[first])
			}
		}
	}
}
