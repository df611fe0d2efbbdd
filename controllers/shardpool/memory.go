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
	mu      sync.Mutex
	emptied map[types.UID]time.Time                       // shards without sessions
	made    map[types.NamespacedName]map[string]time.Time // pods the cache may not show yet
	drained map[types.NamespacedName]map[string]string    // drains it may not show yet, with reason
	told    map[string]bool                               // shards that were told to drain
	known   map[types.NamespacedName][]string             // shards of the last pass
	hinted  map[types.NamespacedName]time.Time            // when hints were last written
}

func newMemory() *memory {
	return &memory{
		emptied: map[types.UID]time.Time{},
		made:    map[types.NamespacedName]map[string]time.Time{},
		drained: map[types.NamespacedName]map[string]string{},
		told:    map[string]bool{},
		known:   map[types.NamespacedName][]string{},
		hinted:  map[types.NamespacedName]time.Time{},
	}
}

// emptyFor is for how long a shard has been seen without sessions. A shard that
// never had one, as far as its label says, has been empty forever.
func (m *memory) emptyFor(pod *corev1.Pod, sessions int) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	if sessions > 0 {
		delete(m.emptied, pod.UID)
		return 0
	}
	since, known := m.emptied[pod.UID]
	if !known {
		if pod.Labels[v1alpha1.LabelOccupied] == "true" {
			since = time.Now()
		}
		m.emptied[pod.UID] = since
	}
	return time.Since(since)
}

// keepOnly forgets pods that are gone and what the cache shows by now.
func (m *memory) keepOnly(pool types.NamespacedName, members []fleet.Member) {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(members))
	for i := range members {
		pod := members[i].Pod
		names = append(names, pod.Name)
		delete(m.made[pool], pod.Name)
		if members[i].Draining() {
			delete(m.drained[pool], pod.Name)
		}
	}
	for name, at := range m.made[pool] {
		if time.Since(at) > seenWithin {
			delete(m.made[pool], name)
		}
	}
	for name := range m.drained[pool] {
		if !slices.Contains(names, name) {
			delete(m.drained[pool], name)
		}
	}
}

// gone returns the shards of the last pass that are not among the names, and
// remembers the names.
func (m *memory) gone(pool types.NamespacedName, names []string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []string
	for _, name := range m.known[pool] {
		if !slices.Contains(names, name) {
			list = append(list, name)
			delete(m.told, name)
		}
	}
	m.known[pool] = names
	return list
}

// noteMade and noteDrained remember what the cache may not show yet.
func (m *memory) noteMade(pool types.NamespacedName, name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made[pool] == nil {
		m.made[pool] = map[string]time.Time{}
	}
	m.made[pool][name] = time.Now()
}

func (m *memory) noteDrained(pool types.NamespacedName, name, reason string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.drained[pool] == nil {
		m.drained[pool] = map[string]string{}
	}
	m.drained[pool][name] = reason
}

// overlay completes the pods of the cache with what it does not show yet.
func (m *memory) overlay(pool types.NamespacedName, pods []placement.Pod) []placement.Pod {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range pods {
		if reason, noted := m.drained[pool][pods[i].Name]; noted {
			pods[i].Draining, pods[i].DrainReason = true, reason
		}
	}
	for name := range m.made[pool] {
		pods = append(pods, placement.Pod{Name: name})
	}
	return pods
}

// tellOnce says whether a shard is still to be told by this process.
func (m *memory) tellOnce(shard string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.told[shard]
}

func (m *memory) tell(shard string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.told[shard] = true
}

// hintsDue says whether the hints of a pool are to be written again.
func (m *memory) hintsDue(pool types.NamespacedName, every time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.hinted[pool]) < every {
		return false
	}
	m.hinted[pool] = time.Now()
	return true
}

func (m *memory) drop(pool types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, name := range m.known[pool] {
		delete(m.told, name)
	}
	delete(m.made, pool)
	delete(m.drained, pool)
	delete(m.known, pool)
	delete(m.hinted, pool)
}
