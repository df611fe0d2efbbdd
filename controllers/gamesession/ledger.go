// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"gamesession.dev/operator/controllers/placement"
)

// ledger knows the bindings that this process has decided and its cache may not
// show yet, so that capacity is not given away twice. Losing it loses nothing:
// a new process starts with a cache that shows them all.
type ledger struct {
	sync.Mutex
	bindings map[types.UID]placement.Binding
}

func newLedger() *ledger { return &ledger{bindings: map[types.UID]placement.Binding{}} }

// reserve notes a binding. The caller holds the lock.
func (l *ledger) reserve(uid types.UID, b placement.Binding) { l.bindings[uid] = b }

// overlay puts a newer binding over the one of the cache, and forgets it when
// the cache has caught up. The caller holds the lock.
func (l *ledger) overlay(uid types.UID, s *placement.Session) {
	b, noted := l.bindings[uid]
	if !noted {
		return
	}
	if s.Binding != nil && s.Binding.Epoch >= b.Epoch {
		delete(l.bindings, uid)
		return
	}
	s.Binding = &b
}

// release takes a reservation back that was not written.
func (l *ledger) release(uid types.UID, epoch uint64) {
	l.Lock()
	defer l.Unlock()
	if l.bindings[uid].Epoch == epoch {
		delete(l.bindings, uid)
	}
}

func (l *ledger) drop(uid types.UID) {
	l.Lock()
	defer l.Unlock()
	delete(l.bindings, uid)
}
