// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const pollEvery = 300 * time.Millisecond

// Await asks check until it answers "", and no longer than limit. Another answer
// says what is missing; an error of check is such an answer too, because a
// cluster under faults refuses calls now and then.
func Await(ctx context.Context, limit time.Duration, what string, check func(context.Context) (missing string, err error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("time is up"))
	defer cancel()
	var last string
	for {
		missing, err := check(ctx)
		switch {
		case err == nil && missing == "":
			return nil
		case err == nil:
			last = missing
		case ctx.Err() == nil:
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting %s for %s: %w; last: %s", limit, what, context.Cause(ctx), last)
		case <-time.After(pollEvery):
		}
	}
}

// sorted joins names for people.
func sorted(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(names, ", ")
}
