// SPDX-License-Identifier: Apache-2.0

package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gamesession.dev/operator/shard/journal"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
)

// kind is what a task does with its session.
type kind string

const (
	none   kind = ""
	create kind = "create" // start it
	follow kind = "follow" // follow it and take it over when it is frozen
	seize  kind = "seize"  // take it over without a freeze
	resume kind = "resume" // go on with what this run of the shard owns already
	give   kind = "give"   // hand it over
)

// refusable says whether a shard that is full or draining may say no.
func (k kind) refusable() bool { return k != give && k != resume }

// task carries out one assignment. There is one for a session at a time.
type task struct {
	host     *Host
	kind     kind
	assigned registry.Assigned
	session  *session.Session // of a give
	cancel   context.CancelFunc
	ready    chan struct{} // closed when a follow has read all there was
}

// coming says whether the task brings a session here.
func (t *task) coming() bool { return t.kind != give }

const (
	// preConnect bounds how long a freeze waits for connections to the target.
	preConnect = 500 * time.Millisecond
	// retryPause lies between two tries of a task that failed.
	retryPause = 200 * time.Millisecond
	// refusedPause is the same for a failure that trying again does not mend.
	refusedPause = 5 * time.Second
	// freezeWatch is how often a source looks whether its freeze has ended.
	freezeWatch = 20 * time.Millisecond
)

func (t *task) run(ctx context.Context) {
	t.step("begun")
	defer t.step("ended")
	var err error
	switch t.kind {
	case create:
		err = t.create(ctx)
	case follow:
		err = t.follow(ctx)
	case seize, resume:
		err = t.seize(ctx)
	case give:
		err = t.give(ctx)
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	t.host.Logger.Warn("carrying out an assignment", "do", string(t.kind), "session", t.assigned.Session,
		"epoch", t.assigned.Epoch, "error", err)
	pause := retryPause
	if refusal := t.refusal(err); refusal != "" {
		pause = refusedPause
		t.host.answer(ctx, registry.Answer{Session: t.assigned.Session, Epoch: t.assigned.Epoch, Shard: t.host.Shard, Refused: refusal})
	}
	select { // the next look tries again, but not at once
	case <-ctx.Done():
	case <-time.After(pause):
	}
}

// step tells how far a task has come.
func (t *task) step(what string) {
	t.host.Logger.Debug(what, "do", string(t.kind), "session", t.assigned.Session, "epoch", t.assigned.Epoch)
}

// refusal turns a failure that trying again will not mend into an answer for the
// operator.
func (t *task) refusal(err error) string {
	switch {
	case !t.coming():
		return ""
	case errors.Is(err, session.ErrSchema):
		return "schema"
	case errors.Is(err, session.ErrRuleset):
		return "ruleset"
	case t.kind == create && !isStore(err):
		return "scenario: " + err.Error()
	}
	return ""
}

// isStore says whether an error came from the journal or the registry.
func isStore(err error) bool {
	for _, known := range []error{
		journal.ErrUnknown, journal.ErrUnavailable, journal.ErrNotReplicated, journal.ErrBusy, journal.ErrStale,
		journal.ErrExists, journal.ErrNotAssigned, journal.ErrNoOwner, journal.ErrHole, journal.ErrGap,
		context.Canceled, context.DeadlineExceeded,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// spec reads the wish for the session and keeps in mind which it is.
func (t *task) spec(ctx context.Context) (registry.SessionSpec, error) {
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	spec, err := t.host.Registry.Spec(bounded, t.assigned.Session)
	if err != nil {
		return spec, fmt.Errorf("reading the spec: %w", err)
	}
	t.host.mu.Lock()
	t.host.generations[t.assigned.Session] = spec.Generation
	t.host.mu.Unlock()
	return spec, nil
}

func (t *task) create(ctx context.Context) error {
	spec, err := t.spec(ctx)
	if err != nil {
		return err
	}
	s, err := session.Create(ctx, t.host.Config.Session, t.host.owner(t.assigned.Epoch), spec)
	if err != nil {
		return err
	}
	t.host.adopt(s)
	return nil
}

func (t *task) standby(ctx context.Context) (*session.Standby, error) {
	spec, err := t.spec(ctx)
	if err != nil {
		return nil, err
	}
	return session.NewStandby(ctx, t.host.Config.Session, t.me(), t.assigned.Owner.Shard, spec)
}

// me is the ownership that the task is about.
func (t *task) me() journal.Owner {
	if t.kind == resume {
		return t.assigned.Owner
	}
	return t.host.owner(t.assigned.Epoch)
}

func (t *task) follow(ctx context.Context) error {
	standby, err := t.standby(ctx)
	if err != nil {
		return err
	}
	go func() {
		select {
		case <-standby.Ready():
			t.step("following")
			close(t.ready)
		case <-ctx.Done():
		}
	}()
	s, err := standby.Run(ctx)
	if err != nil {
		return err
	}
	t.host.adopt(s)
	return nil
}

func (t *task) seize(ctx context.Context) error {
	standby, err := t.standby(ctx)
	if err != nil {
		return err
	}
	s, err := standby.Seize(ctx)
	if err != nil {
		return err
	}
	t.host.adopt(s)
	return nil
}

// give hands the session over: when the target follows, and connections to it
// have been opened, the session freezes. What comes then decides the journal.
func (t *task) give(ctx context.Context) error {
	to, epoch := t.assigned.Shard, t.assigned.Epoch
	bounded, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := t.host.Peers.AwaitStandby(bounded, to, t.assigned.Session, epoch); err != nil {
		return fmt.Errorf("waiting for shard %s to follow: %w", to, err)
	}
	t.step("target follows")
	select {
	case t.host.giving <- struct{}{}:
		defer func() { <-t.host.giving }()
	case <-ctx.Done():
		return ctx.Err()
	}
	ahead, done := context.WithTimeout(ctx, preConnect)
	t.session.Announce(ahead, to, epoch)
	done()
	t.step("connections to the target are open")
	if err := t.session.Handoff(ctx, to, epoch); err != nil {
		return nil // it has ended: somebody else owns it already
	}
	tick := time.NewTicker(freezeWatch)
	defer tick.Stop()
	for {
		select {
		case <-t.session.Done():
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if frozen, err := t.session.Frozen(ctx); err == nil && !frozen {
				return errors.New("the target did not take over in time")
			}
		}
	}
}
