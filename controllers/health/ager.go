// SPDX-License-Identifier: Apache-2.0

package health

import (
	"time"

	"gamesession.dev/operator/controllers/placement"
)

// heldLeases is for how many leases the silence of most shards is put down to
// Redis or the network, as long as at least one other shard is heard.
const heldLeases = 5

// Beat is what counts of a heartbeat.
type Beat struct {
	Shard       string
	Incarnation string
	Counter     uint64
}

// Target is a shard whose heartbeat is wanted.
type Target struct {
	Shard string
	// Excused: its silence has a reason of its own (its container does not run,
	// its node is not ready), so it says nothing about Redis or the network.
	Excused bool
}

// Ager turns heartbeats into verdicts. Times are durations on one monotonic
// clock; they must not fall. It is pure, and not safe for concurrent use.
type Ager struct {
	lease   time.Duration
	healthy bool          // Redis answered the last time
	since   time.Duration // of being healthy
	shards  map[string]*pulse
}

type pulse struct {
	Beat
	Target
	changed time.Duration // when the beat last changed, or was first waited for
	moving  bool          // the counter of this incarnation was seen to grow
}

// NewAger returns an Ager that knows of no shard.
func NewAger(lease time.Duration) *Ager {
	return &Ager{lease: lease, shards: map[string]*pulse{}}
}

// Observe takes in what a healthy Redis holds. Shards that are not among the
// targets are forgotten.
func (a *Ager) Observe(now time.Duration, targets []Target, beats []Beat) {
	if !a.healthy {
		a.healthy, a.since = true, now
	}
	known := make(map[string]*pulse, len(targets))
	for _, t := range targets {
		p := a.shards[t.Shard]
		if p == nil {
			p = &pulse{changed: now}
		}
		p.Target = t
		known[t.Shard] = p
	}
	for _, b := range beats {
		p := known[b.Shard]
		switch {
		case p == nil || p.Beat == b:
			continue
		case p.Incarnation != b.Incarnation:
			// The first sight of an incarnation may be of a dead one's last beat,
			// unless this Ager has seen another one before.
			p.moving = p.Incarnation != ""
		default:
			p.moving = true
		}
		p.Beat, p.changed = b, now
	}
	a.shards = known
}

// Lost takes in that Redis did not answer, or takes no writes.
func (a *Ager) Lost() { a.healthy = false }

// Judge says what is known of one incarnation of a shard.
func (a *Ager) Judge(now time.Duration, shard, incarnation string) placement.Verdict {
	p := a.shards[shard]
	switch {
	case p == nil || !a.healthy:
		return placement.Unknown
	case a.silence(now, p) >= a.lease:
		if !p.Excused && a.holds(now) {
			return placement.Held
		}
		return placement.Dead
	case !p.moving:
		return placement.Unknown
	case p.Incarnation != incarnation:
		return placement.Reborn
	default:
		return placement.Alive
	}
}

func (a *Ager) silence(now time.Duration, p *pulse) time.Duration {
	return now - max(p.changed, a.since)
}

// holds says whether silence is put down to Redis or the network. Shards that fall
// silent together had their last beats at different times: who has missed half a lease
// counts, or the first of them would pass for one that is silent alone.
func (a *Ager) holds(now time.Duration) bool {
	counted, silent := 0, 0
	heard := false
	longest := time.Duration(0)
	for _, p := range a.shards {
		if p.Excused {
			continue
		}
		counted++
		if s := a.silence(now, p); s >= a.lease/2 {
			silent++
			longest = max(longest, s)
		} else if p.moving {
			heard = true
		}
	}
	return 2*silent > counted && (!heard || longest < heldLeases*a.lease)
}
