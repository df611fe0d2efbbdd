// SPDX-License-Identifier: Apache-2.0

package operator

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"

	"gamesession.dev/operator/api/v1alpha1"
)

// TestUsersWhoChangeTheirMinds: sessions are paused and played, moved and moved
// again, and their pool grows and shrinks, faster than any of it is done. In the end
// there is what was wished last, and each session has one owner.
func TestUsersWhoChangeTheirMinds(t *testing.T) {
	k := newCluster(t)
	k.operate()
	k.pool(2)
	names := k.sessions(3)
	for i := range 12 {
		for _, name := range names {
			k.must(retry.RetryOnConflict(retry.DefaultRetry, func() error {
				gs := k.read(name)
				gs.Spec.Lifecycle = []v1alpha1.Lifecycle{v1alpha1.LifecyclePaused, v1alpha1.LifecycleRunning}[i%2]
				gs.Spec.Move = &v1alpha1.MoveRequest{ID: fmt.Sprint("flip-", i)}
				return k.c.Update(t.Context(), gs)
			}))
		}
		k.must(retry.RetryOnConflict(retry.DefaultRetry, func() error {
			p := k.readPool()
			p.Spec.Replicas = int32(3 - i%2)
			return k.c.Update(t.Context(), p)
		}))
		time.Sleep(150 * time.Millisecond) // a wish is under way when the next one comes
	}
	for _, name := range names {
		k.await("the last wish for "+name, func() string {
			gs, ready, migrating := k.read(name), k.condition(name, v1alpha1.SessionReady), k.condition(name, v1alpha1.SessionMigrating)
			if ready.Status != metav1.ConditionTrue || ready.ObservedGeneration != gs.Generation || migrating.Status != metav1.ConditionFalse || gs.Status.HandledMoveID != "flip-11" {
				return fmt.Sprintf("generation %d: %+v, %+v, move %q", gs.Generation, ready, migrating, gs.Status.HandledMoveID)
			}
			return ""
		})
	}
	k.awaitPool(2)
	k.checkJournals(names...)
}
