// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// ask requests a move by hand.
func (k *cluster) ask(name, id, to string) {
	k.t.Helper()
	gs := k.read(name)
	patch := client.MergeFrom(gs.DeepCopy())
	gs.Spec.Move = &v1alpha1.MoveRequest{ID: id, To: to}
	k.must(k.c.Patch(k.t.Context(), gs, patch))
	k.await(name+" to be asked", func() string {
		if got := k.read(name).Status.HandledMoveID; got != id {
			return got
		}
		return ""
	})
}

// other returns a shard that does not own session s00.
func (k *cluster) other() string {
	k.t.Helper()
	owner := k.read("s00").Status.Owner.Shard
	for _, sh := range k.readPool().Status.Shards {
		if sh.Name != owner {
			return sh.Name
		}
	}
	k.t.Fatal("there is no other shard")
	return ""
}

func TestMoveByHand(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.sessions(1)
	before := k.read("s00").Status
	to := k.other()
	k.ask("s00", "m1", to)
	k.awaitOff(before.Owner.Shard, "s00")
	after := k.read("s00").Status
	if after.Owner.Shard != to || after.Owner.Epoch != before.Owner.Epoch+1 || after.Moves != 1 {
		t.Errorf("after the move: owner %+v, %d moves", after.Owner, after.Moves)
	}
	k.await("the pause to be known", func() string {
		if m := k.read("s00").Status.LastMove; m == nil || m.PauseMilliseconds == nil || m.Reason != v1alpha1.ReasonManual || m.Mode != v1alpha1.PlacementHandoff {
			return "not yet"
		}
		return ""
	})
	e := k.awaitEvent("s00", v1alpha1.EventMoved, corev1.EventTypeNormal)
	if !strings.Contains(e.Note, " ms") {
		t.Errorf("the Event does not tell the pause: %q", e.Note)
	}
	k.plays("s00")

	k.ask("s00", "m2", "") // anywhere else: back
	k.awaitOff(to, "s00")
	k.ask("s00", "m3", "nowhere")
	e = k.awaitEvent("s00", v1alpha1.EventMoveRefused, corev1.EventTypeWarning)
	if !strings.Contains(e.Note, "the pool has no shard nowhere") {
		t.Errorf("note %q", e.Note)
	}
	if moves := k.read("s00").Status.Moves; moves != 2 {
		t.Errorf("%d moves, want 2", moves)
	}
	k.checkJournals("s00")
}

func TestRefusedHandoffGoesElsewhere(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	to := k.other()
	k.shard(to).refuse.Store(true)
	k.ask("s00", "m1", to)
	k.awaitOff(home, "s00")
	if got := k.read("s00").Status.Owner.Shard; got == to {
		t.Errorf("the session is on %s, which refused it", got)
	}
	k.awaitEvent("s00", v1alpha1.EventMoveRetried, corev1.EventTypeWarning)
	k.checkJournals("s00")
}

// A target that does not answer: the source plays on, the next one gets it.
func TestSilentTargetIsGivenUp(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	to := k.other()
	k.shard(to).deaf.Store(true)
	k.ask("s00", "m1", to)
	k.plays("s00")
	k.awaitOff(home, "s00")
	if got := k.read("s00").Status.Owner.Shard; got == to {
		t.Errorf("the session is on %s, which does not answer", got)
	}
	k.checkJournals("s00")
}

// After three aborts the next owner takes over without a freeze.
func TestThreeAbortsEndInATakeoverWithoutFreeze(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	to := k.other()
	k.shard(to).deaf.Store(true)
	k.ask("s00", "m1", to)
	k.await("three aborts", func() string {
		if p := k.read("s00").Status.Placement; p.Attempts < 3 || p.Mode != v1alpha1.PlacementFailover {
			return string(p.Mode)
		}
		return ""
	})
	k.plays("s00")
	k.shard(to).deaf.Store(false)
	k.awaitOff(home, "s00")
	k.checkJournals("s00")
}

func TestKilledShardFailsOver(t *testing.T) {
	for name, restart := range map[string]bool{"for good": false, "and restarted under its name": true} {
		t.Run(name, func(t *testing.T) {
			k := newCluster(t)
			k.operate()
			k.pool(3)
			names := k.sessions(6)
			victim := k.read(names[0]).Status.Owner.Shard
			lost := k.on(names)[victim]
			epochs := map[string]int64{}
			for _, n := range lost {
				epochs[n] = k.read(n).Status.Owner.Epoch
			}
			if restart {
				k.restart(victim)
			} else {
				k.shard(victim).kill()
			}
			k.await("failover", func() string {
				for _, n := range lost {
					if k.read(n).Status.Owner.Epoch == epochs[n] {
						return n
					}
				}
				return ""
			})
			k.awaitReady(names...)
			k.plays(names...)
			for _, n := range lost {
				if st := k.read(n).Status; st.Moves == 0 || st.LastMove.Mode != v1alpha1.PlacementFailover {
					t.Errorf("%s: %d moves, the last one %+v", n, st.Moves, st.LastMove)
				}
			}
			k.awaitEvent(lost[0], v1alpha1.ReasonFailover, corev1.EventTypeWarning)
			k.checkJournals(names...)
		})
	}
}

// A shard that is only silent to the operator is fenced when it wakes up.
func TestZombieIsFenced(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.sessions(1)
	home := k.read("s00").Status.Owner.Shard
	zombie := k.shard(home)
	id := string(k.read("s00").UID)
	zombie.kill()
	k.awaitOff(home, "s00")
	// What the process would do after SIGCONT: append to what it thinks it owns.
	zombie.mu.Lock()
	h := zombie.owned[id]
	zombie.mu.Unlock()
	if h == nil {
		t.Fatal("the zombie owned nothing")
	}
	if zombie.append(t.Context(), id, h, "command", []byte(`{}`)) || zombie.stales != 1 {
		t.Errorf("the zombie's append was accepted")
	}
	k.checkJournals("s00")
}

func TestPodDeletedWithoutGraceFailsOverAtOnce(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	k.sessions(2)
	home := k.read("s00").Status.Owner.Shard
	pod, _ := k.readPod(home)
	k.must(k.c.Delete(t.Context(), pod, client.GracePeriodSeconds(0)))
	k.awaitOff(home, "s00")
	k.awaitPool(2)
	k.plays("s00", "s01")
	k.checkJournals("s00", "s01")
}

// Redis away: nobody fails over, and play goes on when it is back.
func TestRedisAway(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	names := k.sessions(6)
	before := map[string]int64{}
	for _, n := range names {
		before[n] = k.read(n).Status.Owner.Epoch
	}
	k.redis.Kill()
	k.awaitCondition(names[0], v1alpha1.SessionReady, metav1.ConditionUnknown, v1alpha1.ReasonRedisUnavailable)
	k.must(k.redis.Restart())
	k.awaitReady(names...)
	k.plays(names...)
	for _, n := range names {
		if st := k.read(n).Status; st.Owner.Epoch != before[n] || st.Moves != 0 {
			t.Errorf("%s: epoch %d, %d moves", n, st.Owner.Epoch, st.Moves)
		}
	}
	k.checkJournals(names...)
}

// Most shards fall silent at once: failovers wait.
func TestSilenceOfMostIsWaitedOut(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(3)
	names := k.sessions(3)
	on := k.on(names)
	var silent []string
	for shard := range on {
		if len(silent) < 2 {
			k.shard(shard).kill()
			silent = append(silent, shard)
		}
	}
	name := on[silent[0]][0]
	k.awaitCondition(name, v1alpha1.SessionReady, metav1.ConditionUnknown, v1alpha1.ReasonOwnerSilent)
	if st := k.read(name).Status; st.Placement.Epoch != st.Owner.Epoch {
		t.Errorf("the session is on its way: %+v", st.Placement)
	}
	// The kubelet restarts them: those are the dead of before.
	for _, shard := range silent {
		k.restart(shard)
	}
	k.awaitReady(names...)
	k.plays(names...)
	k.checkJournals(names...)
}

// A lost owner key is never answered by a fresh start, and neither is a Redis
// that has lost everything.
func TestLostOwnerIsNotStartedAfresh(t *testing.T) {
	for name, lose := range map[string]func(keys *redis.Client, owner string) error{
		"the owner key": func(keys *redis.Client, owner string) error { return keys.Del(t.Context(), owner).Err() },
		"everything":    func(keys *redis.Client, _ string) error { return keys.FlushAll(t.Context()).Err() },
	} {
		t.Run(name, func(t *testing.T) {
			k := newCluster(t)
			k.operate()
			k.pool(1)
			k.sessions(1)
			owner := "gs:{" + string(k.read("s00").UID) + "}:owner"
			keys := k.redis.Client(t)
			k.must(lose(keys, owner))
			k.awaitCondition("s00", v1alpha1.SessionReady, metav1.ConditionFalse, v1alpha1.ReasonOwnerLost)
			gs := k.read("s00")
			patch := client.MergeFrom(gs.DeepCopy())
			gs.Spec.Title = "Another one"
			k.must(k.c.Patch(t.Context(), gs, patch))
			k.await("another pass", func() string {
				if now := k.read("s00"); now.Status.ObservedGeneration != gs.Generation {
					return fmt.Sprint(now.Status.ObservedGeneration)
				}
				return ""
			})
			if c := k.condition("s00", v1alpha1.SessionReady); c.Reason != v1alpha1.ReasonOwnerLost {
				t.Errorf("condition Ready: %s: %s", c.Reason, c.Message)
			}
			if n := keys.Exists(t.Context(), owner).Val(); n != 0 {
				t.Error("the session was started afresh")
			}
		})
	}
}

func TestDeletedSessionLeavesNothing(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(1)
	k.sessions(1)
	gs := k.read("s00")
	k.must(k.c.Delete(t.Context(), gs))
	k.await("the session to be gone", func() string {
		return k.exists(&v1alpha1.GameSession{}, "s00")
	})
	found := k.redis.Client(t).Keys(t.Context(), "*"+string(gs.UID)+"*").Val()
	if len(found) > 0 {
		t.Errorf("Redis still holds %v", found)
	}
}

// Redis away for longer than the deadline: the session is let go, and an Event
// says what stays behind.
func TestDeletedSessionGivesUpOnAnAbsentRedis(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(1)
	k.sessions(1)
	k.redis.Kill()
	k.must(k.c.Delete(t.Context(), k.read("s00")))
	k.await("the session to be gone", func() string {
		return k.exists(&v1alpha1.GameSession{}, "s00")
	})
	k.awaitEvent("s00", v1alpha1.EventGaveUp, corev1.EventTypeWarning)
}

func TestPoolWithLiveSessionsIsNotDeleted(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(1)
	k.sessions(1)
	k.must(k.c.Delete(t.Context(), k.readPool()))
	k.awaitEvent("pool", v1alpha1.ReasonDeletionBlock, corev1.EventTypeWarning)
	k.plays("s00")
	k.must(k.c.Delete(t.Context(), k.read("s00")))
	k.await("the pool to be gone", func() string {
		return k.exists(&v1alpha1.ShardPool{}, "pool")
	})
}

func (k *cluster) exists(object client.Object, name string) string {
	k.t.Helper()
	err := k.c.Get(k.t.Context(), types.NamespacedName{Namespace: k.ns, Name: name}, object)
	if err == nil {
		return name + " is still there"
	}
	k.must(client.IgnoreNotFound(err))
	return ""
}
