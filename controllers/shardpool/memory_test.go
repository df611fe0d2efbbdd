// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/controllers/fleet"
)

// Pods come and go for as long as an operator runs: what it keeps of them must
// not grow with their number.
func TestMemoryDoesNotGrow(t *testing.T) {
	m, pool := newMemory(), types.NamespacedName{Namespace: "games", Name: "arena"}
	for i := range 1000 {
		name := fmt.Sprintf("arena-%d", i)
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
		m.noteMade(pool, name)
		m.emptyFor(pool, pod, 0)
		m.noteDrained(pool, name, "Rollout")
		m.told(pool, name)
		m.keepOnly(pool, []fleet.Member{{Pod: pod}})
		m.gone(pool, []string{name})
	}
	r := m.of(pool)
	if len(r.emptied) != 1 || len(r.drained) != 1 || len(r.told) != 1 || len(r.made) != 0 || len(r.known) != 1 {
		t.Errorf("of one shard this is kept: %+v", r)
	}
	m.drop(pool)
	if len(m.pools) != 0 {
		t.Errorf("of a pool that is gone this is kept: %+v", m.pools)
	}
}
