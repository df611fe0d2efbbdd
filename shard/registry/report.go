// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"gamesession.dev/operator/shard/journal"
)

// Report publishes what an owner says about its sessions. A report of a lower
// epoch than the stored one, or of a session that is gone, is dropped silently:
// its author is about to learn why. Errors: ErrInvalid, ErrUnavailable.
func (r *Registry) Report(ctx context.Context, reports ...Report) error {
	calls := make([]raise, 0, len(reports))
	for _, report := range reports {
		report.Players = report.Players[:min(len(report.Players), MaxReportPlayers)]
		c, err := r.raiseCall(r.keys.Report(report.Session), report.Session, report.Epoch, report)
		if err != nil {
			return fmt.Errorf("reporting: %w", err)
		}
		calls = append(calls, c)
	}
	if err := r.raiseAll(ctx, calls); err != nil {
		return fmt.Errorf("reporting: %w", err)
	}
	return nil
}

// maxRefusal bounds the text of a refusal.
const maxRefusal = 256

// Answer publishes what an assigned shard says before it owns the session, as
// Report does.
func (r *Registry) Answer(ctx context.Context, answers ...Answer) error {
	calls := make([]raise, 0, len(answers))
	for _, answer := range answers {
		answer.Refused = answer.Refused[:min(len(answer.Refused), maxRefusal)]
		c, err := r.raiseCall(r.keys.Answer(answer.Session), answer.Session, answer.Epoch, answer)
		if err != nil {
			return fmt.Errorf("answering: %w", err)
		}
		calls = append(calls, c)
	}
	if err := r.raiseAll(ctx, calls); err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	return nil
}

// raise is one run of the script that only a higher or equal epoch gets past.
type raise struct {
	keys []string
	args []any
}

func (r *Registry) raiseCall(key, id string, epoch uint64, value any) (raise, error) {
	if err := journal.CheckSession(id); err != nil {
		return raise{}, err
	}
	data, err := json.Marshal(value)
	if err != nil {
		return raise{}, fmt.Errorf("%w: %w", journal.ErrInvalid, err)
	}
	return raise{
		keys: []string{key, r.keys.Assign(id)},
		args: []any{strconv.FormatUint(epoch, 10), "data", data},
	}, nil
}

func (r *Registry) raiseAll(ctx context.Context, calls []raise) error {
	for len(calls) > 0 {
		n := min(len(calls), pipelineSessions)
		err := r.raiseSome(ctx, calls[:n])
		if redis.HasErrorPrefix(err, "NOSCRIPT") {
			if err = r.raise.Load(ctx, r.client).Err(); err == nil {
				err = r.raiseSome(ctx, calls[:n])
			}
		}
		if err != nil {
			return journal.WriteError(err)
		}
		calls = calls[n:]
	}
	return nil
}

func (r *Registry) raiseSome(ctx context.Context, calls []raise) error {
	pipe := r.client.Pipeline()
	for _, c := range calls {
		r.raise.EvalSha(ctx, pipe, c.keys, c.args...)
	}
	_, err := pipe.Exec(ctx)
	return err
}
