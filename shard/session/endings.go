// SPDX-License-Identifier: Apache-2.0

package session

import "sync"

// WhenEnded calls f once the session has ended on this shard, behind Done. Whoever
// needs no more than that takes no goroutine for each session.
func (s *Session) WhenEnded(f func()) { s.endings.add(f) }

// endings are what is called when a session has ended.
type endings struct {
	mu   sync.Mutex
	ran  bool
	list []func()
}

func (e *endings) add(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ran {
		go f()
		return
	}
	e.list = append(e.list, f)
}

func (e *endings) run() {
	e.mu.Lock()
	list := e.list
	e.list, e.ran = nil, true
	e.mu.Unlock()
	for _, f := range list {
		f()
	}
}
