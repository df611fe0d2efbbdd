// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"time"

	"gamesession.dev/operator/test/robust/internal/stage"
)

// cutRedis is F4: a shard and Redis lose each other, both ways or one way, at
// once or byte by byte.
func cutRedis(ctx context.Context, w *World) (bool, error) {
	_, s, _ := w.owner(ctx)
	if s == nil {
		return false, nil
	}
	before := w.trouble(s)
	how := w.rng.IntN(5)
	w.Stage.Logf("fault: redis link of %s, way %d", s.Name, how)
	if err := hurt(s.Redis, how); err != nil {
		return false, err
	}
	sleep(ctx, w.between(300*time.Millisecond, 1800*time.Millisecond))
	bit := how == slicing || await(ctx, 3*time.Second, func() bool { return w.trouble(s) > before })
	return bit, s.Redis.Mend()
}

// slicing is the way of hurt that only delays.
const slicing = 4

// hurt hurts a link in one of five ways.
func hurt(l *stage.Link, how int) error {
	switch how {
	case 0:
		l.Cut()
		return nil
	case 1:
		return l.Hurt("timeout", stage.Requests, map[string]any{"timeout": 0})
	case 2:
		return l.Hurt("timeout", stage.Replies, map[string]any{"timeout": 0})
	case 3:
		return l.Hurt("reset_peer", stage.Replies, map[string]any{"timeout": 0})
	default:
		return l.Hurt("slicer", stage.Replies, map[string]any{"average_size": 64, "size_variation": 32, "delay": 500})
	}
}

// trouble counts what a shard's journal and sessions did not get done.
func (w *World) trouble(s *stage.Shard) float64 {
	return s.Metric("gamesession_journal_trouble_total", "") + s.Metric("gamesession_journal_refused_total", "") +
		s.Metric("gamesession_commands_refused_total", `"unavailable"`)
}

// cutClients is F5: clients and a shard lose each other, or the shards among
// themselves.
func cutClients(ctx context.Context, w *World) (bool, error) {
	s := w.shard()
	if s == nil {
		return false, nil
	}
	link := s.Clients
	if w.rng.IntN(3) == 0 {
		link = s.Peers
	}
	if err := hurt(link, w.rng.IntN(4)); err != nil {
		return false, err
	}
	sleep(ctx, w.between(300*time.Millisecond, 1500*time.Millisecond))
	return true, link.Mend()
}

// slowClient is F16: somebody reads nothing while the others play.
func slowClient(ctx context.Context, w *World) (bool, error) {
	return w.Play.Stall(ctx, w.session(), w.between(1*time.Second, 2*time.Second))
}

// storm is F17: all clients of the history, and many more who only watch, lose
// their connection at once and come back.
func storm(ctx context.Context, w *World) (bool, error) {
	crowd, err := w.Play.Crowd(ctx, w.session(), stormSize)
	if err != nil {
		return false, err
	}
	defer crowd.Leave()
	for range 2 {
		w.Play.Slam()
		if !crowd.SlamAndReturn(ctx) {
			return false, nil
		}
	}
	return true, nil
}

// stormSize is how many watch.
const stormSize = 40
