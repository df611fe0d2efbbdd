// SPDX-License-Identifier: Apache-2.0

package scene

import (
	"context"
	"fmt"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
)

// Phase is one thing that happened to the cluster, and when.
type Phase struct {
	Cause string
	Start time.Time
	End   time.Time // every session ready, and played on
	Moved int       // changes of owner
	// Spares says that no shard leaves: no client may see its connection close.
	Spares bool
}

// Phase does something to the cluster and waits until every session is ready
// again and has taken further commands.
func (s *Scene) Phase(ctx context.Context, cause string, do func(context.Context) error) (Phase, error) {
	before, err := s.Moves(ctx)
	if err != nil {
		return Phase{}, err
	}
	p := Phase{Cause: cause, Start: time.Now()}
	if err := do(ctx); err != nil {
		return p, fmt.Errorf("%s: %w", cause, err)
	}
	if err := s.AwaitReady(ctx, time.Minute); err != nil {
		return p, fmt.Errorf("after %s: %w", cause, err)
	}
	if err := s.AwaitPlay(ctx, time.Minute); err != nil {
		return p, fmt.Errorf("after %s: %w", cause, err)
	}
	after, err := s.Moves(ctx)
	if err != nil {
		return p, err
	}
	p.End = time.Now()
	for name, n := range after {
		p.Moved += int(n - before[name])
	}
	return p, nil
}

// MoveByHand moves n sessions through the kubectl plugin, one after the other.
func (s *Scene) MoveByHand(ctx context.Context, n int) error {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return err
	}
	for _, gs := range sessions[:min(n, len(sessions))] {
		if _, err := s.kubectl.run(ctx, "gamesession", "-n", Namespace, "move", gs.Name, "--wait"); err != nil {
			return err
		}
	}
	return nil
}

// RequestMove asks for one session to be moved, as the plugin does, and does
// not wait.
func (s *Scene) RequestMove(ctx context.Context, name, id string) error {
	gs, err := s.session(ctx, name)
	if err != nil {
		return err
	}
	patch := client.MergeFrom(gs.DeepCopy())
	gs.Spec.Move = &v1alpha1.MoveRequest{ID: id}
	if err := s.kube.Patch(ctx, gs, patch); err != nil {
		return fmt.Errorf("asking for a move of %s: %w", name, err)
	}
	return nil
}

// Drain runs kubectl drain, returns how long that took, and waits until the
// pool has its shards elsewhere.
func (s *Scene) Drain(ctx context.Context, node string) (time.Duration, error) {
	args := []string{"drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s"}
	if !s.opts.Local() {
		args = append(args, "--pod-selector=app.kubernetes.io/part-of=gamesession")
	}
	begin := time.Now()
	if _, err := s.kubectl.run(ctx, args...); err != nil {
		return 0, err
	}
	took := time.Since(begin)
	return took, s.awaitPool(ctx, time.Minute)
}

// Uncordon lets a drained node take pods again.
func (s *Scene) Uncordon(ctx context.Context, node string) error {
	_, err := s.kubectl.run(ctx, "uncordon", node)
	return err
}

// BusiestShard returns the shard that owns most sessions.
func (s *Scene) BusiestShard(ctx context.Context) (*corev1.Pod, error) {
	shards, err := s.Shards(ctx)
	if err != nil {
		return nil, err
	}
	on, err := s.SessionsOn(ctx)
	if err != nil {
		return nil, err
	}
	var busiest *corev1.Pod
	for i := range shards {
		if busiest == nil || on[shards[i].Name] > on[busiest.Name] {
			busiest = &shards[i]
		}
	}
	if busiest == nil || on[busiest.Name] == 0 {
		return nil, fmt.Errorf("no shard owns a session")
	}
	return busiest, nil
}

// Kill ends a shard without warning: SIGKILL of its process on the local
// cluster, deletion of its pod without grace on another. It returns when its
// sessions have another owner.
func (s *Scene) Kill(ctx context.Context, pod *corev1.Pod) error {
	sessions, err := s.Sessions(ctx)
	if err != nil {
		return err
	}
	if s.opts.Local() {
		p, err := s.PodProcess(pod, "shard")
		if err != nil {
			return err
		}
		if err := p.Signal(ctx, syscall.SIGKILL); err != nil {
			return err
		}
	} else if _, err := s.kubectl.run(ctx, "-n", Namespace, "delete", "pod", pod.Name, "--force", "--grace-period=0"); err != nil {
		return err
	}
	return s.AwaitMoved(ctx, sessions, pod.Name, time.Minute)
}

// KillOperator ends an operator without warning.
func (s *Scene) KillOperator(ctx context.Context, pod *corev1.Pod) error {
	if !s.opts.Local() {
		_, err := s.kubectl.run(ctx, "-n", pod.Namespace, "delete", "pod", pod.Name, "--force", "--grace-period=0")
		return err
	}
	p, err := s.PodProcess(pod, "operator")
	if err != nil {
		return err
	}
	return p.Signal(ctx, syscall.SIGKILL)
}

// AwaitMoved waits until every one of the sessions that were on the shard has an
// owner of a higher epoch.
func (s *Scene) AwaitMoved(ctx context.Context, before []v1alpha1.GameSession, shard string, limit time.Duration) error {
	epochs := map[string]int64{}
	for _, gs := range before {
		if gs.Status.Owner != nil && gs.Status.Owner.Shard == shard {
			epochs[gs.Name] = gs.Status.Owner.Epoch
		}
	}
	return Await(ctx, limit, "the sessions of "+shard+" to have another owner", func(ctx context.Context) (string, error) {
		sessions, err := s.Sessions(ctx)
		if err != nil {
			return "", err
		}
		for _, gs := range sessions {
			if old, was := epochs[gs.Name]; was && (gs.Status.Owner == nil || gs.Status.Owner.Epoch <= old) {
				return gs.Name + " has not", nil
			}
		}
		return "", nil
	})
}

// Rollout gives the pool another build and waits until all shards run it.
func (s *Scene) Rollout(ctx context.Context) error {
	if err := s.SetImage(ctx, s.opts.Images.ShardNext); err != nil {
		return err
	}
	return s.awaitPool(ctx, 3*time.Minute)
}

// SetImage gives the pool an image and does not wait.
func (s *Scene) SetImage(ctx context.Context, image string) error {
	patch := fmt.Sprintf(`{"spec":{"image":%q}}`, image)
	_, err := s.kubectl.run(ctx, "-n", Namespace, "patch", "spool", Pool, "--type=merge", "-p", patch)
	return err
}

// Images returns the images of the scene.
func (s *Scene) Images() Images { return s.opts.Images }
