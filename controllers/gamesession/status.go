// SPDX-License-Identifier: Apache-2.0

package gamesession

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// write sets the conditions, writes the status if it differs from what was last
// read or written, and then sends the Events. The write is a compare-and-set.
func (r *Reconciler) write(ctx context.Context, s *scope) error {
	setConditions(s)
	announceConditions(s)
	if !equality.Semantic.DeepEqual(s.before.Status, s.gs.Status) {
		base := s.before
		wanted := s.gs.DeepCopy()
		wanted.Spec = base.Spec
		err := r.client.Status().Patch(ctx, wanted, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
		if err != nil {
			return fmt.Errorf("writing the status: %w", err)
		}
		// As the server has it, or what it rounds would look like a change.
		s.gs.ResourceVersion, s.gs.Status = wanted.ResourceVersion, *wanted.Status.DeepCopy()
		s.before = wanted
	}
	s.Send(r.recorder, s.gs)
	return nil
}

func sinceDeletion(gs *v1alpha1.GameSession) time.Duration {
	return time.Since(gs.DeletionTimestamp.Time)
}

func without(list []string, item string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == item })
}
