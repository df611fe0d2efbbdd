// SPDX-License-Identifier: Apache-2.0

package shardpool

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/controllers/fleet"
	"gamesession.dev/operator/controllers/health"
	"gamesession.dev/operator/controllers/resources"
	"gamesession.dev/operator/shard/redisaddr"
)

// gatherSessions lists the sessions of the pool.
func (r *Reconciler) gatherSessions(ctx context.Context, s *scope) error {
	var list v1alpha1.GameSessionList
	err := r.client.List(ctx, &list, client.InNamespace(s.pool.Namespace), client.MatchingFields{fleet.PoolIndex: s.pool.Name},
		client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("listing the sessions of the pool: %w", err)
	}
	s.sessions = list.Items
	s.on = countOn(s.sessions)
	return nil
}

// connect reads where Redis is and sees to the connection. One that was made
// before goes on if what the pool refers to is not there any more: its shards
// play, and have to be drained.
func (r *Reconciler) connect(ctx context.Context, s *scope) error {
	address, err := r.redis(ctx, s)
	if err != nil {
		return err
	}
	if address.URL != "" {
		s.link, err = r.pools.Ensure(s.name(), health.Config{
			ID: resources.PoolID(s.pool), Redis: address, Lease: s.pool.Spec.Lease.Duration,
		})
		if err != nil {
			r.block(s, v1alpha1.ReasonInvalidSecret, err.Error())
		}
	}
	if s.link == nil {
		s.link, _ = r.pools.Get(s.name()) // why there is none was said
	}
	return r.checkKeys(ctx, s)
}

// block notes what keeps new shards from being made; what was noted first stays.
func (r *Reconciler) block(s *scope, reason, message string) {
	if s.problem == nil {
		s.problem = &problem{reason: reason, message: message}
	}
	s.again(busyInterval)
	r.pools.Fail(s.name(), fmt.Errorf("pool %s: %s", s.pool.Name, message))
}

// redis reads where Redis is; the zero address and a problem if that cannot be told.
func (r *Reconciler) redis(ctx context.Context, s *scope) (redisaddr.Address, error) {
	ref := s.pool.Spec.RedisSecretRef
	data, err := r.secret(ctx, s, ref.Name)
	if err != nil || data == nil {
		return redisaddr.Address{}, err
	}
	address, wrong := addressIn(data, ref)
	if wrong != "" {
		r.block(s, v1alpha1.ReasonInvalidSecret, wrong)
		return redisaddr.Address{}, nil
	}
	return address, nil
}

// addressIn takes the address of Redis from the data of its Secret, or says what is
// wrong there.
func addressIn(data map[string][]byte, ref v1alpha1.SecretKeyRef) (a redisaddr.Address, wrong string) {
	a = redisaddr.Address{URL: string(data[ref.Key]), CA: string(data[v1alpha1.RedisCAKey])}
	switch _, err := a.Options(); {
	case a.URL == "":
		wrong = fmt.Sprintf("Secret %s has no key %s with the URL of Redis", ref.Name, ref.Key)
	case errors.Is(err, redisaddr.ErrURL):
		wrong = fmt.Sprintf("Secret %s, key %s: the URL of Redis %v", ref.Name, ref.Key, err)
	case err != nil:
		wrong = fmt.Sprintf("Secret %s, key %s: %v", ref.Name, v1alpha1.RedisCAKey, err)
	}
	return a, wrong
}

func (r *Reconciler) checkKeys(ctx context.Context, s *scope) error {
	name := s.pool.Spec.SigningKeySecretRef.Name
	data, err := r.secret(ctx, s, name)
	if err != nil || data == nil {
		return err
	}
	if len(data) == 0 {
		r.block(s, v1alpha1.ReasonInvalidSecret, fmt.Sprintf("Secret %s has no signing key", name))
	}
	return nil
}

// secret reads the data of a Secret; nil and a problem if there is no Secret.
func (r *Reconciler) secret(ctx context.Context, s *scope, name string) (map[string][]byte, error) {
	var secret corev1.Secret
	err := r.reader.Get(ctx, types.NamespacedName{Namespace: s.pool.Namespace, Name: name}, &secret)
	if apierrors.IsNotFound(err) {
		r.block(s, v1alpha1.ReasonInvalidSecret, fmt.Sprintf("there is no Secret %s", name))
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	if secret.Data == nil {
		return map[string][]byte{}, nil
	}
	return secret.Data, nil
}

// gatherShards reads the shards and has their heartbeats watched.
func (r *Reconciler) gatherShards(ctx context.Context, s *scope) error {
	hash := resources.TemplateHash(s.pool, r.options.KeyPrefix)
	members, err := fleet.Read(ctx, r.client, s.pool, hash, s.link)
	if err != nil {
		return err
	}
	targets := make([]health.Target, 0, len(members))
	for i := range members {
		targets = append(targets, members[i].Target())
	}
	s.link.Watch(targets)
	_, polled, _ := s.link.Redis()
	s.notYet = !polled
	if !polled {
		s.again(200 * time.Millisecond)
	}
	for i := range members {
		s.shards = append(s.shards, r.shard(s, members[i]))
	}
	r.memory.keepOnly(s.name(), members)
	s.looked = true
	return nil
}

func (r *Reconciler) shard(s *scope, m fleet.Member) shard {
	one := shard{Member: m, sessions: s.on[m.Pod.Name]}
	empty := r.memory.emptyFor(s.name(), m.Pod, one.sessions)
	relaying := m.Beat.Sockets > 0 && empty < s.pool.Spec.RelayGrace.Duration
	one.occupied = (one.sessions > 0 || relaying) && !m.Ended()
	if relaying && one.sessions == 0 {
		s.again(min(busyInterval, s.pool.Spec.RelayGrace.Duration-empty))
	}
	one.overdue = m.Draining() && drainingFor(m.Pod) > s.pool.Spec.DrainDeadline.Duration
	return one
}

// drainingFor is how long ago a drain began. It is read from the pod, by the
// wall clock: the deadline is a courtesy, nothing is lost by it.
func drainingFor(pod *corev1.Pod) time.Duration {
	since, err := time.Parse(time.RFC3339, pod.Annotations[v1alpha1.AnnotationDrainingSince])
	if err != nil {
		return 0
	}
	return time.Since(since)
}

// live counts the sessions of a pool that have not ended.
func live(pool string, sessions []v1alpha1.GameSession) int {
	n := 0
	for i := range sessions {
		if sessions[i].Spec.PoolName == pool && sessions[i].Spec.Lifecycle != v1alpha1.LifecycleEnded && slices.Contains(sessions[i].Finalizers, v1alpha1.Finalizer) {
			n++
		}
	}
	return n
}
