// SPDX-License-Identifier: Apache-2.0

//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"gamesession.dev/operator/test/scene"
)

// drainLimit is how long the drain of a node with live sessions may take.
const drainLimit = 30 * time.Second

// fault is one thing that happens to the cluster under play.
type fault struct {
	cause string
	do    func(*testing.T, *scene.Scene)
}

func TestPlayGoesOn(t *testing.T) {
	opts, err := scene.FromEnvironment(os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scene.Open(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	drained, err := s.Set(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	play, err := s.Play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(play.Close)

	faults := []fault{
		{"drain", func(t *testing.T, s *scene.Scene) { drain(t, s, drained) }},
		{"kill -9", kill},
		{"operator killed in the middle of a rollout", killOperatorInRollout},
	}
	if opts.Local() {
		faults = append(faults,
			fault{"shard stopped beyond its lease", zombie},
			fault{"control plane away", controlPlaneAway},
		)
	}
	var phases []scene.Phase
	for _, f := range faults {
		ok := t.Run(f.cause, func(t *testing.T) {
			phase, err := s.Phase(t.Context(), f.cause, func(context.Context) error { f.do(t, s); return nil })
			if err == nil {
				err = play.Alive()
			}
			if err != nil {
				t.Fatal(err)
			}
			// Nothing has to move while nobody can order it.
			if phase.Moved > 0 || f.cause != "control plane away" {
				phases = append(phases, phase)
			}
		})
		if !ok {
			break // the stage is not what the next fault expects
		}
	}
	t.Run("nothing lost, nothing twice", func(t *testing.T) { check(t, s, play, phases) })
}

func check(t *testing.T, s *scene.Scene, play *scene.Play, phases []scene.Phase) {
	results, err := s.Collect(t.Context(), play, phases)
	if err != nil {
		t.Fatal(err)
	}
	if err := results.Print(os.Stderr); err != nil {
		t.Error(err)
	}
	if err := results.Verdict(); err != nil {
		t.Error(err)
	}
}

func drain(t *testing.T, s *scene.Scene, node string) {
	took, err := s.Drain(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	if took > drainLimit {
		t.Errorf("the drain took %s, over %s", took, drainLimit)
	}
	if err := s.Uncordon(t.Context(), node); err != nil {
		t.Fatal(err)
	}
}

func kill(t *testing.T, s *scene.Scene) {
	shard, err := s.BusiestShard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Kill(t.Context(), shard); err != nil {
		t.Fatal(err)
	}
}

// killOperatorInRollout kills the leading operator when the first sessions are
// on their way; its successor must end what it began.
func killOperatorInRollout(t *testing.T, s *scene.Scene) {
	leader, err := s.Leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before, err := s.Moves(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetImage(t.Context(), s.Images().ShardNext); err != nil {
		t.Fatal(err)
	}
	err = scene.Await(t.Context(), time.Minute, "the rollout to move sessions", func(ctx context.Context) (string, error) {
		now, err := s.Moves(ctx)
		if err != nil {
			return "", err
		}
		for name, n := range now {
			if n > before[name] {
				return "", nil
			}
		}
		return "none has moved", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.KillOperator(t.Context(), leader); err != nil {
		t.Fatal(err)
	}
	if err := s.Rollout(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// zombieRounds bounds how many shards are made zombies. A woken shard that hears
// of its sessions' new owners before a command reaches it tries nothing; one that
// does try must be seen.
const zombieRounds = 8

// zombie makes zombies of shards until one has tried to write: its appends must
// have been refused, and every one of them must know that it is fenced.
func zombie(t *testing.T, s *scene.Scene) {
	tried := false
	for range zombieRounds {
		if tried = zombieTries(t, s); tried {
			return
		}
		if err := s.AwaitPlay(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("none of %d woken shards tried to write: the fence was not shown", zombieRounds)
}

// What a shard counts of being fenced, and of appends refused because of it.
const (
	fencedMetric  = `gamesession_handoff_steps_total{step="fenced"}`
	refusedMetric = `gamesession_journal_refused_total{reason="stale"}`
)

// zombieTries stops the busiest shard until its sessions have other owners, wakes
// it, waits until it finds itself fenced, and says whether an append of its was
// refused.
func zombieTries(t *testing.T, s *scene.Scene) bool {
	shard, err := s.BusiestShard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := s.Sessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fenced, err := scene.Metric(t.Context(), shard, fencedMetric)
	if err != nil {
		t.Fatal(err)
	}
	refused, err := scene.Metric(t.Context(), shard, refusedMetric)
	if err != nil {
		t.Fatal(err)
	}
	process, err := s.PodProcess(shard, "shard")
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Signal(t.Context(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	wake := func() error { return process.Signal(context.WithoutCancel(t.Context()), syscall.SIGCONT) }
	if err := s.AwaitMoved(t.Context(), sessions, shard.Name, time.Minute); err != nil {
		t.Fatal(err, wake())
	}
	if err := wake(); err != nil {
		t.Fatal(err)
	}
	err = scene.Await(t.Context(), time.Minute, "the woken shard to find itself fenced", func(ctx context.Context) (string, error) {
		n, err := scene.Metric(ctx, shard, fencedMetric)
		if err != nil || n > fenced {
			return "", err
		}
		return fmt.Sprintf("%s is still %v", fencedMetric, n), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n, err := scene.Metric(t.Context(), shard, refusedMetric)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %v appends refused", shard.Name, n-refused)
	return n > refused
}

// away is how long the control plane is gone.
const away = time.Minute

// controlPlaneAway stops the API server, and with it both operators, which lose
// their lease. Play must go on, and who comes anew must be let in.
func controlPlaneAway(t *testing.T, s *scene.Scene) {
	server, err := s.ControlPlane("kube-apiserver")
	if err != nil {
		t.Fatal(err)
	}
	journals, err := s.Journals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = journals.Close() }()
	visitor, err := s.Visitor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = visitor.Close() }()
	if err := server.Signal(t.Context(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := server.Signal(context.WithoutCancel(t.Context()), syscall.SIGCONT); err != nil {
			t.Error(err)
		}
	}()
	for end := time.Now().Add(away); time.Now().Before(end); {
		if err := journals.AwaitPlay(t.Context(), 10*time.Second); err != nil {
			t.Fatalf("without a control plane: %v", err)
		}
		if err := visitor.Visit(t.Context()); err != nil {
			t.Fatalf("without a control plane: %v", err)
		}
	}
}
