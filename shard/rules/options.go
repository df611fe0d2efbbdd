// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"gamesession.dev/operator/shard/rules/content"
	"gamesession.dev/operator/shard/rules/grid"
)

// Options are what a table chooses for its session. The zero value is the
// default.
type Options struct {
	// Coverage says when an area covers a square: centre, half or any of it.
	Coverage string `json:"coverage,omitempty"`
	// Initiative is rolled, or with "score" 10 plus the modifier (SRD 5.2.1).
	Initiative string `json:"initiative,omitempty"`
	// Lair: the monsters are at home, which gives some more legendary actions.
	Lair bool `json:"lair,omitempty"`
	// ReactionSeconds and TurnSeconds are how long play waits for an answer
	// and for the creature on turn. 0 is the default, -1 waits for ever.
	ReactionSeconds int `json:"reactionSeconds,omitempty"`
	TurnSeconds     int `json:"turnSeconds,omitempty"`
}

// The default waits, and what bounds them.
const (
	DefaultReactionSeconds = 30
	DefaultTurnSeconds     = 180
	MaxSeconds             = 3600
)

func (o Options) coverage() grid.Coverage {
	if o.Coverage == "" {
		return grid.ByCentre
	}
	return grid.Coverage(o.Coverage)
}

func (o Options) reaction() int { return seconds(o.ReactionSeconds, DefaultReactionSeconds) }

func (o Options) turn() int { return seconds(o.TurnSeconds, DefaultTurnSeconds) }

func seconds(chosen, usual int) int {
	switch chosen {
	case 0:
		return usual
	case -1:
		return 0
	default:
		return chosen
	}
}

func (o Options) check(p *content.Problems) {
	p.OneOf("options.coverage", o.Coverage, "", string(grid.ByCentre), string(grid.ByHalf), string(grid.ByAny))
	p.OneOf("options.initiative", o.Initiative, "", "roll", "score")
	p.Between("options.reactionSeconds", o.ReactionSeconds, -1, MaxSeconds)
	p.Between("options.turnSeconds", o.TurnSeconds, -1, MaxSeconds)
}
