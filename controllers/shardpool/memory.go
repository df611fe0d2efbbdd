// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/placement"
)

// seenWithin bounds how long a pod that this process made may be missing from
// the cache before it counts as gone.
const seenWithin = 30 * time.Second

// memory is what the passes over the pools tell each other. Losing it only
// makes them ask again.
type memory struct {
	mu    sync.Mutex
	pools map[types.NamespacedName]*remembered
}

// remembered is what the passes over one pool tell each other.
type remembered struct {
	emptied map[types.UID]time.Time // shards without sessions
	made    map[string]time.Time    // pods the cache may not show yet
	drained map[string]string       // drains it may not show yet, with reason
	told    map[string]bool         // shards that were told to drain
	known   []string                // shards of the last pass
	hinted  time.Time               // when hints were last written
}

func newMemory() *memory { return &memory{pools: map[types.NamespacedName]*remembered{}} }

// of is what is remembered of a pool. The caller holds mu.
func (m *memory) of(pool types.NamespacedName) *remembered {
	if m.pools[pool] == nil {
		m.pools[pool] = &remembered{
			emptied: map[types.UID]time.Time{},
			made:    map[string]time.Time{},
			drained: map[string]string{},
			told:    map[string]bool{},
		}
	}
	return m.pools[pool]
}

// emptyFor is for how long a shard has been seen without sessions. A shard that
// never had one, as far as its label says, has been empty forever.
func (m *memory) emptyFor(pool types.NamespacedName, pod *corev1.Pod, sessions int) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	emptied := m.of(pool).emptied
	if sessions > 0 {
		delete(emptied, pod.UID)
		return 0
	}
	since, known := emptied[pod.UID]
	if !known {
		if pod.Labels[v1alpha1.LabelOccupied] == "true" {
			since = time.Now()
		}
		emptied[pod.UID] = since
	}
	return time.Since(since)
}

// keepOnly forgets pods that are gone and what the cache shows by now.
func (m *memory) keepOnly(pool types.NamespacedName, members []fleet.Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(pool)
	emptied := make(map[types.UID]time.Time, len(members))
	drained := make(map[string]string, len(members))
	for i := range members {
		pod := members[i].Pod
		delete(r.made, pod.Name)
		if since, known := r.emptied[pod.UID]; known {
			emptied[pod.UID] = since
		}
		if reason, noted := r.drained[pod.Name]; noted && !members[i].Draining() {
			drained[pod.Name] = reason
		}
	}
	r.emptied, r.drained = emptied, drained
	for name, at := range r.made {
		if time.Since(at) > seenWithin {
			delete(r.made, name)
		}
	}
}

// gone returns the shards of the last pass that are not among the names, and
// remembers the names.
func (m *memory) gone(pool types.NamespacedName, names []string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(pool)
	var list []string
	for _, name := range r.known {
		if !slices.Contains(names, name) {
			list = append(list, name)
			delete(r.told, name)
		}
	}
	r.known = names
	return list
}

// noteMade and noteDrained remember what the cache may not show yet.
func (m *memory) noteMade(pool types.NamespacedName, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(pool).made[name] = time.Now()
}

func (m *memory) noteDrained(pool types.NamespacedName, name, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(pool).drained[name] = reason
}

// overlay completes the pods of the cache with what it does not show yet.
func (m *memory) overlay(pool types.NamespacedName, pods []placement.Pod) []placement.Pod {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(pool)
	for i := range pods {
		if reason, noted := r.drained[pods[i].Name]; noted {
			pods[i].Draining, pods[i].DrainReason = true, reason
		}
	}
	for name := range r.made {
		pods = append(pods, placement.Pod{Name: name})
	}
	return pods
}

// toTell says whether a shard is still to be told by this process that it
// drains; told, that it was.
func (m *memory) toTell(pool types.NamespacedName, shard string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.of(pool).told[shard]
}

func (m *memory) told(pool types.NamespacedName, shard string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(pool).told[shard] = true
}

// hintsDue says whether the hints of a pool are to be written again.
func (m *memory) hintsDue(pool types.NamespacedName, every time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.of(pool)
	if time.Since(r.hinted) < every {
		return false
	}
	r.hinted = time.Now()
	return true
}

// drop forgets a pool.
func (m *memory) drop(pool types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.pools, pool)
}
