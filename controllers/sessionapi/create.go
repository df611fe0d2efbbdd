// SPDX-License-Identifier: Apache-2.0

package sessionapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"gamesession.dev/operator/api/v1alpha1"
	"gamesession.dev/operator/shard/auth/identity"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/redisaddr"
	"gamesession.dev/operator/shard/wire"
)

// create makes a GameSession, or finds the one that the same request made, and
// waits until it is placed. What takes longer is answered with 202 and where to
// look.
func (s *Server) create(w http.ResponseWriter, r *http.Request, who identity.Identity) (*reply, *httpapi.Problem) {
	key := r.Header.Get(KeyHeader)
	if !keyPattern.MatchString(key) || len(r.Header.Values(KeyHeader)) > 1 {
		return nil, &httpapi.Problem{Code: wire.CodeBadRequest, Message: KeyHeader + " is needed, with 1 to 128 characters from ! to ~: the request may then be sent again"}
	}
	body, problem := httpapi.ReadBody(w, r, maxBodyBytes)
	if problem != nil {
		return nil, problem
	}
	req, err := decodeCreate(body)
	if err != nil {
		return nil, httpapi.BadBody(err.Error())
	}
	digest, err := req.digest()
	if err != nil {
		return nil, httpapi.BadBody(err.Error())
	}
	wish := req.object(s.Namespace, nameFor(who, key), digest, who)
	gs, problem := s.ensure(r.Context(), wish, who)
	if problem != nil {
		return nil, problem
	}
	if gs.Annotations[AnnotationRequest] != digest {
		return nil, &httpapi.Problem{Code: wire.CodeKeyReuse, Message: "this " + KeyHeader + " was used for another request"}
	}
	return s.created(r.Context(), s.await(r.Context(), gs), who)
}

// ensure creates a GameSession unless it is there. Only a new one is counted.
func (s *Server) ensure(ctx context.Context, wish *v1alpha1.GameSession, who identity.Identity) (*v1alpha1.GameSession, *httpapi.Problem) {
	key := client.ObjectKeyFromObject(wish)
	found := &v1alpha1.GameSession{}
	err := s.Client.Get(ctx, key, found)
	if err == nil {
		return found, nil
	}
	if !apierrors.IsNotFound(err) {
		return nil, s.trouble("reading a session", err)
	}
	pool, problem := s.pool(ctx, wish.Spec.PoolName)
	if problem == nil {
		problem = s.count(ctx, pool, who)
	}
	if problem != nil {
		// The same request may have made it, a moment ago and elsewhere.
		if s.Reader.Get(ctx, key, found) == nil {
			return found, nil
		}
		return nil, problem
	}
	switch err = s.Client.Create(ctx, wish); {
	case err == nil:
		s.Logger.Info("created a session", "session", wish.UID, "name", wish.Name, "creator", who.Player)
		return wish, nil
	case apierrors.IsAlreadyExists(err):
		if err := s.Reader.Get(ctx, key, found); err != nil {
			return nil, s.trouble("reading a session", err)
		}
		return found, nil
	case apierrors.IsInvalid(err):
		return nil, &httpapi.Problem{Code: wire.CodeRefused, Message: "the session cannot be like that", Details: map[string]any{"refusal": "invalid", "causes": causes(err)}}
	}
	return nil, s.trouble("creating a session", err)
}

// causes are what the API server has against an object, by field if it names any.
func causes(err error) []string {
	var list []string
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		for _, c := range status.Status().Details.Causes {
			list = append(list, strings.TrimPrefix(c.Field, "spec.")+": "+c.Message)
		}
	}
	if len(list) == 0 {
		list = append(list, err.Error())
	}
	return list
}

func (s *Server) pool(ctx context.Context, name string) (*v1alpha1.ShardPool, *httpapi.Problem) {
	pool := &v1alpha1.ShardPool{}
	err := s.Client.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, pool)
	switch {
	case apierrors.IsNotFound(err):
		return nil, &httpapi.Problem{Code: wire.CodeRefused, Message: fmt.Sprintf("there is no pool %.63q", name), Details: map[string]any{"refusal": "unknown_pool"}}
	case err != nil:
		return nil, s.trouble("reading a pool", err)
	}
	return pool, nil
}

// count counts a creation against the limit of its user. If Redis cannot tell, it
// goes on.
func (s *Server) count(ctx context.Context, pool *v1alpha1.ShardPool, who identity.Identity) *httpapi.Problem {
	perHour := pool.Spec.Limits.CreationsPerHour
	if perHour == 0 {
		return nil // a pool from before there were limits
	}
	var secret corev1.Secret
	ref := pool.Spec.RedisSecretRef
	if err := s.Reader.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: ref.Name}, &secret); err != nil {
		return s.trouble("reading the Redis of a pool", err)
	}
	at := redisaddr.Address{URL: string(secret.Data[ref.Key]), CA: string(secret.Data[v1alpha1.RedisCAKey])}
	wait, err := s.buckets.take(ctx, pool.Name, at, who.Player, perHour)
	switch {
	case err != nil:
		s.Logger.Warn("counting creations", "pool", pool.Name, "error", err)
	case wait > 0:
		return &httpapi.Problem{Code: wire.CodeRateLimited, Message: fmt.Sprintf("you may create %d sessions an hour", perHour), After: wait}
	}
	return nil
}

const awaitEvery = 50 * time.Millisecond

// await waits for a session to be placed, and returns it as last seen.
func (s *Server) await(ctx context.Context, gs *v1alpha1.GameSession) *v1alpha1.GameSession {
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	tick := time.NewTicker(awaitEvery)
	defer tick.Stop()
	for !placed(gs) {
		select {
		case <-ctx.Done():
			return gs
		case <-tick.C:
		}
		now := &v1alpha1.GameSession{}
		if err := s.Client.Get(ctx, client.ObjectKeyFromObject(gs), now); err == nil && now.UID == gs.UID {
			gs = now
		}
	}
	return gs
}

// placed says whether a shard owns the session, now or before it ended.
func placed(gs *v1alpha1.GameSession) bool { return gs.Status.Owner != nil }
