// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"context"
	"syscall"
	"time"

	"gamesession.dev/operator/shard/failpoint"
	"gamesession.dev/operator/test/robust/internal/stage"
)

// killShard is F1: SIGKILL, at a random moment or at a point of a command; the
// kubelet starts the process again, or its pod is lost.
func killShard(ctx context.Context, w *World) (bool, error) {
	_, s, _ := w.owner(ctx)
	if s == nil {
		return false, nil
	}
	switch w.rng.IntN(3) {
	case 0:
		return kill(s), nil
	case 1:
		return true, w.Stage.Delete(ctx, s.Name, true)
	}
	points := []failpoint.Point{
		failpoint.AfterValidate, failpoint.BeforeSend, failpoint.AfterAppend, failpoint.BeforeAck, failpoint.MidSnapshot,
	}
	bit, err := w.hit(ctx, s, points[w.rng.IntN(len(points))], "kill")
	if err == nil && !bit { // it owns nothing any more, or takes no snapshot
		return kill(s), nil
	}
	return bit, err
}

// drainShard is F2: the pod is deleted, the process gets SIGTERM and hands off
// what it has; in some a second SIGTERM or SIGKILL comes before it is done.
func drainShard(ctx context.Context, w *World) (bool, error) {
	_, s, _ := w.owner(ctx)
	if s == nil {
		return false, nil
	}
	if err := w.Stage.Delete(ctx, s.Name, false); err != nil {
		return false, err
	}
	impatient := w.rng.IntN(3)
	if impatient > 0 {
		sleep(ctx, w.between(50*time.Millisecond, 800*time.Millisecond))
		signal := syscall.SIGTERM
		if impatient == 2 {
			signal = syscall.SIGKILL
		}
		_ = s.Signal(signal) // it may have been faster
	}
	return await(ctx, 15*time.Second, func() bool { return w.Stage.Shard(s.Name) == nil }), nil
}

// zombie is F8: a shard sleeps with an append in its hand until all its sessions
// have other owners, and then sends it.
func zombie(ctx context.Context, w *World) (bool, error) {
	_, s, _ := w.owner(ctx)
	if s == nil {
		return false, nil
	}
	before := s.StaleRefused()
	bit, err := w.hit(ctx, s, failpoint.BeforeSend, "stop")
	if !bit {
		return false, err
	}
	replaced := await(ctx, 10*stage.Lease, func() bool {
		for i := range w.Stage.Sessions() {
			if name, _ := w.Stage.Owner(ctx, i); name == s.Name {
				return false
			}
		}
		return true
	})
	awake := s.Signal(syscall.SIGCONT) == nil
	return awake && replaced && await(ctx, 3*time.Second, func() bool { return s.StaleRefused() > before }), nil
}

// hurtMove is F24: whoever gives or takes a session dies, sleeps or is cut off
// from Redis at one of the steps of a handoff or a failover.
func hurtMove(ctx context.Context, w *World) (bool, error) {
	session, source, epoch := w.owner(ctx)
	if source == nil {
		return false, nil
	}
	var takers []*stage.Shard // whichever becomes the target
	for _, s := range w.Stage.Ready() {
		if s != source {
			takers = append(takers, s)
		}
	}
	victims, points := takers, []failpoint.Point{failpoint.BeforeTakeover, failpoint.AfterTakeover}
	dies := w.rng.IntN(3) == 0 // it is a failover
	if !dies && w.rng.IntN(2) == 0 {
		victims, points = []*stage.Shard{source}, []failpoint.Point{failpoint.BeforeFreeze, failpoint.AfterFreeze, failpoint.BeforeSend}
	}
	point := points[w.rng.IntN(len(points))]
	act := []string{"kill", "stop", "stop", "pause:700ms"}[w.rng.IntN(4)]
	for _, s := range victims {
		_ = s.Arm(point, act) // it may be about to go
	}
	w.Stage.Logf("fault: %s armed at %s, session %d on %s, which dies: %t", act, point, session, source.Name, dies)
	if dies {
		kill(source)
	} else if err := w.move(ctx, session); err != nil {
		return false, err
	}
	hit := w.whoHit(ctx, victims)
	for _, s := range victims {
		if s != hit {
			_ = s.Disarm() // it may be gone
		}
	}
	if hit == nil {
		return false, nil
	}
	w.Stage.Logf("fault: %s at %s of %s", act, point, hit.Name)
	return w.afterHit(ctx, hit, act, session, epoch)
}

// afterHit ends what an armed point began.
func (w *World) afterHit(ctx context.Context, hit *stage.Shard, act string, session int, epoch int64) (bool, error) {
	switch act {
	case "stop":
		if w.rng.IntN(3) > 0 { // until somebody else is to have the session, or has it
			look := w.Stage.Placement
			if w.rng.IntN(2) == 0 {
				look = w.Stage.Owner
			}
			await(ctx, 6*stage.Lease, func() bool {
				_, now := look(ctx, session)
				return now > epoch+1
			})
		} else {
			sleep(ctx, w.between(100*time.Millisecond, 900*time.Millisecond))
		}
		return hit.Signal(syscall.SIGCONT) == nil, nil
	case "kill":
		return true, nil
	}
	if w.rng.IntN(2) == 0 {
		hit.Redis.Cut()
		sleep(ctx, w.between(100*time.Millisecond, 900*time.Millisecond))
		return true, hit.Redis.Mend()
	}
	return true, nil
}

// whoHit returns the first of the shards that passes its armed point.
func (w *World) whoHit(ctx context.Context, shards []*stage.Shard) *stage.Shard {
	var who *stage.Shard
	await(ctx, 3*time.Second, func() bool {
		for _, s := range shards {
			select {
			case <-s.Hit():
				who = s
				return true
			default:
			}
		}
		return false
	})
	return who
}

// wrongClock is F15: clocks of shards are minutes off, and jump.
func wrongClock(ctx context.Context, w *World) (bool, error) {
	bit := false
	for range 3 {
		for _, s := range w.Stage.Shards() {
			d := time.Duration(w.rng.Int64N(int64(10*time.Minute))) - 5*time.Minute
			if s.SetClock(d) == nil {
				bit = true
			}
		}
		if !sleep(ctx, w.between(300*time.Millisecond, 800*time.Millisecond)) {
			break
		}
	}
	return bit, nil
}

// twoOperators is F14: a second operator works beside the first one, which falls
// asleep and wakes up again.
func twoOperators(ctx context.Context, w *World) (bool, error) {
	first := w.Stage.Operators()[0]
	second, err := w.Stage.Operate()
	if err != nil {
		return false, err
	}
	for range 3 {
		first.Sleep(true)
		going := sleep(ctx, w.between(200*time.Millisecond, 700*time.Millisecond))
		first.Sleep(false)
		if !going || !sleep(ctx, w.between(200*time.Millisecond, 500*time.Millisecond)) {
			break
		}
	}
	return second.Passes() > 0, nil
}
