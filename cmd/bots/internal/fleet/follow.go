// SPDX-License-Identifier: Apache-2.0

package fleet

// Kind says what a bot does when its session moves.
type Kind string

// The kinds of bots.
const (
	Ignores       Kind = "ignores"        // stays on its connection, whatever it is told
	Follows       Kind = "follows"        // goes where a moved frame sends it
	ConnectsAhead Kind = "connects_ahead" // waits there already when the session comes
)

var kinds = []Kind{Ignores, Follows, ConnectsAhead}

// Follow says which bots are of which kind.
type Follow string

// Who follows.
const (
	FollowNone   Follow = "none"
	FollowHalf   Follow = "half"
	FollowAll    Follow = "all"
	FollowAhead  Follow = "ahead"  // all connect ahead
	FollowThirds Follow = "thirds" // a third each
)

// kind is that of the bot in the given place at its table, counted from 0.
func (f Follow) kind(place int) Kind {
	switch {
	case f == FollowAhead, f == FollowThirds && place%3 == 0:
		return ConnectsAhead
	case f == FollowAll, f == FollowThirds && place%3 == 1, f == FollowHalf && place%2 == 0:
		return Follows
	}
	return Ignores
}
